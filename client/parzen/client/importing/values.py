"""Texts of a table as values: each reader gives one, or raises Unfit with what it expected."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from parzen.client.export import cells
from parzen.client.importing.rows import Unfit
from parzen.client.operands import iso
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import INT64, shown

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
WHOLE = re.compile(r"[+-]?[0-9]{1,25}")
"""Integers of more digits lie beyond all that a document holds."""

OPTUNA_STATES = {"fail": TrialState.FAILED}
"""What Optuna's tables call otherwise."""


def parameter(dimension: Dimension, text: Any) -> Any:
    """The value that ``text`` writes; the text itself where it writes none."""
    if dimension.kind is Kind.CHOICE:
        return option(dimension, text)
    found = _number(text.strip())
    return text if found is None else found


def option(dimension: Dimension, text: str) -> Any:
    """The option that reads so, as a label or in JSON; the text itself where there is none."""
    for words in (text, cells.unguarded(text)):
        labels = cells.labels(dimension)
        if words in labels:
            return dimension.choices[labels.index(words)]
    for found in _readings(text.strip()):
        index = dimension.option(found)
        if index is not None:
            return dimension.choices[index]
    return text


def number(column: str, text: str) -> float:
    """A finite number."""
    found = _number(text.strip())
    if found is None or not math.isfinite(found):
        raise Unfit(f"{column} is {shown(text)}; it must be a finite number")
    return float(found)


def state(column: str, text: str) -> TrialState:
    """A state, in whatever case."""
    word = text.strip().lower().removeprefix("trialstate.")
    try:
        return OPTUNA_STATES.get(word) or TrialState(word)
    except ValueError:
        raise Unfit(
            f"{column} is {shown(text)}; it must be one of {', '.join(s.value for s in TrialState)}"
        ) from None


def moment(column: str, text: str) -> datetime:
    """A time; this machine's where it names no zone."""
    try:
        return iso(text.strip()).astimezone(timezone.utc)
    except (ValueError, OverflowError, OSError):
        raise Unfit(
            f"{column} is {shown(text)}; it must be a time such as 2026-01-31T12:00:00+00:00"
        ) from None


def seconds(column: str, text: str) -> float:
    """A length of time."""
    found = number(column, text)
    if found < 0:
        raise Unfit(f"{column} is {shown(text)}; it must be seconds, 0 or more")
    return found


def scalar(text: str) -> Any:
    """A number, a truth value or a text, by what it reads like."""
    found = _number(text)
    if found is not None:
        return found if not isinstance(found, int) or INT64[0] <= found <= INT64[1] else text
    return {"true": True, "false": False}.get(text.lower(), cells.unguarded(text))


def _number(text: str) -> int | float | None:
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if NUMBER.fullmatch(text) else None


def _readings(text: str) -> Iterator[Any]:
    """What ``text`` writes in JSON, as a number, or as Python and spreadsheets write a word."""
    number = _number(text)
    if number is not None:
        yield number
    word = text.lower()
    for words in (text, "null" if word == "none" else word):
        try:
            found = json.loads(words)
        except (ValueError, RecursionError):
            continue
        if not isinstance(found, str) or words == text:  # a text is none in small letters
            yield _tuples(found)


def _tuples(found: Any) -> Any:
    return tuple(map(_tuples, found)) if isinstance(found, list) else found
