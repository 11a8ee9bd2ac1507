"""What an objective returned, made into an outcome that a database can hold.

The loss is any real scalar (see :mod:`parzen.worker.scalar`); what stands beside it is turned
into BSON's own types, or refused by its key and type.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from parzen.shared.errors import InvalidResult
from parzen.shared.plain import cut
from parzen.shared.records import Completed, Direction
from parzen.worker.scalar import scalar, unwrapped

RESULT_BYTES = 1 << 20
"""How large, about, the dict beside the loss may be; larger things are attachments."""

DEPTH = 50
"""How deep it may nest; BSON ends at 100, and a structure that holds itself never ends."""

INT64 = 1 << 63


def normalise(returned: object, direction: Direction) -> Completed:
    """The outcome of an objective that ``returned`` this.

    Args:
        returned: a real scalar, or a dict that holds one under ``loss`` (``value`` where the
            direction is maximize) beside anything that a document can hold.
        direction: the study's.

    Raises:
        InvalidResult: it is no finite number, or cannot be stored; says what to return instead.
    """
    key = "loss" if direction is Direction.MINIMIZE else "value"
    if not isinstance(returned, Mapping):
        return Completed(value=_number(returned, "the objective's return value", key))
    if key not in returned:
        raise InvalidResult(_missing(returned, key, direction))
    number = _number(returned[key], f"the objective's {key!r}", key)
    rest = {name: value for name, value in returned.items() if name != key}
    return Completed(value=number, result=plain(rest))


def storable(value: float, result: Mapping[Any, Any]) -> Completed:
    """The outcome of a child that says it got this: whatever wrote it, a database can hold it.

    Raises:
        InvalidResult: it cannot; a child's own code would have said so.
    """
    if not math.isfinite(value):
        raise InvalidResult(f"the loss is {value}, expected a finite number")
    return Completed(value=value, result=plain(result))


def plain(result: Mapping[Any, Any]) -> dict[str, Any]:
    """What stands beside a loss, or in its place, in BSON's own types.

    Raises:
        InvalidResult: it cannot be stored; says what to do instead.
    """
    return _plain_dict(result, "result", 0, _Budget())


def _missing(returned: Mapping[Any, Any], key: str, direction: Direction) -> str:
    other = "value" if key == "loss" else "loss"
    if other in returned:
        return (
            f"the objective returned a dict with {other!r} but the study's direction is "
            f"{direction.value}: use {key!r}"
        )
    names = ", ".join(repr(name) for name in list(returned)[:5]) or "nothing"
    return f"the objective returned a dict without {key!r} (it holds {names}): add it"


def _number(value: object, what: str, key: str) -> float:
    expected = f"expected a finite real number, or a dict with {key!r}"
    if value is None:
        raise InvalidResult(f"{what} is None, {expected}: did the objective forget to return?")
    number = scalar(value)
    if number is None:
        raise InvalidResult(f"{what} is {_shown(value)}, {expected}")
    if not math.isfinite(number):
        raise InvalidResult(
            f"{what} is {number}, {expected}: return a large penalty, or raise, where it diverges"
        )
    return number


def _shown(value: object) -> str:
    shape = getattr(value, "shape", None)
    if shape:
        return f"a {type(value).__name__} of shape {tuple(shape)}"
    if isinstance(value, (str, bool, complex)):
        text = repr(value)
        return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - a short sentence
    return f"a {type(value).__name__}"


class _Budget:
    """What is left of ``RESULT_BYTES``; a rough count, as BSON would need it."""

    def __init__(self) -> None:
        self.left = RESULT_BYTES

    def spend(self, size: int, where: str) -> None:
        self.left -= size
        if self.left < 0:
            raise InvalidResult(
                f"{where} makes the returned dict larger than {RESULT_BYTES} bytes: keep large "
                "things with trial.attach(name, bytes)"
            )


def _plain(value: object, where: str, depth: int, budget: _Budget) -> Any:
    """``value`` as BSON holds it."""
    if depth > DEPTH:
        raise InvalidResult(
            f"{cut(where)} nests deeper than {DEPTH} levels: flatten it, or keep it with "
            "trial.attach"
        )
    value = _unwrapped_array(value)
    if isinstance(value, Mapping):
        return _plain_dict(value, where, depth, budget)
    if isinstance(value, (list, tuple)):
        return [_plain(v, f"{where}[{i}]", depth + 1, budget) for i, v in enumerate(value)]
    if isinstance(value, str):
        return _plain_text(value, where, budget)
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        budget.spend(len(data) + 8, where)
        return data
    budget.spend(12, where)
    return _plain_atom(value, where)


def _plain_atom(value: object, where: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, datetime) and value == value:  # noqa: PLR0124 - pandas' NaT is not itself
        return _moment(value, where)
    if isinstance(value, int):
        if not -INT64 <= value < INT64:
            raise InvalidResult(
                f"{where} is an integer beyond 64 bits, which MongoDB cannot hold: return it as "
                "a float or a string"
            )
        return int(value)
    if isinstance(value, float):
        return float(value)
    raise InvalidResult(
        f"{where} is a {type(value).__module__}.{type(value).__qualname__}, which a document "
        "cannot hold: convert it to numbers, strings, lists or dicts, or keep it with "
        "trial.attach(name, bytes)"
    )


def _moment(value: datetime, where: str) -> datetime:
    plain = datetime.combine(value.date(), value.timetz())  # no subclass travels
    try:
        return plain if plain.utcoffset() is None else plain.astimezone(timezone.utc)
    except OverflowError:
        raise InvalidResult(
            f"{where} is the time {plain.isoformat()}, which lies outside the years 1 to 9999 in "
            "UTC: return it as a string"
        ) from None


def _plain_dict(
    value: Mapping[Any, Any], where: str, depth: int, budget: _Budget
) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for key, inner in value.items():
        name = _plain_text(_key(key, where), f"a key of {where}", budget)
        if name in plain:
            raise InvalidResult(f"{where} has two keys that are both {name!r} as strings")
        plain[name] = _plain(inner, f"{where}[{name!r}]", depth + 1, budget)
    return plain


def _key(key: object, where: str) -> str:
    key = unwrapped(key)
    if isinstance(key, (str, int, float)) or key is None:
        return str.__str__(key) if isinstance(key, str) else str(key)
    raise InvalidResult(
        f"{where} has the key {_shown(key)}, expected a string: name it, for instance 'a/b'"
    )


def _plain_text(value: str, where: str, budget: _Budget) -> str:
    text = str.__str__(value)  # a str-based Enum would print its name
    if where.startswith("a key of") and "\0" in text:
        raise InvalidResult(f"{where} holds a NUL, which MongoDB refuses in names: take it out")
    try:
        budget.spend(len(text.encode()) + 8, where)
    except UnicodeEncodeError:
        raise InvalidResult(
            f"{where} holds half a surrogate pair, which is no text: decode it properly, or "
            "return bytes"
        ) from None
    return text


def _unwrapped_array(value: object) -> object:
    """Scalars, arrays and tensors as plain values and nested lists."""
    if isinstance(value, (str, bytes, int, float, list, tuple, Mapping)) and not hasattr(
        value, "dtype"
    ):
        return value
    if not hasattr(value, "dtype") or not hasattr(value, "tolist"):
        return value
    if _elements(value) * 8 > RESULT_BYTES:
        return value  # refused by its type: it is an attachment
    return value.tolist()


def _elements(array: object) -> int:
    shape = getattr(array, "shape", ())
    return math.prod(int(n) for n in shape)
