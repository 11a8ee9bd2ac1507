"""What a launch leaves in the data directory: the script, and a private file with the address."""

from __future__ import annotations

import re
import time
from pathlib import Path

from parzen.shared.errors import InvalidInput
from parzen.shared.home import StoreAddress
from parzen.shared.private import read_private, write_private

WHAT = "the store's file"


def folder(where: StoreAddress) -> Path:
    """Where the scripts, and by default the logs, of a data directory lie."""
    return where.home / "slurm"


def store_file(where: StoreAddress) -> tuple[Path, bool]:
    """The private file that holds the store's address, and whether it must be written first.

    It is the file that the user named, unless that was a shell's ``<(…)``, or one of a former
    launch with the same address.

    Raises:
        InvalidInput: no store is named, or a file of a former launch cannot be read.
    """
    if where.store is None:
        raise InvalidInput(
            "no store is named, and the embedded server is for this machine only: name a MongoDB "
            "that the nodes can reach with PARZEN_STORE, PARZEN_STORE_FILE or --store-file"
        )
    if where.file is not None and where.file.is_file():
        return where.file, False
    n = 1
    while (path := folder(where) / f"store{'' if n == 1 else f'-{n}'}.uri").exists():
        if read_private(path, WHAT).strip() == where.store.strip():
            return path, False
        n += 1
    return path, True


def make(path: Path) -> None:
    """Make a directory that only its owner can enter, where there is none.

    Raises:
        InvalidInput: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise InvalidInput(
            f"the directory {str(path)!r} cannot be made ({error.strerror or error}): name another "
            "one with --output or --data-dir"
        ) from error


def keep_store(where: StoreAddress, path: Path) -> None:
    """Write the store's address into ``path``, for its owner alone.

    Raises:
        InvalidInput: it cannot be written.
    """
    assert where.store is not None  # noqa: S101 - store_file() has seen to it
    write_private(path, WHAT, f"{where.store.strip()}\n")


def script_file(where: StoreAddress, job_name: str) -> Path:
    """A new name for a script."""
    stem = re.sub(r"[^\w.-]+", "-", job_name).strip("-.") or "parzen"
    stamp, n = time.strftime("%Y%m%d-%H%M%S"), 1
    while (path := folder(where) / f"{stem}-{stamp}{'' if n == 1 else f'-{n}'}.sh").exists():
        n += 1
    return path
