"""What a trial left behind in its child's process: enough to replace it, or to put back.

Replacing costs a new interpreter and another ``setup()``, so variables that a trial only added to
the environment (libraries do that when they are imported) are taken back, and device files,
pipes and sockets (which GPU libraries keep for good) do not count as open files.
"""

from __future__ import annotations

import gc
import os
import signal
import stat
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from parzen.worker.executor import kernel

Handler: TypeAlias = Any

_FIXED = {signal.SIGKILL, signal.SIGSTOP}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The process as it was when a trial began; taken, and put back, by the main thread."""

    cwd: str
    umask: int
    environ: dict[str, str]
    handlers: dict[signal.Signals, Handler]
    threads: frozenset[threading.Thread]
    files: frozenset[tuple[int, int, int]]
    streams: tuple[Any, Any, Any]
    trace: Any


def take() -> Snapshot:
    """How the process stands now."""
    return Snapshot(
        cwd=os.getcwd(),  # noqa: PTH109 - chdir takes and gives strings
        umask=_umask(),
        environ=dict(os.environ),
        handlers=_handlers(),
        threads=frozenset(threading.enumerate()),
        files=_open_files(),
        streams=(sys.stdin, sys.stdout, sys.stderr),
        trace=sys.gettrace(),
    )


def put_back(before: Snapshot) -> list[str]:
    """Undo what can be undone; what was left, each in a few words."""
    found = [
        *_cwd(before),
        *_environ(before),
        *_signal_handlers(before),
        *_running(before),
    ]
    sys.stdin, sys.stdout, sys.stderr = before.streams
    sys.settrace(before.trace)
    os.umask(before.umask)
    return found


def _cwd(before: Snapshot) -> list[str]:
    try:
        now = os.getcwd()  # noqa: PTH109 - as above
    except FileNotFoundError:
        now = "a directory that is gone"
    if now == before.cwd:
        return []
    os.chdir(before.cwd)
    return [f"the working directory {now}"]


def _environ(before: Snapshot) -> list[str]:
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
            found.append(f"the handler of {number.name}")
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
    return ["an open file"] if _open_files() - before.files else []


def _handlers() -> dict[signal.Signals, Handler]:
    every = signal.valid_signals() - _FIXED
    return {number: signal.getsignal(number) for number in map(signal.Signals, _named(every))}


def _named(numbers: set[Any]) -> list[int]:
    return [number for number in numbers if isinstance(number, signal.Signals)]


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _open_files() -> frozenset[tuple[int, int, int]]:
    """Regular files that still have a name: (descriptor, device, inode)."""
    found = set()
    for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208 - a Path per descriptor is waste
        try:
            status = os.fstat(int(name))
        except OSError:  # the descriptor of the listing itself
            continue
        if stat.S_ISREG(status.st_mode) and status.st_nlink > 0:
            found.add((int(name), status.st_dev, status.st_ino))
    return frozenset(found)


_DESCRIPTORS = "/proc/self/fd" if Path("/proc/self/fd").is_dir() else "/dev/fd"
