"""The variables that a callable carries along when it is pickled by value, by name."""

from __future__ import annotations

import dis
import functools
import itertools
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

DEEPEST = 3
"""How many containers deep sizes are added up."""

SAMPLE = 10_000
"""A longer list is measured by its first so many items."""

BUFFERS = (str, bytes, bytearray, dict, list, tuple, set, frozenset)

ATOMS = (type(None), bool, int, float, complex)

CACHED = type(functools.lru_cache(len))
"""What functools.cache and lru_cache return: no function, but a wrapper around one."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One captured variable: how its owner calls it, and what it holds."""

    name: str
    value: Any
    size: int
    """About how many bytes it becomes when it is pickled, without attributes noted apart."""

    def __str__(self) -> str:
        return f"{self.name!r} ({human(self.size)} of {type(self.value).__name__})"


def human(size: float) -> str:
    """A number of bytes for people: ``1.5 MiB``."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:  # noqa: PLR2004 - the binary units' own base
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def by_value(thing: object, modules: AbstractSet[str]) -> bool:
    """Whether cloudpickle writes this function or class out, rather than its name.

    ``modules`` are those registered to be pickled by value.
    """
    home = sys.modules.get(getattr(thing, "__module__", None) or "")
    if home is None or home.__name__ == "__main__" or home.__name__ in modules:
        return True
    found: Any = home
    for part in str(getattr(thing, "__qualname__", "")).split("."):
        found = getattr(found, part, None)
    return found is not thing


def functions(
    roots: Mapping[str, object], modules: AbstractSet[str]
) -> tuple[list[types.CodeType], list[Variable]]:
    """The code that travels by value from ``roots``, and all variables that it captures."""
    walk = _Walk(modules)
    for name, root in roots.items():
        walk.visit(name, root)
    return walk.codes, walk.variables


class _Walk:
    def __init__(self, modules: AbstractSet[str]) -> None:
        self.modules = modules
        self.codes: list[types.CodeType] = []
        self.variables: list[Variable] = []
        self._seen: dict[int, object] = {}

    def visit(self, name: str, thing: object) -> None:
        """Follow ``thing`` where it has variables of its own; note it where it is one."""
        if id(thing) in self._seen or isinstance(thing, ATOMS):
            return
        self._seen[id(thing)] = thing
        if isinstance(thing, functools.partial):
            self._partial(name, thing)
        elif isinstance(thing, types.MethodType):
            self.visit(f"{thing.__func__.__name__}'s self", thing.__self__)
            self.visit(name, thing.__func__)
        elif isinstance(thing, CACHED) and by_value(thing, self.modules):
            self.visit(name, thing.__wrapped__)
        elif isinstance(thing, (types.FunctionType, type)):
            self._definition(thing)
        elif isinstance(getattr(thing, "__qualname__", None), str) and not by_value(
            thing, self.modules
        ):
            self._note(name, thing, 0)
        else:
            self._instance(name, thing)

    def _partial(self, name: str, thing: functools.partial[Any]) -> None:
        self.visit(name, thing.func)
        for index, value in enumerate(thing.args):
            self.visit(f"argument {index} of {name}", value)
        for key, value in thing.keywords.items():
            self.visit(key, value)

    def _definition(self, thing: types.FunctionType | type) -> None:
        if not by_value(thing, self.modules):
            self._note(thing.__qualname__, thing, 0)
        elif isinstance(thing, type):
            for name, value in list(vars(thing).items()):
                inner = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
                if isinstance(inner, types.FunctionType) or not name.startswith("__"):
                    self.visit(f"{thing.__name__}.{name}", inner)
        else:
            self._function(thing)

    def _function(self, thing: types.FunctionType) -> None:
        codes = list(nested(thing.__code__))
        self.codes.extend(codes)
        for name in dict.fromkeys(itertools.chain.from_iterable(map(_global_names, codes))):
            if name in thing.__globals__:
                self.visit(name, thing.__globals__[name])
        for name, cell in zip(thing.__code__.co_freevars, thing.__closure__ or (), strict=False):
            self.visit(name, _contents(cell))
        positional = thing.__code__.co_varnames[: thing.__code__.co_argcount]
        defaults = thing.__defaults__ or ()
        for name, value in zip(
            positional[len(positional) - len(defaults) :], defaults, strict=True
        ):
            self.visit(name, value)
        for name, value in (thing.__kwdefaults__ or {}).items():
            self.visit(name, value)

    def _instance(self, name: str, thing: object) -> None:
        kind, root = type(thing), name in ("objective", "setup") or name.endswith("self")
        if isinstance(thing, (list, tuple, dict)):
            for item in thing.values() if isinstance(thing, dict) else thing:
                if isinstance(item, types.ModuleType) or hasattr(item, "__qualname__"):
                    self.visit(name, item)
        if isinstance(thing, types.ModuleType) or not (root or by_value(kind, self.modules)):
            self._note(name, thing, pickled_size(thing))
            return
        own = hasattr(thing, "nbytes") or isinstance(thing, BUFFERS)
        self._note(name, thing, pickled_size(thing) if own else 0)  # its attributes come apart
        self.visit(kind.__qualname__, kind)
        owner = "self" if root else name
        for key, value in list(getattr(thing, "__dict__", {}).items()):
            self.visit(f"{owner}.{key}", value)

    def _note(self, name: str, thing: object, size: int) -> None:
        self.variables.append(Variable(name, thing, size))


def _contents(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # never filled, so that nothing travels


def nested(code: types.CodeType) -> Iterator[types.CodeType]:
    """``code`` and all code defined within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from nested(constant)


def _global_names(code: types.CodeType) -> Iterator[str]:
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(step.argval)


def imported_names(codes: list[types.CodeType]) -> Iterator[str]:
    """The absolute module names that ``codes`` import when they run."""
    for code in codes:
        steps = [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]
        for level, names, step in zip(steps, steps[1:], steps[2:], strict=False):
            if step.opname == "IMPORT_NAME" and level.argval == 0:
                yield str(step.argval)
                yield from (f"{step.argval}.{name}" for name in names.argval or ())


def pickled_size(value: object, depth: int = DEEPEST) -> int:
    """About how many bytes ``value`` becomes; nothing is copied or pickled to find out."""
    return _size(value, depth, set())


def _size(value: object, depth: int, seen: set[int]) -> int:
    if isinstance(value, ATOMS):
        return 9
    if id(value) in seen:
        return 2
    seen.add(id(value))
    if isinstance(value, (types.ModuleType, types.FunctionType, type)):
        return 50
    if isinstance(value, (str, bytes, bytearray)):
        return len(value)
    nbytes = getattr(value, "nbytes", None)
    if isinstance(nbytes, int):
        return nbytes
    return _container_size(value, depth, seen)


def _container_size(value: object, depth: int, seen: set[int]) -> int:
    if isinstance(value, dict):
        items = itertools.chain(value.keys(), value.values())
        return 10 + _sum(items, 2 * len(value), depth, seen)
    if isinstance(value, (list, tuple, set, frozenset)):
        return 10 + _sum(iter(value), len(value), depth, seen)
    try:
        own = sys.getsizeof(value)
    except Exception:  # noqa: BLE001 - __sizeof__ is the user's code; a lower bound will do
        own = 0
    parts = list(getattr(value, "__dict__", {}).values())
    return own + _sum(iter(parts), len(parts), depth, seen)


def _sum(items: Iterator[object], count: int, depth: int, seen: set[int]) -> int:
    if depth == 0 or count == 0:
        return count
    measured = min(count, SAMPLE)
    total = sum(_size(item, depth - 1, seen) for item in itertools.islice(items, measured))
    return total * count // measured


def largest(variables: list[Variable], count: int = 3) -> list[Variable]:
    """The ``count`` largest, largest first, without those that hardly matter."""
    ranked = sorted(variables, key=lambda variable: variable.size, reverse=True)[:count]
    return [variable for variable in ranked if variable.size * 100 > ranked[0].size]


def unpicklable(
    variables: list[Variable], attempt: Callable[[object], object]
) -> tuple[Variable, Exception] | None:
    """The innermost variable that ``attempt`` cannot pickle, with the reason."""
    for variable in reversed(variables):
        if (fault := _fault(variable.value, attempt)) is not None:
            return variable, fault
    return None


def _fault(value: object, attempt: Callable[[object], object]) -> Exception | None:
    try:
        attempt(value)
    except Exception as fault:  # noqa: BLE001 - __reduce__ is the user's code: it may raise anything
        return fault
    return None
