"""What a person writes to compare a field with, read as the value that the field holds.

Each reader takes a text and gives a value, or raises ValueError with the end of a sentence that
says what was expected.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from enum import Enum
from typing import Any

from parzen.client.wording import scalar
from parzen.shared.dimensions import Dimension, Plain
from parzen.shared.plain import INT64, cut, shown

UNITS_S = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
PIECE = r"([0-9]+(?:\.[0-9]+)?)(ms|[smhdw])"
SPAN = re.compile(rf"(?:{PIECE})+")
CLOCK = re.compile(r"(?:([0-9]+):)?([0-9]+):([0-9]{1,2}(?:\.[0-9]+)?)")


def number(text: str) -> int | float:
    """A finite number, or an infinite one."""
    for read in (int, float):
        try:
            found: int | float = read(text)
        except ValueError:
            continue
        if math.isnan(found):
            break
        return found if INT64[0] <= found <= INT64[1] else float(found)
    raise ValueError(f"expected a number, not {shown(text)}")


def span(text: str) -> float | None:
    """Seconds, from ``90s``, ``2h``, ``1h30m``, or as tables show them; None from anything else."""
    if SPAN.fullmatch(text):
        return sum(float(n) * UNITS_S[unit] for n, unit in re.findall(PIECE, text))
    if clock := CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups()
        return int(hours or 0) * 3600.0 + int(minutes) * 60.0 + float(seconds)
    return None


def duration(text: str) -> float:
    """How long something took, in seconds."""
    found = span(text)
    try:
        return float(number(text)) if found is None else found
    except ValueError:
        raise ValueError(
            f"expected seconds or a time such as 90s, 5m or 1h30m, not {shown(text)}"
        ) from None


def moment(text: str) -> datetime:
    """A time, in the reader's own zone where the text names none."""
    try:
        return iso(text).astimezone()
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"expected a time such as 2026-01-31T12:00, or an age such as 2h, not {shown(text)}"
        ) from None


def iso(text: str) -> datetime:
    """A time in ISO 8601, as it is written; raises ValueError where it is none."""
    # Python 3.10 does not know the letter for UTC
    return datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))


def member(kind: type[Enum], text: str) -> str:
    """One of the values of an enumeration."""
    return _one_of([str(one.value) for one in kind], text)


def literal(text: str) -> str:
    """A text, with or without the quotes that JSON puts around it."""
    found = scalar_of(text) if text[:1] == '"' else text
    return found if isinstance(found, str) else text


def scalar_of(text: str) -> Any:
    """What JSON reads in ``text`` where that is one value, otherwise the text itself."""
    if text[:1] in ("[", "{"):
        return text
    try:
        found = json.loads(text, parse_constant=lambda _: text)
    except ValueError:
        return text
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return number(text)
    return found


def option(dimension: Dimension, text: str) -> Plain:
    """One of a choice's options, from its value in JSON or as tables show it."""
    for given in (scalar_of(text), text):
        index = dimension.option(given)
        if index is not None:
            return dimension.choices[index]
    for choice in dimension.choices:
        if _dense(text) in (_dense(str(choice)), _dense(scalar(choice))):
            return choice
    _one_of([scalar(choice) for choice in dimension.choices], text)
    raise AssertionError  # what is one of them was found before


def _dense(text: str) -> str:
    return "".join(text.split())


def _one_of(names: Sequence[str], text: str) -> str:
    if text in names:
        return text
    near = get_close_matches(text, names, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"expected {cut(', '.join(names))}"
    raise ValueError(f"{shown(text)} is none of its values: {hint}")
