"""Attachments as files below a folder, which no name of one leads out of.

A name was chosen by whoever ran the trial. It may hold slashes, which become folders; whatever else
could lead elsewhere, or could not be told from another file, is refused before anything is written.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from parzen.shared.errors import InvalidInput

PART_BYTES = 255
"""The longest name of a file that file systems take."""


def places(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """Where each attachment is to lie below ``folder``.

    Raises:
        InvalidInput: a name leads out of the folder, or names no file.
    """
    return {name: folder / _relative(name) for name in names}


def _relative(name: str) -> PurePosixPath:
    parts = name.split("/")
    fault = next((fault for part in parts if (fault := _fault(part))), None)
    if fault is not None:
        raise InvalidInput(
            f"the attachment {name!r:.120} cannot be a file here, because {fault}: leave it out by "
            "naming the others, or read it with StudyHandle.attachment()"
        )
    return PurePosixPath(*parts)


def _fault(part: str) -> str | None:
    if part in ("", ".", ".."):
        return "it is no path below a folder"
    if not part.isprintable() or "\\" in part or ":" in part:
        return "it holds a character that file names should not"
    if len(part.encode("utf-8", errors="replace")) > PART_BYTES:
        return "it is too long"
    return None


def write(folder: Path, path: Path, data: bytes) -> None:
    """Write one attachment, wholly or not at all, to ``path`` below ``folder``; a new file.

    Raises:
        InvalidInput: there is such a file, a link leads out of the folder, or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.resolve().is_relative_to(folder.resolve()):
            raise InvalidInput(
                f"{str(path.parent)!r} is a link that leads out of {str(folder)!r}: choose an "
                "empty folder"
            )
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
        except BaseException:
            with contextlib.suppress(OSError):
                path.unlink()
            raise
    except FileExistsError as error:
        raise InvalidInput(f"{str(path)!r} is there already: choose an empty folder") from error
    except OSError as error:
        raise InvalidInput(
            f"{str(path)!r} cannot be written ({error.strerror or type(error).__name__}): choose "
            "another folder"
        ) from error
