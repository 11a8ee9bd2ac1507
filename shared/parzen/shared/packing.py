"""What goes into a bundle: pickled within a limit, and refused by name where it cannot travel."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from parzen.shared import plainspace
from parzen.shared.building import constants
from parzen.shared.captured import (
    Variable,
    functions,
    human,
    imported_names,
    largest,
    unpicklable,
)
from parzen.shared.errors import InvalidObjective, InvalidSpace
from parzen.shared.modules import (
    OURS,
    Packages,
    Travelling,
    imports,
    is_installed,
    packages,
    root_of,
    travelling,
)
from parzen.shared.pickling import TooLarge, by_value_modules, dumps
from parzen.shared.signatures import (
    PICKLE,
    check_entry,
    check_setup,
    check_shares,
    takes_trial,
)
from parzen.shared.space import Space

EARLY = 4
"""Refuse before pickling where what is captured measures this many times the limit; what is nearer
to it is decided by the pickle itself, since measures are rough."""

ADVICE = "load large data in setup(), or read it by its path in the objective"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The parts of a bundle, before they are written.

    ``payload`` is None where nothing needs a pickle; then ``space`` holds the space.
    """

    entry: str
    setup: str | None
    takes_trial: bool | None
    has_setup: bool
    pickled: bool
    payload: bytes | None
    space: bytes | None
    files: Mapping[str, bytes]
    packages: Packages


def make_parcel(
    objective: Callable[..., Any] | str,
    space: Space,
    setup: Callable[[], Any] | str | None,
    main_file: Path | None,
    limit_bytes: int,
) -> Parcel:
    """Check and gather everything; see :func:`parzen.shared.bundle.build` for the arguments."""
    with_trial = _check(objective, setup)
    called = {"objective": objective, "setup": setup}
    roots = {role: it for role, it in called.items() if it is not None and not isinstance(it, str)}
    submitted = submitted_file(main_file, [*roots.values()])
    modules = _modules_of(submitted)
    walked = roots | {"a constant of the space": list(constants(space.plan))}
    codes, variables = functions(walked, modules)
    _refuse_huge(variables, limit_bytes)
    entry = objective if isinstance(objective, str) else PICKLE
    content = {
        "objective": None if isinstance(objective, str) else objective,
        "setup": setup,
        "space": space,
    }
    plain = None if roots else _plain(space, limit_bytes)
    payload = None
    if plain is None:
        with by_value_modules(modules):
            payload = _pickle(content, space, variables, limit_bytes)
    entries = [it for it in called.values() if isinstance(it, str)]
    needed = _imported(codes, variables, entries) - modules - {"__main__"}
    found = _files(submitted, [*roots.values()], needed)
    files = {name: path.read_bytes() for name, path in found.files.items()}
    _refuse_large_files(files, limit_bytes - len(payload or plain or b""))
    return Parcel(
        entry=entry,
        setup=setup if isinstance(setup, str) else None,
        takes_trial=with_trial,
        has_setup=setup is not None,
        pickled=bool(roots),
        payload=payload,
        space=plain,
        files=files,
        packages=packages(found.needed),
    )


def _check(objective: object, setup: object) -> bool | None:
    """Whether the objective takes the trial; None where only its worker can tell."""
    if isinstance(setup, str):
        check_entry(setup, "setup")
    elif setup is not None:
        check_setup(setup)  # type: ignore[arg-type]  # it finds out whether it is callable
    if isinstance(objective, str):
        check_entry(objective)
        return None
    with_trial = takes_trial(objective)  # type: ignore[arg-type]  # it finds out whether it is callable
    check_shares(has_setup=setup is not None, with_trial=with_trial, objective=objective)
    return with_trial


def submitted_file(main_file: Path | None, called: Sequence[object]) -> Path | None:
    """The user's own file: ``main_file``, else where ``called`` stand, else the running script.

    Raises:
        InvalidObjective: ``main_file`` is not a file.
    """
    if main_file is not None:
        if not main_file.is_file():
            raise InvalidObjective(f"there is no file {str(main_file)!r} to submit")
        return main_file.resolve()
    for module in [*map(_module_name, called), "__main__"]:
        if (path := _source(module)) is not None:
            return path
    return None


def _module_name(thing: object) -> str:
    while isinstance(thing, functools.partial):
        thing = thing.func
    if not inspect.isroutine(thing) and not isinstance(thing, type):
        thing = type(thing)
    return getattr(thing, "__module__", None) or "__main__"


def _source(module: str) -> Path | None:
    """The user's own file of that name; None for what every worker has anyway."""
    if module.partition(".")[0] in OURS:
        return None
    file = getattr(sys.modules.get(module), "__file__", None)
    if not file or not Path(file).is_file() or is_installed(Path(file)):
        return None
    return Path(file).resolve()


def _modules_of(file: Path | None) -> frozenset[str]:
    """The imported modules that are this very file, but for ``__main__``."""
    return frozenset(
        name
        for name, module in list(sys.modules.items())
        if name != "__main__" and file is not None and _is_file(name, module, file)
    )


def _is_file(name: str, module: object, file: Path) -> bool:
    path = getattr(module, "__file__", None)
    if not isinstance(path, str) or getattr(module, "__name__", None) != name:
        return False
    return Path(path).name == file.name and Path(path).resolve() == file


def _plain(space: Space, limit: int) -> bytes | None:
    """The space as JSON; None where only a pickle can carry it."""
    plain = plainspace.written(space)
    if plain is not None and len(plain) > limit:
        raise _large_space(limit)
    return plain


def _large_space(limit: int) -> InvalidSpace:
    return InvalidSpace(
        f"the constants and options of the space are larger than {human(limit)}, which is the "
        f"limit of a bundle; {ADVICE}"
    )


def _pickle(content: object, space: Space, variables: list[Variable], limit: int) -> bytes:
    try:
        dumps(space, limit)
    except TooLarge as fault:
        raise _large_space(limit) from fault
    except Exception as fault:
        raise InvalidSpace(
            f"a constant or option of the space cannot be pickled ({fault}); make it in the "
            "objective instead"
        ) from fault
    try:
        return dumps(content, limit)
    except TooLarge as fault:
        raise _too_large(variables, limit) from fault
    except Exception as fault:
        raise _cannot_travel(variables, limit, fault) from fault


def _refuse_huge(variables: list[Variable], limit: int) -> None:
    """Before anything is pickled, so that nothing large is ever copied."""
    if sum(variable.size for variable in variables) > EARLY * limit:
        raise _too_large(variables, limit)


def _too_large(variables: list[Variable], limit: int) -> InvalidObjective:
    named = ", ".join(map(str, largest(variables)))
    holds = (
        f"its largest captured variables are {named}" if named else "it captures nothing by name"
    )
    return InvalidObjective(
        f"the objective is larger than {human(limit)}, which is the limit of a bundle: {holds}; "
        f"{ADVICE}"
    )


def _cannot_travel(variables: list[Variable], limit: int, fault: Exception) -> InvalidObjective:
    culprit = unpicklable(variables, functools.partial(dumps, limit=limit))
    if culprit is None:
        return InvalidObjective(f"the objective cannot be pickled: {fault}")
    variable, cause = culprit
    return InvalidObjective(
        f"the objective captures {variable.name!r} ({type(variable.value).__name__}), which cannot "
        f"travel to a worker: {cause}; make it in setup(), or inside the objective"
    )


def _imported(
    codes: list[CodeType], variables: list[Variable], entries: list[str]
) -> frozenset[str]:
    """The dotted names of the modules that what is pickled imports on the worker."""
    names = {*imported_names(codes), *(entry.partition(":")[0] for entry in entries)}
    for variable in variables:
        value = variable.value
        home = value.__name__ if inspect.ismodule(value) else getattr(value, "__module__", None)
        names |= {name for name in (home, type(value).__module__) if isinstance(name, str)}
    return frozenset(names)


def _files(submitted: Path | None, called: Sequence[object], needed: frozenset[str]) -> Travelling:
    root = Path.cwd() if submitted is None else root_of(submitted)
    possible = set[str]()
    if submitted is not None and called:
        package = submitted.relative_to(root).parts[:-1]
        possible |= imports(submitted, package).possible | set(package[:1])
    own = [path for path in map(_source, map(_module_name, called)) if path is not None]
    return travelling([root, *map(root_of, own)], possible, needed)


def _refuse_large_files(files: Mapping[str, bytes], limit: int) -> None:
    total = sum(map(len, files.values()))
    if total > limit:
        first = max(files, key=lambda name: len(files[name]))
        raise InvalidObjective(
            f"the {len(files)} files that travel with the objective hold {human(total)}, the "
            f"largest is {first!r}; that is over the limit of a bundle: install them on the "
            "workers instead"
        )
