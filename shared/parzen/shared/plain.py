"""What a document can hold: plain values, and the keys and names that may stand in one."""

from __future__ import annotations

import math
import numbers
import unicodedata
from typing import Any

from parzen.shared.dimensions import Plain

INT64 = (-(2**63), 2**63 - 1)
"""The integers that BSON holds."""

WIDEST = 1024
"""An integer of more bits lies beyond every float; its digits are not printed."""


LONGEST = 240
"""No value takes up more characters of a message."""

KEY_CHARS = 255
"""How long one part of a parameter's name may be."""

JOINERS = "\u200c\u200d"
"""Unprintable characters that belong to words of several scripts, and to emoji."""


def shown(value: object) -> str:
    """The repr of ``value`` for a message; a long one is cut, one that has none described."""
    if isinstance(value, int) and value.bit_length() > WIDEST:
        return f"<an int of {value.bit_length()} bits>"
    try:
        return cut(repr(value))
    except ValueError:  # Python refuses to print an int of more than 4300 digits
        return f"<a {type(value).__name__} of too many digits>"
    except RecursionError:
        return f"<a {type(value).__name__} that is nested too deep>"


def cut(text: str) -> str:
    """``text`` for a message, its middle left out where it is long."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST * 2 // 3]}…{text[-LONGEST // 4 :]}"


def raised(error: BaseException) -> str:
    """``Type: message`` of whatever users' code raised, in one line that a document can hold."""
    try:
        text = str(error)
    except Exception as worse:  # noqa: BLE001 - its own __str__ may raise anything
        text = f"(its message cannot be shown: {type(worse).__name__})"
    line = cut(" ".join(text.split())).encode(errors="replace").decode()
    return f"{type(error).__name__}: {line}" if line else type(error).__name__


def text_fault(text: str) -> str | None:
    """What keeps ``text`` from being stored, or None."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "holds half a surrogate pair, which is not text"
    return None


def key_fault(key: object) -> str | None:
    """What keeps ``key`` from being one part of a parameter's name, or None."""
    if not isinstance(key, str):
        return "must be a str"
    if not key:
        return "must not be empty"
    if "/" in key or "." in key or key.startswith("$"):
        return "must not hold '/' or '.', nor start with '$'; use another name"
    return _character_fault(key)


def _character_fault(key: str) -> str | None:
    """What keeps the characters of ``key`` from standing in a table and in a query."""
    if "\0" in key:
        return "holds a NUL character"
    if fault := text_fault(key):
        return fault
    if len(key) > KEY_CHARS:
        return f"has {len(key):,} characters; {KEY_CHARS} is the most"
    if not key.isprintable():
        for character in key:
            if not character.isprintable() and character not in JOINERS:
                return f"holds the unprintable character U+{ord(character):04X}; leave it out"
    return None if key.strip() else "must not be blank"


def looks(name: str) -> str:
    """What people see of ``name``: two names of one look cannot be told apart."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def name_fault(name: object) -> str | None:
    """What keeps ``name`` from being a parameter's whole name, or None; it may hold ``/``."""
    if not isinstance(name, str) or not name:
        return "must be a non-empty str"
    return next(filter(None, map(key_fault, name.split("/"))), None)


DEEPEST = 100
"""Lists nested deeper than this are refused before Python's own recursion limit is met."""


def is_endless(value: object, depth: int = DEEPEST) -> bool:
    """Whether lists and tuples are nested too deep in ``value``, or contain themselves."""
    if not isinstance(value, (list, tuple)):
        return False
    return depth == 0 or any(is_endless(item, depth - 1) for item in value)


def plain_fault(value: object) -> str | None:
    """What keeps ``value`` out of a document, or None."""
    if value is None or isinstance(value, (bool, bytes)):
        return None
    if isinstance(value, str):
        return text_fault(value)
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(plain_fault, value)), None)
    if isinstance(value, numbers.Integral):
        fits = INT64[0] <= int(value) <= INT64[1]
        return None if fits else "does not lie in 64 bits; give it a label with labels=[…]"
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Rational):
        return "is not a number" if math.isnan(value) else None
    return "cannot be stored in MongoDB as it is; give each option a label with labels=[…]"


def to_plain(value: Any) -> Plain:
    """``value`` as a document holds it: numpy's scalars and enums as Python's, lists as tuples."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(to_plain(item) for item in value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bytes):
        return bytes(value)
    return int(value) if isinstance(value, numbers.Integral) else float(value)
