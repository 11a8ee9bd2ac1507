"""Where one attempt lives on this machine, and how that is handed on to the next attempt.

A file system renames what it has far faster than it makes it anew: for the three inodes of an
attempt ext4, which steps over every one that was deleted of late, took 150 µs and 10. Short trials
would pay for that again and again, so what one left as it was made becomes the next one's.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from parzen.shared.records import Uid
from parzen.shared.regular import open_regular

FOLDER_MODE, LOG_MODE = 0o700, 0o600

MARK_BYTES = 4096
"""No mark is longer."""


@dataclass(frozen=True, slots=True)
class Place:
    """One attempt's directory, its output, and the last attempt's directory if it lies here.

    ``owner`` is what stands in the file that says whose it is, None where there is none; ``mode``
    that of the trial's folder around it.
    """

    workdir: Path
    log: Path
    previous: Path | None
    owner: bytes | None = None
    mode: int = 0

    @property
    def mark(self) -> Path:
        """The file beside it that says whose it is."""
        return mark_of(self.workdir)

    def tidy(self) -> None:
        """Take away what stayed empty."""
        # each call may cost a wait for the other slots' threads: none looks at what another tells
        gone = [_removed(self.log, _drop_empty), _removed(self.workdir, os.rmdir)]
        if all(gone) and (self.owner is None or _removed(self.mark, os.unlink)):
            _removed(self.workdir.parent, os.rmdir)

    def untouched(self) -> bool:
        """Whether the directory, the output and the mark are as they were made."""
        try:
            log, folder = os.lstat(self.log), os.lstat(self.workdir)
            return (
                os.lstat(self.workdir.parent).st_mode == self.mode
                and (self.owner is None or read_mark(self.mark) == self.owner)
                and (log.st_mode, log.st_size, log.st_nlink) == (stat.S_IFREG | LOG_MODE, 0, 1)
                and folder.st_mode == stat.S_IFDIR | FOLDER_MODE
                and {log.st_uid, folder.st_uid} == {os.geteuid()}
                and not os.listdir(self.workdir)  # noqa: PTH208 - a Path for each step is waste
            )
        except OSError:  # it is gone, or may not be looked at
            return False

    def handed_on(self, workdir: str) -> Place | None:
        """Make it, untouched as it is, the place of another trial's first attempt.

        None where that cannot be; then nothing has become the other attempt's.
        """
        (before, _, old), (after, _, new) = (
            str(self.workdir).rpartition("/"),
            workdir.rpartition("/"),
        )
        moves = [] if self.owner is None else [(f".{old}.of", f".{new}.of")]
        moves += [(f"{old}.log", f"{new}.log"), (old, new)]
        try:
            if set(os.listdir(before)) != {name for name, _ in moves}:  # noqa: PTH208 - as above
                return None
            os.rename(before, after)  # noqa: PTH104 - as above
        except OSError:  # another attempt of that trial lies there
            return None
        try:
            for was, now in moves:
                os.rename(f"{after}/{was}", f"{after}/{now}")  # noqa: PTH104 - as above
            os.utime(workdir)
        except OSError:  # somebody tidies up
            for name in (old, new):
                Place(Path(after, name), Path(after, f"{name}.log"), None, self.owner).tidy()
            return None
        return replace(self, workdir=Path(workdir), log=Path(f"{workdir}.log"))


def read_mark(mark: Path) -> bytes:
    """What stands in such a file.

    Raises:
        OSError: it is not there, is no regular file, or cannot be read.
    """
    file = open_regular(mark)
    try:
        return os.read(file, MARK_BYTES)
    finally:
        os.close(file)


def mark_of(workdir: Path) -> Path:
    """The file beside an attempt's directory that says whose it is."""
    return workdir.with_name(f".{workdir.name}.of")


def _drop_empty(log: Path) -> None:
    if os.lstat(log).st_size > 0:
        raise OSError(errno.ENOTEMPTY, "The trial said something", str(log))
    os.unlink(log)  # noqa: PTH108 - as above


def _removed(path: Path, remove: Callable[[Path], None]) -> bool:
    """Whether nothing lies at ``path`` any more."""
    try:
        remove(path)
    except FileNotFoundError:  # the trial took it away
        return True
    except OSError:  # something lies there: it stays
        return False
    return True


class Spare:
    """A place that an attempt of a study left as it was made, for the next one of that study."""

    def __init__(self) -> None:
        self._place: Place | None = None
        self._study: Uid | None = None

    def __bool__(self) -> bool:
        return self._place is not None

    def of(self, study: Uid) -> Place | None:
        """The place, if it is that study's; another's is tidied up."""
        if self._study != study:
            self.tidy()
        return self._place

    def keep(self, place: Place, study: Uid) -> None:
        """Have ``place`` for the next attempt at ``study``."""
        self._place, self._study = place, study

    def taken(self) -> None:
        """It is somebody's now."""
        self._place = None

    def tidy(self) -> None:
        """Take it away."""
        place, self._place = self._place, None
        if place is not None:
            place.tidy()
