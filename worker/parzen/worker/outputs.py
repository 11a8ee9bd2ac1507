"""Bounding what running trials print, so that none of them fills this machine's disk.

A trial writes straight into its file, so that it never waits for the agent. A thread looks at the
files: of one that is too long the middle is given back to the file system while the trial goes
on writing (where holes cannot be punched, all but the beginning). When the trial is over, the
file is put together again: the beginning, a line that says how much was left out, and the end.

All this happens through a descriptor that was opened before the trial began: whatever a trial puts
in the file's place, a directory, a link, a pipe, is neither opened nor replaced.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from parzen.shared.regular import open_regular
from parzen.shared.store import LEFT_OUT, TAIL_BYTES
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
    def bounded(self, log: Path) -> Iterator[Output]:
        """Keep ``log`` within the limit while the block runs, and whole at its end.

        Raises:
            OSError: the file cannot be opened, before the block.
        """
        output = Output(log, self._limit)
        with self._lock:
            self._running.add(output)
            self._some.set()
        try:
            yield output
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
    """One file of at most about ``limit`` bytes: its first quarter, and as much of the end.

    ``tail`` is its end as text, and ``total`` how many bytes were written, once it is finished.
    A place in its output is counted in what the trial wrote, whatever was left out since.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.tail = ""
        self.total: int | None = None
        self.path = path
        self._file = open_regular(path, os.O_RDWR | os.O_CREAT)
        self._holders = 1
        self._lock = threading.Lock()
        self._limit = limit
        self._head = limit // 4 // BLOCK * BLOCK
        self._punched_to = 0
        self._resumes = self._resumes_at = 0
        self._size = 0

    def share(self) -> None:
        """Keep the file open beyond its end; whoever asks for it calls :meth:`close` once."""
        with self._lock:
            self._holders += 1

    def close(self) -> None:
        """Let go of the file; the last who does closes it."""
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                os.close(self._file)
                self._file = -1  # its number may become another file's

    @property
    def closed(self) -> bool:
        """Whether nobody holds the file open here any more."""
        return self._holders == 0

    def length(self) -> int:
        """How many bytes the trial has written by now.

        Raises:
            OSError: the file cannot be looked at.
        """
        with self._lock:
            return self._written(os.fstat(self._file).st_size)

    def _written(self, size: int) -> int:
        return size - self._resumes_at + self._resumes

    def read(self, place: int, most: int) -> tuple[int, bytes]:
        """Up to ``most`` bytes from ``place`` on, or from where it goes on after what was left out.

        Returns:
            The place of the first byte, and the bytes; none at the end.

        Raises:
            OSError: the file cannot be read.
        """
        with self._lock:
            if place < self._resumes and place >= self._head:
                place = self._resumes
            if place < self._resumes:
                return place, os.pread(self._file, min(most, self._head - place), place)
            return place, os.pread(self._file, most, place - self._resumes + self._resumes_at)

    @property
    def short(self) -> bool:
        """Whether a document that holds ``tail`` holds all of it, to the byte."""
        lossless = not {"\ufffd", "\0"} & set(self.tail)
        return (self.total or 0) <= TAIL_BYTES and lossless

    def trim(self) -> bool:
        """Leave out the middle of what is too long; whether the file grows fast."""
        with self._lock:
            try:
                size = os.fstat(self._file).st_size
                grown, self._size = size - self._size, size
                if self._size - max(0, self._punched_to - self._head) > self._limit:
                    self._drop(self._size)
            except OSError:  # the disk is full: the next look may do
                return False
            return grown > self._limit // 8

    def _drop(self, size: int) -> None:
        start = max(self._head, self._punched_to)
        end = (size - self._limit // 4) // BLOCK * BLOCK
        if kernel.punch_hole(self._file, start, end - start):
            self._punched_to = self._resumes = self._resumes_at = end
            os.pwrite(self._file, self._note(), self._head)
        else:
            os.ftruncate(self._file, self._head)
            self._resumes, self._resumes_at = self._written(size), self._head
            self._resumes_at += os.pwrite(self._file, self._note(), self._head)
            self._size = self._resumes_at

    def _note(self) -> bytes:
        left_out = self._resumes - self._head
        told = f"{left_out} {LEFT_OUT}: the limit is {self._limit} bytes"
        return f"\n[parzen: {told}]\n".encode()

    def finish(self) -> None:
        """Read its end, put the file together again where a hole is in it, and let go of it."""
        try:
            if self._is_blank():
                self.total = 0
                return
            self.trim()
            self.tail = _tail(self._file)
            with contextlib.suppress(OSError):  # as for the tail: the trial's outcome stands
                self.total = self.length()
            # without room for a copy the file stays as it is: a hole, after the line that tells it
            with contextlib.suppress(OSError):
                if self._punched_to > 0 and self._in_its_place():
                    self._join()
        finally:
            self.close()

    def _is_blank(self) -> bool:
        """Whether the trial has written nothing, which is quickly told of most short ones."""
        try:
            return self._punched_to == self._resumes == 0 == os.fstat(self._file).st_size
        except OSError:
            return False

    def _in_its_place(self) -> bool:
        """Whether the path still names this file, which a trial may have moved or deleted."""
        return os.path.samestat(os.fstat(self._file), self.path.lstat())

    def _join(self) -> None:
        folder = self.path.parent
        with tempfile.NamedTemporaryFile(prefix=".", dir=folder, delete=False) as sink:
            draft = Path(sink.name)
            try:
                _copy(self._file, sink, 0, self._head)
                sink.write(self._note())
                _copy(self._file, sink, self._punched_to, os.fstat(self._file).st_size)
                sink.flush()
                draft.replace(self.path)
            finally:
                draft.unlink(missing_ok=True)


def _copy(source: int, sink: IO[bytes], start: int, end: int) -> None:
    while start < end:
        data = os.pread(source, min(end - start, CHUNK), start)
        if not data:
            return
        sink.write(data)
        start += len(data)


def _tail(file: int) -> str:
    """The end as text, from the start of a line where there is one."""
    try:
        size = os.fstat(file).st_size
        data = os.pread(file, TAIL_BYTES, max(0, size - TAIL_BYTES))
    except OSError as error:  # the trial's outcome stands, whatever became of its output
        return f"[its output cannot be read: {error.strerror}]"
    if size > TAIL_BYTES:
        cut = data.find(b"\n") + 1
        data = data[cut:] if cut < len(data) else data
    return data.decode("utf-8", errors="replace")
