"""Stands between an agent and one child: what the child starts, wherever it goes, ends here.

Run by its path, without parzen: ``python -I -S keeper.py LOG COMMAND...`` runs the command, with
the descriptor ``LOG`` as its output, as the leader of a session of its own, and ends as it ends,
but after everything else that the command started. On Linux it is the subreaper of all that: a
process that leaves the session, loses its parents and clears its environment is still below it.

Standard output brings the command's number, a line. Standard input takes the byte ``T``: SIGTERM
to all, who then have time to end. When it ends, so has the agent, or its patience: all is killed.
"""

# ruff: noqa: PTH112, PTH123, PTH208 - pathlib is slow to import

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Iterator

DEAF = tuple(
    getattr(signal, f"SIG{name}") for name in ("INT", "TERM", "HUP", "QUIT", "USR1", "USR2")
)
"""What schedulers and terminals send to every process of a node: here the agent alone decides."""

SETTLE_S = 10.0
"""How long killed processes may take to vanish; one in uninterruptible sleep ends as it wakes."""

PAUSE_S = 0.005

PR_SET_CHILD_SUBREAPER = 36

LINUX = sys.platform == "linux" and os.path.isdir("/proc/self")


def main(log: int, command: list[str]) -> None:
    """Keep ``command`` until it is over or nobody wants it; end as it does."""
    for number in DEAF:
        signal.signal(number, signal.SIG_IGN)
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    woken = _wake_on_children()
    command = [*command, str(os.getpid())]
    pid = os.fork()
    if pid == 0:
        _become(command, log)
    os.write(1, b"%d\n" % pid)
    _let_go()
    family = Family(pid)
    family.watch(0, woken)
    family.end()
    _end_like(family.status)


def _wake_on_children() -> int:
    """A descriptor that becomes readable when a child has ended."""
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken


def _become(command: list[str], log: int) -> None:
    """Become the command, as if nothing had stood between it and the agent."""
    try:
        os.setsid()
        for number in (*DEAF, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.close(log)
        os.execv(command[0], command)  # noqa: S606 - it is our agent's own words
    finally:
        os._exit(127)


def _let_go() -> None:
    """Keep none of the command's files open, nor a directory in use."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    for name in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError):  # that of the listing itself
            if int(name) not in (0, 1, 2) and os.get_inheritable(int(name)):
                os.close(int(name))
    os.chdir("/")


class Family:
    """A command, with everything below this process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.status: int | None = None
        """How the command ended, as ``os.waitpid`` says it."""

    def watch(self, orders: int, woken: int) -> None:
        """Return when nobody is left, or nobody who is left has a reason to be."""
        patient = False
        poll = select.poll()
        poll.register(orders, select.POLLIN)
        poll.register(woken, select.POLLIN)
        while self.reap() and (patient or self.status is None):
            ready = {descriptor for descriptor, _ in poll.poll()}
            if woken in ready:
                os.read(woken, 4096)
            if orders in ready:
                if not os.read(orders, 1):
                    return
                patient = True
                self.ask()

    def reap(self) -> bool:
        """Collect whoever has ended; whether anybody is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._pid:
                self.status = status

    def ask(self) -> None:
        """SIGTERM to all; one that was stopped wakes up to hear it."""
        for pid in self._all():
            _signal(pid, signal.SIGTERM)
            _signal(pid, signal.SIGCONT)

    def end(self) -> None:
        """Kill all: what forks without end is stopped first, so that it forks no more."""
        patience = time.monotonic() + SETTLE_S
        left = self.reap() or not LINUX  # elsewhere its orphans are not ours
        while left and time.monotonic() < patience:
            freeze(os.getpid())
            for pid in self._all():
                _signal(pid, signal.SIGKILL)
            if left := self.reap():
                time.sleep(PAUSE_S)

    def _all(self) -> Iterator[int]:
        if LINUX:
            yield from descendants({os.getpid()})
        else:
            yield -self._pid  # its group: the agent looks for the rest


def freeze(root: int) -> None:
    """Stop everything below ``root``, until nobody new is found; Linux only."""
    known, new = {root}, LINUX
    while new:
        new = False
        for pid in descendants(known):
            _signal(pid, signal.SIGSTOP)
            new = True


def descendants(known: set[int]) -> Iterator[int]:
    """Look once for children of those who are ``known``, who are then known as well.

    Numbers grow, but for the moment at which they begin again: one look finds nearly all.
    """
    for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdigit()):
        if pid not in known and _parent(pid) in known:
            known.add(pid)
            yield pid


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat", "rb", 0) as source:
            after = source.read(1024).rpartition(b")")[2]  # a name may hold anything
    except OSError:  # it has ended meanwhile
        return -1
    return int(after.split(None, 2)[1])


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _end_like(status: int | None) -> None:
    """End with the command's exit code, or by its signal."""
    if status is None or os.WIFEXITED(status):
        os._exit(0 if status is None else os.WEXITSTATUS(status))
    number = os.WTERMSIG(status)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
