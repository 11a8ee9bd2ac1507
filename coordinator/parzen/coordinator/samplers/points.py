"""Points at which densities are asked for, with what every kernel needs to know of them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.axis import Axis
from parzen.coordinator.law import Array
from parzen.coordinator.unit import UnitCube

Indexes: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins [low, high] of one column, their widths, and which each point falls into."""

    low: Array
    high: Array
    widths: Array
    """One more than there are bins: the last is 0."""
    of: Indexes
    """For each point its bin's index; ``len(low)`` where the parameter is inactive."""


class Points:
    """Rows (n, width), in groups of ``together``.

    Each group's densities are the same bits, whatever groups stand beside it.
    """

    def __init__(self, cube: UnitCube, rows: Array, together: int | None = None) -> None:
        self.rows = rows
        self.together = together or len(rows)
        self.active = ~np.isnan(rows)
        self.widths: Array = np.zeros((len(rows), len(cube.numeric)))
        """Those of the bins; 0 in a continuum: (n, number of numeric columns)."""
        self.bins: dict[int, Bins] = {}
        for place, j in enumerate(cube.numeric.tolist()):
            if cube.axes[j].binned:
                bins = _bins(cube.axes[j], rows[:, j])
                self.bins[j] = bins
                self.widths[:, place] = bins.widths.take(bins.of)

    def group(self, index: int) -> Points:
        """One group alone, as views."""
        part = slice(index * self.together, (index + 1) * self.together)
        group = copy.copy(self)
        group.rows, group.active = self.rows[part], self.active[part]
        group.widths = self.widths[part]
        group.bins = {j: Bins(b.low, b.high, b.widths, b.of[part]) for j, b in self.bins.items()}
        return group


def _bins(axis: Axis, u: Array) -> Bins:
    """All bins of the column or, where those are too many, the ones that hold ``u``."""
    if axis.ends is not None and axis.widths is not None:
        return Bins(axis.ends[:-1], axis.ends[1:], axis.widths, axis.index(u))
    distinct, of = np.unique(u, return_inverse=True)
    distinct = distinct[: len(distinct) - int(np.isnan(distinct[-1:]).sum())]
    low, high = axis.edges(distinct)
    return Bins(low, high, np.append(high - low, 0.0), of)
