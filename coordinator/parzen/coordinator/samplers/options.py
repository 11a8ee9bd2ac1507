"""Checks of the samplers' options; the registry says whose option it is."""

from __future__ import annotations

import math
from contextlib import suppress
from numbers import Integral, Real

import numpy as np

from parzen.shared.errors import InvalidStudy
from parzen.shared.plain import shown


def whole(option: str, value: object, least: int) -> int:
    """The option's value, a whole number.

    Raises:
        InvalidStudy: it is none, or below ``least``.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral) or value < least:
        raise InvalidStudy(
            f"option {option} is {shown(value)}: expected a whole number, at least {least}"
        )
    return int(value)


def between(option: str, value: object, low: float, high: float) -> float:
    """The option's value, a number between the bounds, which do not belong to the range.

    Raises:
        InvalidStudy: it is none, or not between them.
    """
    number = math.nan
    if isinstance(value, Real) and not isinstance(value, (bool, np.bool_)):
        with suppress(OverflowError):  # stays no number between any
            number = float(value)
    if not low < number < high:
        bounds = f"above {low:g}" if math.isinf(high) else f"between {low:g} and {high:g}"
        raise InvalidStudy(f"option {option} is {shown(value)}: expected a number {bounds}")
    return number
