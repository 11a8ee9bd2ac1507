"""What attempts and bundles left on this machine: found, measured and taken away.

Nothing here decides what may go. No link is followed: what lies outside the directories is neither
measured nor touched, whatever a trial put in its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from parzen.worker.place import mark_of, read_mark
from parzen.worker.workdirs import SAFE

LOG = ".log"
BLOCK_BYTES = 512
"""The unit in which a file system tells what a file takes up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """One attempt's directory, output and mark, those that are there.

    ``store`` and ``uid`` are what the mark says, None without one. ``touched_at`` is when one of
    them was last changed, in seconds of the epoch.
    """

    study: str
    number: int
    token: str
    paths: tuple[Path, ...]
    touched_at: float
    store: str | None = None
    uid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """One bundle on this machine; ``digest`` is None for what a killed download left."""

    path: Path
    digest: str | None
    used_at: float


def remains_below(root: Path) -> Iterator[Remains]:
    """What attempts left below the work directory ``root``, by study and number."""
    for study in _folders(root):
        for number in _folders(study):
            if SAFE.fullmatch(study.name) and number.name.isdecimal():
                for token in _tokens(number):
                    yield _of(study.name, int(number.name), number / token)


def cached_below(root: Path) -> Iterator[Cached]:
    """The bundles in the folder ``root``."""
    for path in _listed(root):
        found = _stat(path)
        if found is None:
            continue
        draft = path.name.startswith(".draft-")
        if stat.S_ISREG(found.st_mode) and (draft or path.suffix == ".zip"):
            used_at = max(found.st_mtime, found.st_atime)
            yield Cached(path=path, digest=None if draft else path.stem, used_at=used_at)


def size_of(paths: Iterable[Path]) -> int:
    """How many bytes ``paths`` and all below them take up on the disk."""
    total = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # somebody else tidies up, too
            total += path.lstat().st_blocks * BLOCK_BYTES
        for folder, folders, files in os.walk(path):  # which follows no links
            for name in (*folders, *files):
                with contextlib.suppress(FileNotFoundError):
                    total += (Path(folder) / name).lstat().st_blocks * BLOCK_BYTES
    return total


def remove(paths: Iterable[Path]) -> None:
    """Delete ``paths`` and what lies below them; a link itself, never where it leads.

    Raises:
        OSError: something may not be deleted; what was deleted before it is gone.
    """
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISDIR(path.lstat().st_mode):
                shutil.rmtree(path)
            else:
                path.unlink()


def drop_empty(remains: Iterable[Remains]) -> None:
    """Delete the folders of trials and studies in which nothing lies any more."""
    numbers = {one.paths[0].parent for one in remains}
    for folder in (*numbers, *{number.parent for number in numbers}):
        with contextlib.suppress(OSError):  # something lies there: it stays
            folder.rmdir()


def _of(study: str, number: int, workdir: Path) -> Remains:
    mark = mark_of(workdir)
    places = (workdir, workdir.with_name(workdir.name + LOG), mark)
    there = tuple(path for path in places if os.path.lexists(path))
    store, uid = _owner(mark)
    return Remains(
        study=study,
        number=number,
        token=workdir.name,
        paths=there,
        touched_at=max((s.st_mtime for path in there if (s := _stat(path))), default=0.0),
        store=store,
        uid=uid,
    )


def _owner(mark: Path) -> tuple[str | None, str | None]:
    """The store and the study that a mark names; None where there is no whole mark."""
    try:
        told = json.loads(read_mark(mark))
        store, uid = told["store"], told["uid"]
    except (OSError, ValueError, LookupError, TypeError):  # a trial may have done anything to it
        return None, None
    return (store, uid) if isinstance(store, str) and isinstance(uid, str) else (None, None)


def _tokens(number: Path) -> list[str]:
    """The tokens of the attempts that left something in a trial's folder."""
    tokens = set()
    for path in _listed(number):
        name = path.name
        if name.startswith(".") and name.endswith(".of"):
            tokens.add(name[1:-3])
        else:
            tokens.add(name.removesuffix(LOG))
    return sorted(token for token in tokens if SAFE.fullmatch(token))


def _folders(path: Path) -> list[Path]:
    found = [(entry, _stat(entry)) for entry in _listed(path)]
    return [entry for entry, told in found if told and stat.S_ISDIR(told.st_mode)]


def _stat(path: Path) -> os.stat_result | None:
    """What the file system tells of ``path`` itself; None where a worker has tidied it up."""
    try:
        return path.lstat()
    except FileNotFoundError:
        return None


def _listed(path: Path) -> list[Path]:
    try:
        return sorted(path.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
