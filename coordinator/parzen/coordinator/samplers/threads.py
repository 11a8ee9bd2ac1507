"""Proposals on one thread of the linear algebra library.

Their matrices are small: more threads cost time, many times over where other processes keep the
cores busy. And sums over threads round by how many there are: the same trials would give other
proposals on another machine.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import numpy.linalg  # noqa: F401 - the libraries are found once they are loaded
import scipy.linalg  # noqa: F401
from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """For the time of a block."""
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()  # looks through the libraries of the process, which takes 3 ms
