"""Ending a process with everything it started, wherever that went."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import time
from collections.abc import Iterable, Iterator

import psutil

from parzen.worker.executor import kernel
from parzen.worker.executor.adoption import family

log = logging.getLogger("parzen.worker")

POLL_S = 0.01
SETTLE_S = 10.0
"""How long killed processes may take to vanish; one in uninterruptible sleep ends as it wakes."""


class Tree:
    """A keeper's process, with all that belongs to it: the second net, below the keeper's own.

    It is found by kinship, and by ``mark``, a variable (name, value) that stands in the
    environment of everything the keeper started. The keeper must not be waited for before the
    tree was killed: until then nobody else can get its number.
    """

    def __init__(self, keeper: int, mark: tuple[str, str]) -> None:
        self._keeper = keeper
        self._mark = mark
        self._ever: set[int] = {keeper}

    def living(self) -> list[psutil.Process]:
        """Everything that belongs to it and runs."""
        found = {process.pid: process for process in self._search()}
        self._ever |= set(found)
        return [process for process in found.values() if runs(process)]

    def kill(self) -> None:
        """SIGKILL to all; wait for the end."""
        patience = time.monotonic() + SETTLE_S
        # a process may fork while it is being looked for: look until nobody is found
        while (found := self._kill_living()) != []:
            if time.monotonic() > patience:
                who = "which cannot be looked for" if found is None else [p.pid for p in found]
                log.error("processes %s cannot be killed", who)
                break
        family.collect(self._ever - {self._keeper})

    def _kill_living(self) -> list[psutil.Process] | None:
        """Kill what is found; None where no descriptor was left to look with."""
        try:
            found = self.living()
            _kill(found)
            _wait(found, 1.0)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            time.sleep(POLL_S)
            return None
        return found

    def strays(self) -> list[int]:
        """What runs below the keeper itself, beside its first child: orphans. Linux only."""
        return [pid for pid in kernel.children_of_thread(self._keeper)[1:] if _runs(pid)]

    def _search(self) -> Iterator[psutil.Process]:
        yield from self._descendants()
        for process in psutil.process_iter():
            if process.pid != os.getpid() and self._marked(process):
                yield process

    def _descendants(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.Error):
            keeper = psutil.Process(self._keeper)
            return [keeper, *keeper.children(recursive=True)]
        return []

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


def _runs(pid: int) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return runs(psutil.Process(pid))
    return False


def _kill(processes: Iterable[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            process.kill()


def _wait(processes: Iterable[psutil.Process], timeout_s: float) -> None:
    patience = time.monotonic() + timeout_s
    left = list(processes)
    while (left := [p for p in left if runs(p)]) and time.monotonic() < patience:
        time.sleep(POLL_S)
