"""Losses of another study as they might have come out in this one.

Nothing is known of how the two scales are to each other, but that lower is better on both. So this
study's losses are brought to one on which a straight line makes sense, and taken back from there.
"""

from __future__ import annotations

import sys

import numpy as np

from parzen.coordinator.law import Array
from parzen.coordinator.samplers.targets import GOOD, LEAST, shortened

FAR = 50.0
"""So many units from the median are as far as any prediction goes."""


class Scale:
    """This study's losses as numbers of mean 0 and variance 1, and back.

    Above the median it is logarithmic: how bad bad losses are says little (as in
    :mod:`parzen.coordinator.samplers.targets`).

    Args:
        losses: (n,), n > 0, those that are known.
        unit: what a difference is measured in where all are equal.
    """

    def __init__(self, losses: Array, unit: float) -> None:
        self._top = float(np.abs(losses).max()) or 1.0
        y = losses / self._top
        self._range = float(y.min()), float(y.max())
        self._middle = float(np.median(y))
        spread = self._middle - float(np.quantile(y, GOOD))
        if not spread > 0:
            spread = float(np.abs(y - self._middle).mean())
        if not spread > 0:  # nothing bounds what others will be
            spread, self._range = min(unit / self._top, FAR), (-FAR, FAR)
        self._unit = max(spread, LEAST)
        z = self._units(y)
        self._mean, self._sd = float(z.mean()), float(z.std()) or 1.0

    def of(self, losses: Array) -> Array:
        """The numbers for ``losses``."""
        scaled: Array = (self._units(losses / self._top) - self._mean) / self._sd
        return scaled

    def back(self, z: Array) -> Array:
        """The losses for numbers ``z``: none better or worse than those that are known."""
        units = np.clip(z * self._sd + self._mean, -FAR, FAR)
        units = np.where(units > 0, np.expm1(np.maximum(units, 0.0)), units)
        low, high = self._range
        most = sys.float_info.max / self._top
        y = np.clip(units * self._unit + self._middle, max(low, -most), min(high, most))
        losses: Array = y * self._top
        return losses

    def _units(self, y: Array) -> Array:
        return shortened((y - self._middle) / self._unit)
