"""Proposals on one thread of the linear algebra library.

Their matrices are small: more threads cost time, many times over where other processes keep the
cores busy. And sums over threads round by how many there are: the same trials would give other
proposals on another machine.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy.linalg  # noqa: F401 - the libraries are found once they are loaded
import scipy.linalg  # noqa: F401
from threadpoolctl import ThreadpoolController

_ALONE = threading.RLock()
"""The limit holds for the whole process, and only the thread that set it can lift it: one proposes
at a time, and the others wait for what would be taken from them anyway."""


@contextmanager
def one_thread() -> Iterator[None]:
    """For the time of a block; other Python threads wait at theirs."""
    with _ALONE, _controller().limit(limits=1, user_api="blas"):
        yield


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # it takes 3 ms to look through what is loaded
