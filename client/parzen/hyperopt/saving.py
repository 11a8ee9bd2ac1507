"""Trials in a file: written whole or not at all, and read from where Hyperopt wrote them, too."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import cloudpickle

from parzen.hyperopt.trials import Trials
from parzen.shared.errors import InvalidInput

THEIRS = "hyperopt"
"""The package whose classes a file may name: ours stand for them."""


class _Unpickler(pickle.Unpickler):
    """Takes Hyperopt's classes for ours of the same names."""

    def find_class(self, module: str, name: str) -> Any:
        top, dot, rest = module.partition(".")
        ours = f"parzen.{THEIRS}{dot}{rest}" if top == THEIRS else module
        return super().find_class(ours, name)


def save(trials: Any, path: str | os.PathLike[str]) -> None:
    """Write ``trials`` to the file ``path``; whoever reads it finds them before or after.

    Raises:
        InvalidInput: the file cannot be written, or the trials hold what no file can.
    """
    target = Path(path)
    try:
        data = cloudpickle.dumps(trials)
    except Exception as error:
        raise InvalidInput(
            f"trials_save_file={str(target)!r} cannot hold the trials ({error}): let the objective "
            "return what can be pickled"
        ) from error
    try:
        _replace(target, data)
    except OSError as error:
        raise InvalidInput(
            f"trials_save_file={str(target)!r} cannot be written ({error.strerror}): choose "
            "another file"
        ) from error


def _replace(target: Path, data: bytes) -> None:
    """Write beside ``target`` first, so that it is never seen half-written."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def load(path: str | os.PathLike[str]) -> Trials:
    """The trials in the file ``path``: this unpickles, so the file must be one's own.

    Raises:
        InvalidInput: it holds no trials.
    """
    try:
        found = _Unpickler(io.BytesIO(Path(path).read_bytes())).load()
    except Exception as error:
        raise InvalidInput(
            f"trials_save_file={os.fspath(path)!r} cannot be read ({type(error).__name__}: "
            f"{error}): name another file, or move this one away to begin anew"
        ) from error
    if not hasattr(found, "_dynamic_trials"):
        raise InvalidInput(
            f"trials_save_file={os.fspath(path)!r} holds a {type(found).__name__}, expected "
            "Trials: name another file"
        )
    found.refresh()
    return found  # type: ignore[no-any-return]  # a pickle may hold anything
