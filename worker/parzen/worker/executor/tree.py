"""Ending a process with everything it started, wherever that went."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections.abc import Iterable, Iterator

import psutil

from parzen.worker.executor.adoption import family

log = logging.getLogger("parzen.worker")

POLL_S = 0.01
SETTLE_S = 10.0
"""How long killed processes may take to vanish; one in uninterruptible sleep ends as it wakes."""


class Tree:
    """A process that leads its own session, with all its descendants.

    Those that left the session are found by kinship, and by ``mark``, a variable (name, value)
    that stands in the environment of everything the leader started. The leader must not be
    waited for before the tree was killed: until then nobody else can get its number.
    """

    def __init__(self, leader: int, mark: tuple[str, str]) -> None:
        self._leader = leader
        self._mark = mark
        self._ever: set[int] = {leader}

    def living(self) -> list[psutil.Process]:
        """Everything that belongs to it and runs."""
        found = {process.pid: process for process in self._search()}
        self._ever |= set(found)
        return [process for process in found.values() if runs(process)]

    def kill(self, grace_s: float) -> None:
        """SIGTERM to all; SIGKILL to what is left after ``grace_s`` seconds; wait for the end."""
        if grace_s > 0:
            found = self.living()
            _signal(found, signal.SIGTERM)
            _wait(found, grace_s)
        patience = time.monotonic() + SETTLE_S
        # a process may fork while it is being looked for: look until nobody is found
        while found := self.living():
            if time.monotonic() > patience:
                log.error("processes %s cannot be killed", [p.pid for p in found])
                break
            _signal(found, signal.SIGKILL)
            _wait(found, 1.0)
        family.collect(self._ever - {self._leader})

    def strays(self) -> list[psutil.Process]:
        """Descendants that were orphaned and are now this process's own."""
        found = [process for process in family.adopted() if self._marked(process)]
        self._ever |= {process.pid for process in found}
        return found

    def _search(self) -> Iterator[psutil.Process]:
        yield from self._descendants()
        for process in psutil.process_iter():
            if process.pid != os.getpid() and (self._in_session(process) or self._marked(process)):
                yield process

    def _descendants(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(self._leader)
            return [leader, *leader.children(recursive=True)]
        return []

    def _in_session(self, process: psutil.Process) -> bool:
        with contextlib.suppress(OSError):
            return os.getsid(process.pid) == self._leader
        return False

    def _marked(self, process: psutil.Process) -> bool:
        name, value = self._mark
        with contextlib.suppress(psutil.Error, OSError):
            return process.environ().get(name) == value
        return False


def runs(process: psutil.Process) -> bool:
    """Whether it is there, and no zombie."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _signal(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            process.send_signal(number)


def _wait(processes: Iterable[psutil.Process], timeout_s: float) -> None:
    patience = time.monotonic() + timeout_s
    left = list(processes)
    while (left := [p for p in left if runs(p)]) and time.monotonic() < patience:
        time.sleep(POLL_S)
