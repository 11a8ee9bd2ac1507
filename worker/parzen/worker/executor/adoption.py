"""Which children this process has: those it started, and orphans that it adopted as a subreaper.

Whoever starts a child does it through :data:`family`, so that adopted orphans can be told from
it: nobody else waits for those, and a zombie is left of each that ends.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable
from subprocess import Popen
from typing import Any

import psutil

from parzen.worker.executor import kernel


class Family:
    """The children of this process. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._own: set[int] = set()
        self._foreign: set[int] = set()
        self._adopts = False

    def adopt(self) -> None:
        """From now on adopt the orphans of descendants, where the platform can (Linux)."""
        with self._lock:
            self._foreign |= set(kernel.children(os.getpid())) - self._own
            self._adopts = kernel.become_subreaper()

    def start(self, make: Callable[[], Popen[Any]]) -> Popen[Any]:
        """Start a child; nobody can take it for an orphan."""
        with self._lock:
            child = make()
            self._own.add(child.pid)
            return child

    def wait(self, child: Popen[Any]) -> int:
        """Collect a child that has ended or is about to; its return code."""
        code = child.wait()
        with self._lock:
            self._own.discard(child.pid)
        return code

    def adopted(self) -> list[psutil.Process]:
        """The orphans that run; those that have ended are collected here."""
        if not self._adopts:
            return []
        with self._lock:
            others = self._own | self._foreign
            found = [pid for pid in kernel.children(os.getpid()) if pid not in others]
            return [process for pid in found if (process := _living(pid)) is not None]

    def end_adopted(self) -> None:
        """Kill every orphan that is left."""
        for process in self.adopted():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
                process.wait(1.0)

    def collect(self, pids: Iterable[int]) -> None:
        """Collect those of ``pids`` that ended here as orphans."""
        with self._lock:
            for pid in set(pids) - self._own - self._foreign:
                _collect(pid)


family = Family()
"""A process has one."""


def _living(pid: int) -> psutil.Process | None:
    _collect(pid)
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid)
    return None


def _collect(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):  # it is no child of ours: somebody else's to do
        os.waitpid(pid, os.WNOHANG)
