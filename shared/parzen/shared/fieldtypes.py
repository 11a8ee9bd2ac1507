"""Whether a record's fields hold what their annotations say, wherever they were read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import is_dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any, NewType, TypeVar, get_args, get_origin, get_type_hints

from parzen.shared.dimensions import Plain

Record = TypeVar("Record")

Turn = Callable[[Any, str], Any]
"""Gives the value back, an integer where 3.0 stands for one; raises where its type is wrong."""

NOTHING = type(None)

NAMES: Mapping[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a string",
    bool: "true or false",
    datetime: "a date",
}


def typed(record: Record, where: str = "") -> Record:
    """``record``, the records in it too, once every field has its annotation's type.

    An integer passes for a float; a float without a fraction becomes the integer it stands for.
    ``where`` begins the path of a field, for the sentence.

    Raises:
        TypeError: a field holds something else.
    """
    changes = {}
    for name, good, turn in _turns(type(record)):  # type: ignore[arg-type]  # types hash
        found = getattr(record, name)
        if type(found) not in good:
            turned = turn(found, f"{where}{name}")
            if turned is not found:
                changes[name] = turned
    return replace(record, **changes) if changes else record  # type: ignore[type-var]


@cache
def _turns(of: type) -> tuple[tuple[str, frozenset[type], Turn], ...]:
    """Of each checked field: its name, the types that need no second look, and its turn."""
    found = ((name, *_plain(hint)) for name, hint in _hints(of).items())
    turns = ((name, hint, optional, _turn(hint)) for name, hint, optional in found)
    return tuple(
        (name, _good(hint, optional), turn)
        for name, hint, optional, turn in turns
        if turn is not None
    )


def _hints(of: type) -> dict[str, Any]:
    # an alias that names itself is looked up where the record stands, not where the alias does
    return get_type_hints(of, localns={"Plain": Plain})


def _plain(hint: Any) -> tuple[Any, bool]:
    """What ``hint`` allows beside None, without its new name, and whether it allows None."""
    allowed = [h for h in get_args(hint) if h is not NOTHING]
    optional = len(allowed) == 1 and NOTHING in get_args(hint)
    hint = allowed[0] if optional else hint
    return (hint.__supertype__ if isinstance(hint, NewType) else hint), optional


def _good(hint: Any, optional: bool) -> frozenset[type]:
    exact = {hint} if isinstance(hint, type) and not is_dataclass(hint) else set()
    if get_origin(hint) is Mapping and _turn(_plain(get_args(hint)[1])[0]) is None:
        exact = {dict}  # the values may be anything
    return frozenset(exact | ({NOTHING} if optional else set()))


def _turn(hint: Any) -> Turn | None:
    """How a value under ``hint`` is checked; None where it may be anything."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple and inner[-1] is ...:
        return partial(_each, _turn(_plain(inner[0])[0]))
    if origin is Mapping:
        return partial(_values, _turn(_plain(inner[1])[0]))
    if hint is Any or not isinstance(hint, type) or origin is not None:
        return None
    return partial(_nested if is_dataclass(hint) else _scalar, hint)


def _scalar(of: type, found: Any, where: str) -> Any:
    if of is int and isinstance(found, float) and found.is_integer():
        return int(found)
    allowed = (int, float) if of is float else of
    if not isinstance(found, allowed) or (isinstance(found, bool) and of is not bool):
        raise TypeError(f"{where}: expected {NAMES.get(of, of.__name__)}, not {found!r}")
    return found


def _nested(of: type, found: Any, where: str) -> Any:
    if not isinstance(found, of):
        raise TypeError(f"{where}: expected {of.__name__}, not {found!r}")
    return typed(found, f"{where}.")


def _each(turn: Turn | None, found: Any, where: str) -> Any:
    if not isinstance(found, tuple):
        raise TypeError(f"{where}: expected a list, not {found!r}")
    if turn is None:
        return found
    turned = tuple(turn(value, f"{where}[{i}]") for i, value in enumerate(found))
    return found if all(map(_same, turned, found)) else turned


def _values(turn: Turn | None, found: Any, where: str) -> Any:
    if not isinstance(found, Mapping):
        raise TypeError(f"{where}: expected an object, not {found!r}")
    if turn is None:
        return found
    turned = {key: turn(value, f"{where}.{_key(key)}") for key, value in found.items()}
    return found if all(map(_same, turned.values(), found.values())) else turned


def _same(a: object, b: object) -> bool:
    return a is b


def _key(key: Any) -> str:
    return str(getattr(key, "value", key))
