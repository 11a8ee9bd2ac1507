"""Proposals on one thread of the linear algebra library.

Their matrices are small: more threads cost time, many times over where other processes keep the
cores busy. And sums over threads round by how many there are: the same trials would give other
proposals on another machine.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy.linalg  # noqa: F401 - the libraries are found once they are loaded
import scipy.linalg  # noqa: F401
from threadpoolctl import ThreadpoolController


class _Limit:
    """The limit holds for the whole process: set by the first who comes, lifted by the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._limited = ExitStack()
        self._controller: ThreadpoolController | None = None

    def enter(self) -> None:
        with self._lock:
            if not self._inside:
                if self._controller is None:  # it takes 3 ms to look through what is loaded
                    self._controller = ThreadpoolController()
                self._limited.enter_context(self._controller.limit(limits=1, user_api="blas"))
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limited.close()


_LIMIT = _Limit()


@contextmanager
def one_thread() -> Iterator[None]:
    """For the time of a block; blocks of several Python threads may overlap."""
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()
