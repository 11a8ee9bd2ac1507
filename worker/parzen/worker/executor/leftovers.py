"""What a trial left behind in its child's process: enough to replace it, or to put back.

Replacing costs a new interpreter and another ``setup()``, so variables that a trial only added to
the environment (libraries do that when they are imported) are taken back, and device files,
pipes and sockets (which GPU libraries keep for good) do not count as open files.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # signal makes an enumeration of each answer
import contextlib
import gc
import os
import resource
import signal
import stat
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from parzen.worker.executor import interpreter, kernel

Handler: TypeAlias = Any

Identity: TypeAlias = "tuple[int, int] | None"
"""Which file a descriptor stands for: (device, inode); None where it is closed."""

Limit: TypeAlias = tuple[int, int]

_FIXED = {signal.SIGKILL, signal.SIGSTOP}

_CAUGHT = tuple(
    int(number) for number in signal.valid_signals() - _FIXED if isinstance(number, signal.Signals)
)
"""Signals that have a name and may be caught."""

_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)

_LIMITS = {
    name: getattr(resource, name)
    for name in dir(resource)
    if name.startswith("RLIMIT_") and name != "RLIMIT_OFILE"  # an older name of NOFILE
}

_STANDARD = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The process as it was when a trial began; taken, and put back, by the main thread."""

    cwd: str
    umask: int
    environ: dict[str, str]
    raw_environ: dict[bytes, bytes] | None
    handlers: dict[int, Handler]
    threads: frozenset[threading.Thread]
    files: frozenset[tuple[int, int, int]]
    streams: tuple[Any, Any, Any]
    closed: tuple[bool, ...]
    standard: tuple[Identity, ...]
    interpreter: interpreter.Interpreter
    hooks: tuple[Any, ...]
    timers: dict[int, tuple[bool, float]]
    limits: dict[str, Limit]


def take() -> Snapshot:
    """How the process stands now."""
    return Snapshot(
        cwd=os.getcwd(),  # noqa: PTH109 - chdir takes and gives strings
        umask=_umask(),
        environ=dict(os.environ),
        raw_environ=_raw_environ(),
        handlers=_handlers(),
        threads=frozenset(threading.enumerate()),
        files=_open_files(),
        streams=(sys.stdin, sys.stdout, sys.stderr),
        closed=_closed((sys.stdin, sys.stdout, sys.stderr)),
        standard=tuple(map(_identity, _STANDARD)),
        interpreter=interpreter.take(),
        hooks=_hooks(),
        timers=_timers(),
        limits=_limits(),
    )


def again(before: Snapshot) -> Snapshot:
    """How the process stands after :func:`put_back` to ``before`` has found nothing.

    What a trial may have changed is looked at anew: its directory, its output, its imports.
    """
    return replace(
        before,
        cwd=os.getcwd(),  # noqa: PTH109 - as above
        standard=tuple(map(_identity, _STANDARD)),
        interpreter=interpreter.again(before.interpreter),
    )


def put_back(before: Snapshot) -> list[str]:
    """Undo what can be undone; what was left, each in a few words."""
    found = [
        *_hooked(before),
        *_armed(before),  # before the handlers: what goes off unhandled kills
        *_limited(before),
        *interpreter.put_back(before.interpreter),
        *_cwd(before),
        *_environ(before),
        *_signal_handlers(before),
        *_running(before),
        *_standard_files(before),
    ]
    sys.stdin, sys.stdout, sys.stderr = before.streams
    os.umask(before.umask)
    return found


def _cwd(before: Snapshot) -> list[str]:
    try:
        now = os.getcwd()  # noqa: PTH109 - as above
    except OSError:
        now = "a directory that is gone"
    if now == before.cwd:
        return []
    try:
        os.chdir(before.cwd)
    except OSError:  # the trial deleted it
        os.chdir("/")
    return [f"the working directory {now}"]


def _hooked(before: Snapshot) -> list[str]:
    if all(now is was for now, was in zip(_hooks(), before.hooks, strict=True)):
        return []
    trace, profile, threads_trace, threads_profile = before.hooks
    sys.settrace(trace)
    sys.setprofile(profile)
    threading.settrace(threads_trace)
    threading.setprofile(threads_profile)
    return ["a trace or profile function"]


def _armed(before: Snapshot) -> list[str]:
    now = _timers()
    left = [t for t in _TIMERS if now[t][0] and now[t] != before.timers[t]]
    for timer in left:
        signal.setitimer(timer, 0)
    return ["a timer"] if left else []


def _limited(before: Snapshot) -> list[str]:
    changed = [name for name, limit in _limits().items() if limit != before.limits[name]]
    for name in changed:
        _raise_again(_LIMITS[name], before.limits[name][0])
    return [f"the limit {name}" for name in changed]


def _raise_again(which: int, soft: int) -> None:
    """As far as the hard limit allows, so that this process can say how its trial ended."""
    hard = resource.getrlimit(which)[1]
    for limit in (soft, hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (limit, hard))
            return


def _raw_environ() -> dict[bytes, bytes] | None:
    """What os.environ keeps, which is quicker to compare; None where it keeps something else."""
    kept = getattr(os.environ, "_data", None)
    return dict(kept) if isinstance(kept, dict) else None


def _environ(before: Snapshot) -> list[str]:
    if before.raw_environ is not None and before.raw_environ == _raw_environ():
        return []
    now = dict(os.environ)
    changed = sorted(name for name, value in before.environ.items() if now.get(name) != value)
    for name in now.keys() - before.environ.keys():
        del os.environ[name]
    for name in changed:
        os.environ[name] = before.environ[name]
    return [f"the environment variable {name}" for name in changed]


def _signal_handlers(before: Snapshot) -> list[str]:
    found = []
    for number, handler in _handlers().items():
        was = before.handlers.get(number)
        if handler != was:
            found.append(f"the handler of {signal.Signals(number).name}")
            if was is not None:  # None: set by C code, which alone can put it back
                signal.signal(number, was)
    return found


def _running(before: Snapshot) -> list[str]:
    found = _threads(before) + _files(before)
    if found:
        gc.collect()  # a pool or a file in a reference cycle ends with its owner
        found = _threads(before) + _files(before)
    return found + (["a child process"] if kernel.has_children() else [])


def _threads(before: Snapshot) -> list[str]:
    return [f"the thread {t.name!r}" for t in threading.enumerate() if t not in before.threads]


def _files(before: Snapshot) -> list[str]:
    try:
        opened = ["an open file"] if _open_files() - before.files else []
    except OSError as error:  # no descriptor is left for the listing
        return [f"open files that cannot be listed ({error.strerror})"]
    lost = any(_identity(number) != (device, inode) for number, device, inode in before.files)
    return opened + (["a file that it closed"] if lost else [])


def _standard_files(before: Snapshot) -> list[str]:
    names = ("stdin", "stdout", "stderr")
    now = tuple(map(_identity, _STANDARD))
    closed = _closed(before.streams)
    return [
        f"another or no file as {name}"
        for i, name in enumerate(names)
        if now[i] != before.standard[i] or closed[i] != before.closed[i]
    ]


def _handlers() -> dict[int, Handler]:
    return {number: _signal.getsignal(number) for number in _CAUGHT}


def _hooks() -> tuple[Any, ...]:
    return (sys.gettrace(), sys.getprofile(), threading.gettrace(), threading.getprofile())


def _timers() -> dict[int, tuple[bool, float]]:
    """Of each timer whether it is armed, and its interval."""
    values = {timer: signal.getitimer(timer) for timer in _TIMERS}
    return {timer: (left > 0, interval) for timer, (left, interval) in values.items()}


def _limits() -> dict[str, Limit]:
    return {name: resource.getrlimit(number) for name, number in _LIMITS.items()}


def _closed(streams: tuple[Any, ...]) -> tuple[bool, ...]:
    return tuple(bool(getattr(stream, "closed", False)) for stream in streams)


def _identity(descriptor: int) -> Identity:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _open_files() -> frozenset[tuple[int, int, int]]:
    """Regular files that still have a name, but the standard ones: (descriptor, device, inode)."""
    found = set()
    for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208 - a Path per descriptor is waste
        try:
            status = os.fstat(int(name))
        except OSError:  # the descriptor of the listing itself
            continue
        if int(name) in _STANDARD:
            continue
        if stat.S_ISREG(status.st_mode) and status.st_nlink > 0:
            found.add((int(name), status.st_dev, status.st_ino))
    return frozenset(found)


_DESCRIPTORS = "/proc/self/fd" if Path("/proc/self/fd").is_dir() else "/dev/fd"
