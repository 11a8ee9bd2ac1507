"""Where attempts live on this machine: ``<root>/<study>/<number>/<token>`` and ``<token>.log``.

Beside them ``.<token>.of`` says to which store and study the attempt belongs, since several stores
may share a root: who tidies up leaves alone what may be another's.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import tempfile
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path

from parzen.shared.errors import Incompatible, StoreDenied
from parzen.shared.records import Claim
from parzen.worker.place import FOLDER_MODE, Place

log = logging.getLogger("parzen.worker")

ROOM_BYTES = 64 << 20
"""What must be free where trials live: with less, no trial is started."""

PROBE_BYTES = 1 << 16

TRIALS_UID = 10001
"""The user of trials in containers whose agent is root: nobody's number on most machines."""

SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
"""What may become a part of a path; whoever wrote the document, it leads nowhere else."""


class Workdirs:
    """The directories below ``root``, for a store of this identity (None while it is not known)."""

    def __init__(self, root: Path, store: str | None = None) -> None:
        self.root, self.store = root, store

    def learn_store(self, identity: Callable[[], str]) -> None:
        """Ask once whose directories are made here, for the marks beside them."""
        if self.store is not None:
            return
        try:
            self.store = identity()
        except StoreDenied as error:
            self.store = ""
            log.info("directories of trials are not marked as this store's: %s", error)

    def workdir(self, claim: Claim) -> str:
        """The attempt's directory; it is not made here.

        Raises:
            Incompatible: the study's name cannot be a directory's.
        """
        return f"{self._folder(claim)}/{_part(claim.token)}"

    def prepare(self, claim: Claim, spare: Place | None = None) -> Place:
        """Make the attempt's directory; who opens its output makes that.

        It is made of ``spare``, an untouched one of the same study, where that can be.

        Raises:
            Incompatible: as :meth:`workdir`; ``spare`` is left as it is.
            OSError: it cannot be made.
        """
        workdir = self.workdir(claim)
        if spare is not None:
            first = len(claim.trial.attempts) == 1
            place = spare.handed_on(workdir) if first else None
            if place is not None:
                return place
            spare.tidy()
        _make(workdir)
        mode = os.lstat(os.path.dirname(workdir)).st_mode  # noqa: PTH120 - as below
        place = Place(Path(workdir), Path(f"{workdir}.log"), None, mode=mode)
        if self.store:
            owner = json.dumps({"store": self.store, "uid": claim.study.uid}).encode()
            place = replace(place, owner=owner)
            _write(place.mark, owner)
        if len(claim.trial.attempts) > 1:
            owners = {os.geteuid(), place.workdir.stat().st_uid}
            if claim.study.image is not None and os.geteuid() == 0:
                owners.add(TRIALS_UID)  # whom such trials run as then
            place = replace(place, previous=self._previous(claim, owners))
        return place

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

    def _folder(self, claim: Claim) -> str:
        return f"{self.root}/{_part(claim.study.name)}/{int(claim.trial.number)}"

    def _previous(self, claim: Claim, owners: Collection[int]) -> Path | None:
        before = [attempt for attempt in claim.trial.attempts if attempt.token != claim.token]
        for attempt in reversed(before):
            if not SAFE.fullmatch(attempt.token):
                continue
            here = Path(self._folder(claim), attempt.token)
            named = [Path(attempt.workdir)] if attempt.workdir else []
            for path in [here, *named]:
                if _belongs(path, here.parts[-3:], owners):
                    return path
        return None


def _make(workdir: str) -> None:
    trial = os.path.dirname(workdir)  # noqa: PTH120 - a Path for each step is waste
    _make_one(trial, 0o777)
    _make_one(workdir, FOLDER_MODE)


def _make_one(folder: str, mode: int) -> None:
    try:
        os.mkdir(folder, mode)  # noqa: PTH102 - as above
    except FileNotFoundError:
        os.makedirs(folder, mode)  # noqa: PTH103 - as above
    except FileExistsError:
        if not os.path.isdir(folder):  # noqa: PTH112 - as above
            raise


def _write(path: Path, owner: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        os.write(file, owner)
    finally:
        os.close(file)


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
