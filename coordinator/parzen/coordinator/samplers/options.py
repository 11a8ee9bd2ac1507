"""Checks of the samplers' options; the registry says whose option it is."""

from __future__ import annotations

import math
from contextlib import suppress
from numbers import Integral, Real

import numpy as np

from parzen.shared.errors import InvalidStudy
from parzen.shared.plain import shown

LARGEST_POPULATION = 10_000
"""A population, or a swarm, has no more members: each of them is looked at."""


def whole(option: str, value: object, least: int, most: int | None = None) -> int:
    """The option's value, a whole number.

    Raises:
        InvalidStudy: it is none, below ``least``, or above ``most``.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral) or value < least:
        raise InvalidStudy(
            f"option {option} is {shown(value)}: expected a whole number, at least {least}"
        )
    if most is not None and int(value) > most:
        raise InvalidStudy(f"option {option} is {shown(value)}: expected at most {most:,}")
    return int(value)


def between(
    option: str, value: object, low: float, high: float, *, inclusive: bool = False
) -> float:
    """The option's value, a number between the bounds; these are in the range where ``inclusive``.

    Raises:
        InvalidStudy: it is none, or not between them.
    """
    number = math.nan
    if isinstance(value, Real) and not isinstance(value, (bool, np.bool_)):
        with suppress(OverflowError):  # stays no number between any
            number = float(value)
    if not (low <= number <= high if inclusive else low < number < high):
        bounds = f"above {low:g}" if math.isinf(high) else f"above {low:g} and below {high:g}"
        if inclusive:
            bounds = f"from {low:g} to {high:g}"
        raise InvalidStudy(f"option {option} is {shown(value)}: expected a number {bounds}")
    return number
