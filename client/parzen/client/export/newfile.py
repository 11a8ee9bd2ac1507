"""A file that appears at once and whole, or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parzen.shared.errors import InvalidInput


@contextmanager
def appearing(path: Path, *, force: bool) -> Iterator[Path]:
    """Give a path beside ``path`` to write to; what lies there in the end becomes ``path``.

    What the block raises leaves ``path`` as it was.

    Raises:
        InvalidInput: there is such a file and not ``force``, or it cannot be written.
    """
    path = Path(os.path.realpath(path))  # a link to a file stays one
    refuse(path, force=force)
    temporary = path.with_name(f".parzen-{secrets.token_hex(6)}.part")
    try:
        try:
            yield temporary
            _settle(temporary, path, force=force)
        except OSError as error:
            raise _unwritable(path, error) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def refuse(path: Path, *, force: bool) -> None:
    """See that ``path`` can become a new file, or with ``force`` be written over.

    Raises:
        InvalidInput: it cannot.
    """
    if not path.parent.is_dir():
        raise InvalidInput(
            f"there is no folder {str(path.parent)!r}: make it first, or choose another"
        )
    if path.is_file():
        if not force:
            raise _exists(path)
    elif path.exists():
        raise InvalidInput(f"{str(path)!r} is no regular file: choose another name")


def _settle(temporary: Path, path: Path, *, force: bool) -> None:
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    if force:
        temporary.replace(path)
        return
    try:
        os.link(temporary, path)  # unlike a rename it never writes over a file
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # some file systems have no links
        if path.exists():
            raise
        temporary.rename(path)


def _exists(path: Path) -> InvalidInput:
    return InvalidInput(
        f"{str(path)!r} is there already: choose another name, or write over it with --force "
        "(in Python force=True)"
    )


def _unwritable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput(
        f"{str(path)!r} cannot be written ({error.strerror or type(error).__name__}): choose "
        "another place"
    )
