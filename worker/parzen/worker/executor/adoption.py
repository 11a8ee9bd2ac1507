"""Which children this process has: those it started, and orphans that it adopted as a subreaper.

Whoever starts a child does it through :data:`family`, so that adopted orphans can be told from
it: nobody else waits for those, and a zombie is left of each that ends.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from subprocess import Popen
from typing import Any

import psutil

from parzen.worker.executor import kernel
from parzen.worker.executor.keeper import SETTLE_S, freeze

log = logging.getLogger("parzen.worker")

POLL_S = 0.01


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
        """Kill every orphan with all below it, and wait for the end.

        Who lives below a keeper is that keeper's: an orphan is here because its own has died.
        """
        patience = time.monotonic() + SETTLE_S
        # what was below one that is killed is an orphan next: look until nobody is found
        while self._kill_adopted():
            if time.monotonic() > patience:
                log.error("processes that trials left behind cannot be ended")
                break
            time.sleep(POLL_S)

    def _kill_adopted(self) -> bool:
        """Whether to look again: somebody was killed, or no descriptor was left to look with."""
        try:
            tried = [_kill(orphan) for orphan in self.adopted()]
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            return True
        return any(tried)

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


def _kill(orphan: psutil.Process) -> bool:
    """Kill it and all below it, stopped first so that nothing forks meanwhile; whether it may be.

    One that runs as somebody else may not.
    """
    with contextlib.suppress(psutil.NoSuchProcess):
        try:
            orphan.suspend()
            freeze(orphan.pid)
            for process in [*orphan.children(recursive=True), orphan]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
        except psutil.AccessDenied as error:
            log.error("process %d, left by a trial, cannot be killed: %s", orphan.pid, error)  # noqa: TRY400 - a trace says no more
            return False
    return True


def _collect(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):  # it is no child of ours: somebody else's to do
        os.waitpid(pid, os.WNOHANG)
