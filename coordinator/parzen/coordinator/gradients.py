"""The slopes that an objective may tell with its loss, under "gradient" in the dict it returns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from parzen.shared.records import Direction

Gradient: TypeAlias = Mapping[str, float]
"""{parameter: slope}, in the parameter's own units."""

KEY = "gradient"


def told(result: Mapping[str, Any]) -> Gradient | None:
    """The gradient in ``result``; None where there is none, or not all of it are finite numbers.

    It is the value's: as large as the loss's, with the sign of what the objective returned.
    """
    found = result.get(KEY)
    if not isinstance(found, Mapping) or not found:
        return None
    numbers = {name: slope for name, slope in found.items() if _finite(slope)}
    return numbers if len(numbers) == len(found) else None


def of_loss(gradient: Gradient, direction: Direction) -> Gradient:
    """The gradient of the loss, where ``gradient`` is that of the value."""
    return {name: direction.loss(slope) for name, slope in gradient.items()}


def _finite(slope: object) -> bool:
    return isinstance(slope, (int, float)) and not isinstance(slope, bool) and math.isfinite(slope)
