"""Checks of the samplers' options; the registry says whose option it is."""

from __future__ import annotations

import math

from parzen.shared.errors import InvalidStudy


def whole(option: str, value: object, least: int) -> int:
    """The option's value, a whole number.

    Raises:
        InvalidStudy: it is none, or below ``least``.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidStudy(
            f"option {option} is {value!r}: expected a whole number, at least {least}"
        )
    return value


def between(option: str, value: object, low: float, high: float) -> float:
    """The option's value, a number between the bounds, which do not belong to the range.

    Raises:
        InvalidStudy: it is none, or not between them.
    """
    usable = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (usable and low < value < high):  # type: ignore[operator]  # usable says so
        bounds = f"above {low:g}" if math.isinf(high) else f"between {low:g} and {high:g}"
        raise InvalidStudy(f"option {option} is {value!r}: expected a number {bounds}")
    return float(value)  # type: ignore[arg-type]  # it is a number
