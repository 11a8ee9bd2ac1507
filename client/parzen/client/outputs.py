"""Where an attempt's output can be read: its file on this machine, or what the store has of it.

A source is read on from where it was read last. Of what was left out of an output a line tells
that stands in its place.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol

from parzen.shared.records import Attempt, Study, Trial
from parzen.shared.regular import open_regular
from parzen.shared.store import LEFT_OUT, TAIL_BYTES, Catalog

CHUNK = 1 << 16
"""How many bytes of a file are held at once."""

BLOCK = 4096
HOLE = bytes(BLOCK)
"""What a worker takes out of the middle of a long file reads as this, again and again."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some of an output, and the byte of it at which that begins."""

    offset: int
    data: bytes


class Source(Protocol):
    """An attempt's output in one place."""

    attempt: Attempt
    """As it was read last: whoever reads the trial again sets it."""

    @property
    def here(self) -> bool:
        """Whether it is the file itself."""

    @property
    def empty(self) -> bool:
        """Whether nothing was found in it yet."""

    @property
    def missing(self) -> int | None:
        """How many bytes of what is to be had by now were not found; None where nobody knows."""

    def read(self) -> Iterator[Chunk]:
        """What there is by now beyond what was read."""

    def last(self, lines: int) -> None:
        """Let :meth:`read` begin with the last ``lines`` lines of what there is."""

    def close(self) -> None:
        """Let go of it."""


TOLD_BYTES = 200
"""How long a line that tells of a gap is at most, the worker's own in the file and ours."""


def told_gap(count: int) -> bytes:
    """The line that stands for ``count`` bytes."""
    return f"\n[parzen: {count} {LEFT_OUT}]\n".encode()


class FileSource:
    """The file that the trial writes, or wrote, on this machine."""

    here = True
    missing = 0

    def __init__(self, descriptor: int, attempt: Attempt) -> None:
        self.attempt = attempt
        self._file = descriptor
        self._next = 0
        self._latest = b""

    @property
    def empty(self) -> bool:
        """Whether nothing was found in it yet."""
        return self._next == 0

    def read(self) -> Iterator[Chunk]:
        """What was written since, without the hole that a long output has while it is written."""
        self._next = min(self._next, os.fstat(self._file).st_size)  # it may have been cut
        while data := os.pread(self._file, CHUNK, self._next):
            place, hole = self._next, data.find(HOLE)
            if hole < 0 and len(data) == CHUNK:
                data = data.rstrip(b"\0")  # a hole may begin with them: the next look tells
            elif hole >= 0:
                data = data[:hole]
            self._next += len(data)
            self._latest = (self._latest + data)[-TOLD_BYTES:]
            if hole >= 0:
                data += self._over_hole()
            yield Chunk(place, data)

    def _over_hole(self) -> bytes:
        """Go on behind the hole that begins here; zeros that were written are no hole."""
        block = -(-self._next // BLOCK) * BLOCK
        found = _data_from(self._file, block)
        if found > block:
            gap, self._next = found - self._next, found
            # the file tells of a hole where it begins, but not of one that grew ahead of the reader
            return b"" if LEFT_OUT.encode() in self._latest else told_gap(gap)
        self._next += BLOCK
        return HOLE

    def last(self, lines: int) -> None:
        """Let :meth:`read` begin with the last ``lines`` lines of what there is."""
        place, skip = _begin_of_last(self._backwards(), lines)
        self._next = place + skip

    def _backwards(self) -> Iterator[Chunk]:
        end = os.fstat(self._file).st_size
        while end > 0:
            start = max(0, end - CHUNK)
            yield Chunk(start, os.pread(self._file, end - start, start))
            end = start

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class StoreSource:
    """The pieces in the store, and the end that the trial's document holds.

    ``fault`` is what was wrong with the file, where it lies here and cannot be read.
    """

    here = False

    def __init__(
        self, catalog: Catalog, study: Study, number: int, attempt: Attempt, fault: OSError | None
    ) -> None:
        self._catalog, self._study, self._number = catalog, study, number
        self.attempt = attempt
        self.fault = fault
        self.left_out = 0
        """How many bytes were not found of those before what was read last."""
        self._next = self._skip = 0

    @property
    def empty(self) -> bool:
        """Whether nothing was found in it yet."""
        return self._next == self._skip == 0

    @property
    def where(self) -> str:
        """Where the whole output is: "lies on node-7"."""
        if self.fault is not None:
            return f"cannot be read ({self.fault.strerror}: {self.fault.filename})"
        return f"lies on {self.attempt.host}"

    def read(self) -> Iterator[Chunk]:
        """What the store has beyond what was read."""
        token = self.attempt.token
        for piece in self._catalog.output(self._study, self._number, token, self._next):
            yield from self._step(Chunk(piece.offset, piece.data))

    def rest(self) -> Iterator[Chunk]:
        """What only the document holds, of an attempt that is over."""
        end = self._end()
        if end is not None:
            yield from self._step(end)

    @property
    def missing(self) -> int | None:
        """How many bytes lie between what was read and what the document holds; None: unknown."""
        if self.attempt.log_bytes is None:
            return None
        end = self._end()
        return 0 if end is None else end.offset - self._next

    def last(self, lines: int) -> None:
        """Let :meth:`read` and :meth:`rest` begin with the last ``lines`` lines."""
        token = self.attempt.token
        pieces = self._catalog.output(self._study, self._number, token, backwards=True)
        found = (Chunk(piece.offset, piece.data) for piece in pieces)
        latest = next(found, None)
        self._next = latest.offset + len(latest.data) if latest else 0
        known = [chunk for chunk in (self._end(), latest) if chunk is not None]
        self._next, self._skip = _begin_of_last(chain(known, found), lines)

    def close(self) -> None:
        """Nothing is open."""

    def _step(self, chunk: Chunk) -> Iterator[Chunk]:
        gap = chunk.offset - self._next
        if gap > 0:
            self.left_out += gap
            yield Chunk(self._next, told_gap(gap))
        skip, self._skip = self._skip, 0
        self._next = chunk.offset + len(chunk.data)
        yield Chunk(chunk.offset + skip, chunk.data[skip:])

    def _end(self) -> Chunk | None:
        """What the document holds of what lies beyond what was read."""
        data = (self.attempt.log_tail or "").encode()
        total = self.attempt.log_bytes
        if total is None:
            return Chunk(0, data) if data and self.empty else None
        begin = max(0, total - len(data)) if total > TAIL_BYTES else 0
        if total <= self._next or begin + len(data) <= self._next:
            return None
        known = max(0, self._next - begin)
        return Chunk(begin + known, data[known:])


def source_of(catalog: Catalog, study: Study, trial: Trial, attempt: Attempt) -> Source:
    """Where to read the output of ``attempt``: its file if that lies here, else the store."""
    try:
        file = _file(trial, attempt)
    except OSError as error:
        return StoreSource(catalog, study, trial.number, attempt, error)
    if file is None:
        return StoreSource(catalog, study, trial.number, attempt, None)
    return FileSource(file, attempt)


def _file(trial: Trial, attempt: Attempt) -> int | None:
    """A descriptor of the attempt's file, ``<token>.log`` beside its directory; None: not here.

    A document that names another kind of directory than trials have is not followed, nor what
    an objective put in the file's place.
    """
    if attempt.workdir is None or attempt.host != socket.gethostname():
        return None
    workdir = Path(attempt.workdir)
    if workdir.parts[-3:] != (trial.study, str(trial.number), attempt.token):
        return None
    try:
        return open_regular(workdir.with_name(f"{workdir.name}.log"))
    except FileNotFoundError:
        return None


def _data_from(file: int, place: int) -> int:
    """The first place from ``place`` on that is in no hole."""
    if not hasattr(os, "SEEK_DATA"):  # where there is none, workers make no holes
        return place
    try:
        return os.lseek(file, place, os.SEEK_DATA)
    except OSError:  # nothing but a hole is left
        return os.fstat(file).st_size


def _begin_of_last(backwards: Iterator[Chunk], lines: int) -> tuple[int, int]:
    """Where the last ``lines`` lines begin: a chunk's offset, and how many of its bytes to skip.

    ``backwards`` are the chunks of an output, the last first.
    """
    offset, end = 0, None
    for chunk in backwards:
        offset, data = chunk.offset, chunk.data
        if end is None and lines == 0:
            return offset, len(data)
        end = len(data) - (end is None and data.endswith(b"\n"))
        while (end := data.rfind(b"\n", 0, end)) >= 0:
            lines -= 1
            if lines == 0:
                return offset, end + 1
    return offset, 0
