"""What a document holds for the options of a choice: their plain values, or names for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from parzen.hyperopt.pyll.base import Apply, Literal
from parzen.shared.dimensions import Plain
from parzen.shared.plain import looks, text_fault

TELLING = ("type", "name", "model", "model_type", "kind", "algorithm", "estimator")
"""The keys under which a dict says what it describes."""

LONGEST = 60
"""No name made here is longer."""


def stored(options: Sequence[Apply]) -> tuple[Plain, ...]:
    """One plain value for each option, all different; the same for the same space."""
    plain = [option.obj for option in options if isinstance(option, Literal)]
    if len(plain) == len(options) and all(map(_is_plain, plain)) and _distinct(plain):
        return tuple(plain)
    names = [_named(option, place) for place, option in enumerate(options)]
    often = Counter(map(looks, names))
    return tuple(
        f"{name} ({place})" if often[looks(name)] > 1 else name for place, name in enumerate(names)
    )


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return text_fault(value) is None
    if isinstance(value, int) and not isinstance(value, bool):
        return value.bit_length() < 64  # noqa: PLR2004 - what BSON holds
    return type(value) in (bool, float, type(None)) and value == value  # noqa: PLR0124 - NaN is not


def _distinct(values: Sequence[Any]) -> bool:
    """Whether no two are equal: 1, 1.0 and True are, as documents compare them."""
    return len(set(values)) == len(values)


def _named(option: Apply, place: int) -> str:
    words = _words(option)
    usable = words and not text_fault(words) and words.isprintable() and words.strip()
    return words[:LONGEST] if words and usable else f"option {place}"


def _words(option: Apply) -> str | None:
    """What people would call it."""
    if isinstance(option, Literal):
        return _constant(option.obj)
    if option.name == "dict":
        texts = {
            key: value.obj
            for key, value in option.named_args
            if isinstance(value, Literal) and isinstance(value.obj, str)
        }
        told = [texts[key] for key in TELLING if key in texts]
        return next(iter([*told, *texts.values()]), None)
    if option.name == "pos_args":
        first = next(iter(option.pos_args), None)
        return first.obj if isinstance(first, Literal) and isinstance(first.obj, str) else None
    return None if option.name in ("switch", "float", "int") else option.name


def _constant(value: Any) -> str:
    if isinstance(value, (str, int, float, bool, type(None))):
        return str(value)
    called = getattr(value, "__name__", None)
    return called if isinstance(called, str) else type(value).__name__
