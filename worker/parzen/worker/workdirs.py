"""Where attempts live on this machine: ``<root>/<study>/<number>/<token>`` and ``<token>.log``.

Beside them ``.<token>.of`` says to which store and study the attempt belongs, since several stores
may share a root: who tidies up leaves alone what may be another's.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from parzen.shared.errors import Incompatible
from parzen.shared.records import Claim

ROOM_BYTES = 64 << 20
"""What must be free where trials live: with less, no trial is started."""

PROBE_BYTES = 1 << 16

SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
"""What may become a part of a path; whoever wrote the document, it leads nowhere else."""


@dataclass(frozen=True, slots=True)
class Place:
    """One attempt's directory, its output, and the last attempt's directory if it lies here."""

    workdir: Path
    log: Path
    previous: Path | None


class Workdirs:
    """The directories below ``root``, for a store of this identity (None while it is not known)."""

    def __init__(self, root: Path, store: str | None = None) -> None:
        self.root, self.store = root, store

    def workdir(self, claim: Claim) -> Path:
        """The attempt's directory; it is not made here.

        Raises:
            Incompatible: the study's name cannot be a directory's.
        """
        return self._folder(claim) / _part(claim.token)

    def prepare(self, claim: Claim) -> Place:
        """Make the attempt's directory and the file for its output.

        Raises:
            Incompatible: as :meth:`workdir`.
            OSError: it cannot be made.
        """
        workdir = self.workdir(claim)
        workdir.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = workdir.with_name(f"{workdir.name}.log")
        log.touch(mode=0o600)
        if self.store:
            owner = {"store": self.store, "uid": claim.study.uid}
            mark_of(workdir).write_text(json.dumps(owner), encoding="utf-8")
        return Place(workdir, log, self._previous(claim, {os.geteuid(), workdir.stat().st_uid}))

    def probe(self) -> None:
        """See that attempts can live here, by writing something.

        Raises:
            OSError: they cannot.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        self.room()
        with tempfile.TemporaryFile(dir=self.root) as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())

    def room(self) -> None:
        """See that there is room.

        Raises:
            OSError: there is not, or the directory is gone.
        """
        status = os.statvfs(self.root)
        free = status.f_bavail * status.f_frsize
        if free < ROOM_BYTES and status.f_blocks > 0:  # some file systems do not say
            raise OSError(
                errno.ENOSPC, f"{free >> 20} MiB are free, expected at least {ROOM_BYTES >> 20}"
            )

    def tidy(self, place: Place) -> None:
        """Take away what stayed empty."""
        with contextlib.suppress(OSError):  # the trial took it away, or put a directory there
            if place.log.lstat().st_size == 0:
                place.log.unlink()
        with contextlib.suppress(OSError):  # something lies there: it stays
            place.workdir.rmdir()
        with contextlib.suppress(OSError):
            if not (os.path.lexists(place.workdir) or os.path.lexists(place.log)):
                mark_of(place.workdir).unlink()
            place.workdir.parent.rmdir()

    def _folder(self, claim: Claim) -> Path:
        return self.root / _part(claim.study.name) / str(int(claim.trial.number))

    def _previous(self, claim: Claim, owners: Collection[int]) -> Path | None:
        before = [attempt for attempt in claim.trial.attempts if attempt.token != claim.token]
        for attempt in reversed(before):
            if not SAFE.fullmatch(attempt.token):
                continue
            here = self._folder(claim) / attempt.token
            named = [Path(attempt.workdir)] if attempt.workdir else []
            for path in [here, *named]:
                if _belongs(path, here.parts[-3:], owners):
                    return path
        return None


def mark_of(workdir: Path) -> Path:
    """The file beside an attempt's directory that says whose it is."""
    return workdir.with_name(f".{workdir.name}.of")


def _belongs(path: Path, parts: Sequence[str], owners: Collection[int]) -> bool:
    """Whether ``path`` is a directory of that attempt, made by one of ``owners``.

    An objective may unpickle the checkpoint that it finds there, and whoever can write to the
    store can write any path into a trial.
    """
    try:
        found = path.resolve(strict=True)
        return found.is_dir() and found.parts[-3:] == parts and found.stat().st_uid in owners
    except (OSError, ValueError, RuntimeError):  # it is not there, no path, or links in a ring
        return False


def _part(name: str) -> str:
    if not SAFE.fullmatch(name):
        raise Incompatible(
            f"{name[:50]!r} cannot name a directory here: expected letters, digits, '.', '_', '-'"
        )
    return name
