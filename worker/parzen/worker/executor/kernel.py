"""What Linux offers beyond POSIX, each asked for where it exists."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

LINUX = sys.platform == "linux"

SAME_S = 0.05
"""Two starts that are closer are one: the kernel counts in hundredths."""


def started_s(pid: int) -> float:
    """When the process was started, in seconds after the machine was.

    That tells it from an earlier one of its number, and stays the same when the clock is set.

    Raises:
        psutil.Error: there is no such process, or it cannot be told.
    """
    import psutil  # noqa: PLC0415 - a child in a container has none, nor needs it

    boot = psutil.boot_time()  # first: psutil may keep it for the other
    return psutil.Process(pid).create_time() - boot


PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

FALLOC_FL_KEEP_SIZE = 1
FALLOC_FL_PUNCH_HOLE = 2


def _prctl(option: int, value: int) -> bool:
    if not LINUX:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.prctl(option, value, 0, 0, 0)) == 0


def become_subreaper() -> bool:
    """Adopt orphaned descendants, so that they can be found and reaped; whether it worked."""
    return _prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> bool:
    """Be killed when the thread that started this process ends; whether it worked."""
    return _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def punch_hole(descriptor: int, start: int, length: int) -> bool:
    """Give a part of a file back to the file system: it reads as zeros; whether it worked."""
    if not LINUX:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    how, offsets = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, (start, length)
    return int(libc.fallocate(descriptor, how, *map(ctypes.c_longlong, offsets))) == 0


APART = 4000

KNOWN_S = 1.0
"""How old a count of processes killed for memory may be."""

CHILDREN_BYTES = 1 << 12
"""As much of a list of children as is looked at: what matters is whether there are some."""


def apart(descriptor: int) -> int:
    """Move a descriptor to where programs that close or count theirs hardly ever look."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # then it stays
        try:
            if soft != resource.RLIM_INFINITY:  # a descriptor may stand above a limit lowered later
                resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, APART + 1), hard))
            moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, APART)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        os.close(descriptor)
        return moved
    return descriptor


def now() -> float:
    """Seconds of a clock that also counts while the machine sleeps, where there is one."""
    return time.clock_gettime(_CLOCK)


_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def oom_kills() -> int:
    """How many processes of this control group the kernel has killed for memory; 0 if unknown."""
    return sum(_counter(path) for path in _memory_files())


class OutOfMemory:
    """What :func:`oom_kills` told a moment ago: reading it for each trial costs more than most."""

    def __init__(self) -> None:
        self._told, self._until = 0, 0.0

    def kills(self) -> int:
        """As of at most ``KNOWN_S`` ago."""
        moment = time.monotonic()
        if moment >= self._until:
            self._told, self._until = oom_kills(), moment + KNOWN_S
        return self._told


def _memory_files() -> list[Path]:
    """Where this process's control group counts: version 2, or the memory hierarchy of 1."""
    try:
        lines = Path("/proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return []
    root, found = Path("/sys/fs/cgroup"), []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        inner = path.lstrip("/")
        if not controllers:
            found.append(root / inner / "memory.events")
        elif "memory" in controllers.split(","):
            found.append(root / "memory" / inner / "memory.oom_control")
    return found


def _counter(path: Path) -> int:
    try:
        words = dict(line.split() for line in path.read_text("utf-8").splitlines())
        return int(words.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, or the signal that killed it."""

    exit_code: int | None = None
    signal: int | None = None


def ended(child: Popen[Any]) -> Ended | None:
    """How ``child`` has ended, if it has; it is left a zombie, so that its number stays taken.

    Where that cannot be (macOS before Python 3.13), it is collected.
    """
    if child.returncode is None and hasattr(os, "waitid"):
        how = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if how is None:
            return None
        exited = how.si_code == os.CLD_EXITED
        return Ended(exit_code=how.si_status) if exited else Ended(signal=how.si_status)
    code = child.poll()
    if code is None:
        return None
    return Ended(exit_code=code) if code >= 0 else Ended(signal=-code)


def has_children() -> bool:
    """Whether this process has a child that it has not waited for, running or ended."""
    if not hasattr(os, "waitid"):
        import psutil  # noqa: PLC0415 - only where the platform has nothing quicker

        return bool(psutil.Process().children())
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def children_of_thread(pid: int) -> list[int]:
    """As :func:`children` where the process ``pid`` has but one thread."""
    try:
        file = os.open(f"/proc/{pid}/task/{pid}/children", os.O_RDONLY)
    except OSError:
        return children(pid)
    try:
        return [int(child) for child in os.read(file, CHILDREN_BYTES).split()]
    finally:
        os.close(file)


def children(pid: int) -> list[int]:
    """The children of the process ``pid``, those that have ended and wait to be collected too."""
    try:
        tasks = [task / "children" for task in Path(f"/proc/{pid}/task").iterdir()]
        return [int(child) for task in tasks for child in task.read_text("ascii").split()]
    except OSError:  # a thread or the process ended meanwhile, or the kernel keeps no such list
        import psutil  # noqa: PLC0415 - only where there is nothing quicker

        with contextlib.suppress(psutil.NoSuchProcess):
            return [child.pid for child in psutil.Process(pid).children()]
        return []
