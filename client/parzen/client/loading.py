"""Finding the Study that a file or a module declares."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from parzen.client.study import Study
from parzen.shared.errors import InvalidStudy, NotFound, ParzenError


def load(target: str) -> Study:
    """The study that ``target`` names: "path/to/file.py:study" or "package.module:study".

    The file's directory stays on ``sys.path``, for what it imports later. What is named is a Study,
    or a function without arguments that returns one.

    Raises:
        InvalidStudy: the text, the file or what it declares is wrong.
        NotFound: there is no such file, or module.
    """
    origin, colon, name = target.rpartition(":")
    if not colon or not origin or not name.isidentifier():
        raise _unnamed(target, origin if colon else target)
    is_file = origin.endswith(".py") or os.sep in origin
    module = _file(Path(origin)) if is_file else _module(origin)
    study = _study(module, name, origin)
    if is_file:
        study.main_file = Path(origin).resolve()
    return study


def _unnamed(target: str, origin: str) -> InvalidStudy:
    """That no study is named; where ``origin`` is a file, with those that it declares."""
    said = f"{target!r} names no study"
    if not origin.endswith(".py") or not Path(origin).is_file():
        return InvalidStudy(f"{said}: write path/to/file.py:study or package.module:study")
    found = _declared(_file(Path(origin)))
    if not found:
        return InvalidStudy(f"{said}, and the file declares no Study: write one into it")
    return InvalidStudy(f"{said}: write {' or '.join(f'{origin}:{name}' for name in found)}")


def _file(path: Path) -> ModuleType:
    if not path.is_file():
        raise NotFound(f"there is no file {path}: give the path of the file with your study")
    name = path.stem
    if not name.isidentifier():
        raise InvalidStudy(f"{path.name} cannot be imported: rename it to a Python name")
    if name in sys.modules or name in sys.stdlib_module_names:
        raise InvalidStudy(f"{path.name} hides the module {name!r} of Python: rename the file")
    sys.path.insert(0, str(path.resolve().parent))
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise InvalidStudy(f"{path} cannot be imported: it is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise _broken(str(path), error) from error
    return module


def _module(name: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")):
        raise InvalidStudy(
            f"{name!r} is no module: write path/to/file.py:study or package.module:study"
        )
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name + ".").startswith(error.name + "."):
            raise NotFound(
                f"there is no module {name!r}: install it, call from its directory, or give "
                "path/to/file.py:study"
            ) from error
        raise _broken(name, error) from error
    except (Exception, SystemExit) as error:
        raise _broken(name, error) from error


def _study(module: ModuleType, name: str, origin: str) -> Study:
    try:
        found: Any = getattr(module, name)
    except AttributeError:
        raise InvalidStudy(f"{origin} has no {name!r}: {_hint(module)}") from None
    if callable(found) and not isinstance(found, Study):
        needed = _needed(found)
        if needed:
            raise InvalidStudy(
                f"{origin}:{name} takes arguments ({', '.join(needed)}) and is no Study: expected "
                f"a Study, or a function without arguments that returns one; {_hint(module)}"
            )
        found = _called(found, origin)
    if not isinstance(found, Study):
        raise InvalidStudy(
            f"{origin}:{name} is {type(found).__name__}: expected a Study, or a function that "
            "returns one"
        )
    return found


def _declared(module: ModuleType) -> list[str]:
    return sorted(name for name, value in vars(module).items() if isinstance(value, Study))


def _hint(module: ModuleType) -> str:
    return f"it declares {', '.join(_declared(module)) or 'no Study'}"


def _needed(function: Any) -> list[str]:
    """The names of what it cannot be called without."""
    try:
        given = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C, and it does not tell
        return []
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p.name for p in given if p.default is p.empty and p.kind not in optional]


def _called(function: Any, origin: str) -> Any:
    try:
        return function()
    except (Exception, SystemExit) as error:
        raise _broken(origin, error) from error


def _broken(origin: str, error: BaseException) -> ParzenError:
    """One sentence with the line of the user's file that failed; parzen's own errors keep kind."""
    file = Path(origin).resolve()
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename) == file]
    place = f"{origin}, line {lines[-1]}" if lines else origin
    if isinstance(error, ParzenError):
        return type(error)(f"{place}: {error}")
    said = " ".join(str(error).split())
    return InvalidStudy(f"{place} cannot be loaded: {type(error).__name__}: {said}")
