"""Reading a document field by field, so that what is wrong is told by its path.

A *turn* makes of what a field holds what the record wants, or raises ``TypeError``, ``ValueError``
or ``KeyError``; here each of these becomes a :class:`Fault` that names the field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from parzen.shared.plain import shown

Turned = TypeVar("Turned")
Default = TypeVar("Default")
Option = TypeVar("Option", bound=Enum)
Record = TypeVar("Record")

Stored = Mapping[str, Any]
Turn = Callable[[Any], Turned]


class Fault(ValueError):
    """What is wrong in a document, and where: ``dimensions[0].kind``."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


def required(d: Stored, name: str, turn: Turn[Turned]) -> Turned:
    """The field ``name``, turned; a KeyError where it is missing."""
    return at(name, turn, d[name])


def optional(d: Stored, name: str, turn: Turn[Turned], default: Any = None) -> Any:
    """The field ``name``, turned, or ``default`` where it is missing or null."""
    found = d.get(name)
    return default if found is None else at(name, turn, found)


def at(where: str, turn: Turn[Turned], found: Any) -> Turned:
    """What ``turn`` makes of ``found``; a Fault of it says ``where``."""
    try:
        return turn(found)
    except Fault as fault:
        joint = "" if fault.where.startswith("[") else "."
        raise Fault(f"{where}{joint}{fault.where}", fault.why) from None
    except KeyError as error:
        raise Fault(where, f"lacks the field {error.args[0]!r}") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise Fault(where, str(error)) from None


def text(found: Any) -> str:
    """A string."""
    if not isinstance(found, str):
        raise TypeError(f"expected a string, not {shown(found)}")
    return found


def whole(found: Any) -> int:
    """An integer, or a float that stands for one."""
    if isinstance(found, bool) or not isinstance(found, (int, float)) or found != int(found):
        raise TypeError(f"expected a whole number, not {shown(found)}")
    return int(found)


def number(found: Any) -> float:
    """A number."""
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        raise TypeError(f"expected a number, not {shown(found)}")
    return found


def mapping(found: Any) -> Mapping[str, Any]:
    """An object."""
    if type(found) is not dict and not isinstance(found, Mapping):  # the first is much faster
        raise TypeError(f"expected an object, not {shown(found)}")
    return found


def one_of(options: type[Option]) -> Turn[Option]:
    """One of the values of an enum."""
    return _one_of(options)


@cache
def _one_of(options: type[Any]) -> Turn[Any]:
    by_value = {option.value: option for option in options}

    def turn(found: Any) -> Any:
        if not isinstance(found, str) or found not in by_value:
            raise ValueError(f"expected one of {', '.join(by_value)}, not {shown(found)}")
        return by_value[found]

    return turn


def part(d: Stored, path: str, of: type[Turned], otherwise: Default) -> Turned | Default:
    """What stands at the dotted ``path``; ``otherwise`` where that is missing or no ``of``."""
    found: Any = d
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, of) and not isinstance(found, bool) else otherwise


def objects(d: Stored, name: str) -> list[Stored]:
    """Those items of an array that are objects; none where it is no array."""
    return [item for item in part(d, name, list, []) if isinstance(item, Mapping)]


def listed(turn: Turn[Turned]) -> Turn[tuple[Turned, ...]]:
    """An array, each of its items turned."""

    def each(found: Any) -> tuple[Turned, ...]:
        if not isinstance(found, (list, tuple)):
            raise TypeError(f"expected a list, not {shown(found)}")
        try:
            return tuple([turn(item) for item in found])
        except (TypeError, ValueError, KeyError, OverflowError):  # which one it was is told now
            return tuple(at(f"[{i}]", turn, item) for i, item in enumerate(found))

    return each


def counted(options: type[Option]) -> Turn[dict[Option, Any]]:
    """An object whose keys are values of an enum."""
    turn = one_of(options)
    return lambda found: {turn(key): value for key, value in mapping(found).items()}


def as_it_is(found: Any) -> Any:
    """Whatever it is: its type is looked at later."""
    return found


def record(of: type[Record], d: Any, **turns: Turn[Any]) -> Record:
    """The dataclass ``of`` from the fields found in ``d``, some turned; defaults for the rest."""
    found = mapping({} if d is None else d)
    known, needed = _fields(of)  # type: ignore[arg-type]  # types hash
    for name in needed:
        if name not in found:
            raise KeyError(name)
    return of(
        **{
            name: at(name, turns[name], found[name])
            if name in turns and found[name] is not None
            else found[name]
            for name in known
            if name in found
        }
    )


@cache
def _fields(of: type[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a dataclass's fields, and those without a default."""
    named = fields(of)
    plain = (f.name for f in named if f.default is MISSING and f.default_factory is MISSING)
    return tuple(f.name for f in named), tuple(plain)
