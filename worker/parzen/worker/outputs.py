"""Bounding what running trials print, so that none of them fills this machine's disk.

A trial writes straight into its file, so that it never waits for the agent. A thread looks at the
files: of one that is too long the middle is given back to the file system while the trial goes
on writing (where holes cannot be punched, all but the beginning). When the trial is over, the
file is put together again: the beginning, a line that says how much was left out, and the end.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parzen.worker.executor import kernel

LIMIT_BYTES = 256 << 20

LOOK_S, HURRY_S = 0.2, 0.02
"""How often to look; and how often while something grows fast."""

BLOCK, CHUNK = 4096, 1 << 20


class Outputs:
    """The outputs of an agent's running trials. Safe to use from several threads."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._lock = threading.Lock()
        self._running: set[Output] = set()
        self._some = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="parzen-outputs", daemon=True)
        self._thread.start()

    @contextmanager
    def bounded(self, log: Path) -> Iterator[None]:
        """Keep ``log`` within the limit while the block runs, and whole at its end."""
        output = Output(log, self._limit)
        with self._lock:
            self._running.add(output)
            self._some.set()
        try:
            yield
        finally:
            with self._lock:
                self._running.remove(output)
                if not self._running:
                    self._some.clear()
            output.finish()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._some.set()
        self._thread.join()

    def _run(self) -> None:
        pause = LOOK_S
        while not self._closed.wait(pause):
            self._some.wait()
            with self._lock:  # so that none is finished while it is looked at
                fast = [output.trim() for output in self._running]
            pause = HURRY_S if any(fast) else LOOK_S


class Output:
    """One file of at most about ``limit`` bytes: its first quarter, and as much of the end."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._head = limit // 4 // BLOCK * BLOCK
        self._dropped_to = 0
        self._left_out = 0
        self._size = 0

    def trim(self) -> bool:
        """Leave out the middle of what is too long; whether the file grows fast."""
        try:
            status = self._path.lstat()
            if not stat.S_ISREG(status.st_mode):  # the trial put something else there
                return False
            grown, self._size = status.st_size - self._size, status.st_size
            if self._size - max(0, self._dropped_to - self._head) > self._limit:
                self._drop(self._size)
        except OSError:  # the trial deleted it; or the disk is full, then the next look may do
            return False
        return grown > self._limit // 8

    def _drop(self, size: int) -> None:
        start = max(self._head, self._dropped_to)
        end = (size - self._limit // 4) // BLOCK * BLOCK
        sink = os.open(self._path, os.O_RDWR | os.O_NOFOLLOW)
        try:
            if kernel.punch_hole(sink, start, end - start):
                self._dropped_to = end
                self._left_out = end - self._head
                os.pwrite(sink, _note(self._left_out, self._limit), self._head)
            else:
                os.ftruncate(sink, self._head)
                self._left_out += size - self._head
                self._size = os.pwrite(sink, _note(self._left_out, self._limit), self._head)
        finally:
            os.close(sink)

    def finish(self) -> None:
        """Put the file together again where a hole is in it."""
        self.trim()
        if self._dropped_to == 0:
            return
        draft = self._path.with_name(f".{self._path.name}")
        # without room for a copy the file stays as it is: a hole, after the line that tells of it
        with contextlib.suppress(OSError):
            try:
                with self._path.open("rb") as source, draft.open("wb") as sink:
                    _copy(source.fileno(), sink.fileno(), 0, self._head)
                    sink.write(_note(self._left_out, self._limit))
                    sink.flush()
                    size = os.fstat(source.fileno()).st_size
                    _copy(source.fileno(), sink.fileno(), self._dropped_to, size)
                draft.chmod(0o600)
                draft.replace(self._path)
            finally:
                draft.unlink(missing_ok=True)


def _note(left_out: int, limit: int) -> bytes:
    told = f"{left_out} bytes of output were left out here: the limit is {limit} bytes"
    return f"\n[parzen: {told}]\n".encode()


def _copy(source: int, sink: int, start: int, end: int) -> None:
    while start < end:
        data = os.pread(source, min(end - start, CHUNK), start)
        if not data:
            return
        os.write(sink, data)
        start += len(data)
