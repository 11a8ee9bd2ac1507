"""The code that a trial's container is given: parzen's own for the child, and what that imports.

It is copied from the agent's installation, whatever kind that is, so that any user can read it,
and so that an installation which is replaced while the agent runs does not mix with it.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from parzen.worker.containers import inside

OURS = ("parzen.shared", "parzen.worker")
"""The rooms that a child needs; of each what lies at its top, and in the folders named below."""

FOLDERS = ("executor", "containers")

CHILDS = ("cloudpickle", *(("importlib_metadata", "zipp") if sys.version_info < (3, 11) else ()))
"""What these import beside Python's own; an image may bring its own version."""


def copy_code(into: Path) -> Path:
    """Put the code below the folder ``into``; the file with which a container begins."""
    for room in OURS:
        for source, place in _modules(room):
            _copy(source, into / inside.FIRST / place)
    for package in CHILDS:
        for source, place in _modules(package):
            _copy(source, into / inside.LAST / place)
    begin = into / "inside.py"
    _copy(Path(inside.__file__), begin)
    for path in (into, *into.rglob("*")):  # whatever this process's umask
        path.chmod(0o755 if path.is_dir() else 0o644)
    return begin


def _modules(package: str) -> Iterator[tuple[Path, Path]]:
    """The files of a package, each with its place below an entry of ``sys.path``."""
    spec = importlib.util.find_spec(package)
    ours = package in OURS
    for folder in map(Path, (spec and spec.submodule_search_locations) or ()):
        for source in folder.rglob("*.py"):
            inner = source.relative_to(folder)
            if not ours or len(inner.parts) == 1 or inner.parts[0] in FOLDERS:
                yield source, Path(*package.split("."), inner)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
