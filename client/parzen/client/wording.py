"""Values as people read them: numbers, parameters, durations and times as short text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from parzen.shared.dimensions import Params

RUNS = 8
"""How many runs of trials' numbers a sentence holds."""

MINUTE = 60

NUMBERS = re.compile(r"[0-9.,:%]+")
"""What may change in a sentence that says the same."""


def number(value: float | None, digits: int = 5) -> str:
    """A number in ``digits`` significant digits; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return f"{value:.{digits}g}"


def rate(per_s: float) -> str:
    """So many trials per second, in two digits, but no power of ten where people look."""
    told = f"{per_s:.2g}" if per_s < 100 else f"{float(f'{per_s:.2g}'):,.0f}"  # noqa: PLR2004 - two digits
    return f"{told} trials/s"


def scalar(value: Any, digits: int = 5) -> str:
    """One parameter's value in short."""
    if isinstance(value, float) and not isinstance(value, bool):
        return number(value, digits)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(scalar(item, digits) for item in value) + "]"
    return str(value)


def assignment(params: Params) -> str:
    """Flat parameters in one line: ``lr=0.01 opt=sgd``."""
    return " ".join(f"{name}={scalar(value)}" for name, value in params.items())


def duration(seconds: float | None) -> str:
    """How long something took: ``0:00.42``, ``3:07``, ``2:05:00``; nothing for None."""
    if seconds is None:
        return ""
    if seconds < 9.995:  # noqa: PLR2004 - below ten seconds the fractions tell something
        return f"0:{seconds:05.2f}"
    return clock(seconds)


def clock(seconds: float) -> str:
    """Seconds as a clock shows them: ``0:07``, ``3:07``, ``2:05:00``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def moment(at: datetime | None) -> str:
    """A time in the reader's own zone, to the second; nothing for None."""
    return "" if at is None else at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago that was, to the second: ``3 s ago``; nothing for None."""
    if at is None:
        return ""
    seconds = max(0, round((now - at).total_seconds()))
    return f"{seconds} s ago" if seconds < MINUTE else f"{clock(seconds)} ago"


def counted(count: int, noun: str) -> str:
    """``1 worker``, ``3 workers``, ``1,024 trials``, ``2 studies``, ``2 indexes``."""
    if count == 1:
        return f"1 {noun}"
    ending = "es" if noun.endswith("x") else "s"
    many = noun[:-1] + "ies" if noun.endswith("y") else noun + ending
    return f"{count:,} {many}"


def gist(sentence: str) -> str:
    """What stays of a sentence while it says the same: all but its numbers."""
    return NUMBERS.sub("", sentence)


def numbers(some: Sequence[int]) -> str:
    """Trials by their numbers, runs of them in short: ``trial 4``, ``trials 3, 5 to 9``."""
    told, start = [], 0
    for end in range(1, len(some) + 1):
        if end == len(some) or some[end] != some[end - 1] + 1:
            first, last = some[start], some[end - 1]
            told.append(str(first) if first == last else f"{first} to {last}")
            start = end
    kept = [*told[:RUNS], "…"] if len(told) > RUNS else told
    return f"trial{'s' if len(some) > 1 else ''} {', '.join(kept)}"
