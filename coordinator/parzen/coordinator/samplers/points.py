"""Points at which densities are asked for, with what every kernel needs to know of them.

A point on a grid stands for its bin. Where the bin is wide, a kernel there is the mass of the bin
over its width; where it is narrow, the density at its middle of the kernel widened by the bin: the
variance is that of the kernel plus that of a uniform in the bin, width^2 / 12.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.axis import Axis
from parzen.coordinator.law import Array
from parzen.coordinator.unit import UnitCube

Indexes: TypeAlias = NDArray[np.intp]

FINE = 0.009
"""Bins narrower than this are narrow: next to a bandwidth of 0.03, the least there is, that is
their mass over their width to three digits within four bandwidths."""


@dataclass(frozen=True, slots=True)
class Bins:
    """Wide bins [low, high] of one column, and ``of`` which each point is."""

    low: Array
    high: Array
    of: Indexes
    """For each point its bin's index; ``len(low)`` where it has none."""


class Points:
    """Rows (n, width), in groups of ``together``.

    Each group's densities are the same bits, whatever groups stand beside it.
    """

    def __init__(self, cube: UnitCube, rows: Array, together: int | None = None) -> None:
        self.rows = rows
        self.together = together or len(rows)
        self.active = ~np.isnan(rows)
        self.smooth = self.active[:, cube.numeric]
        """Where a number is taken as such, not as a wide bin: (n, number of numeric columns)."""
        self.variance: Array = np.zeros(self.smooth.shape)
        """That of a uniform in the narrow bin; 0 without one."""
        self.bins: dict[int, Bins] = {}
        for place, j in enumerate(cube.numeric):
            if cube.axes[j].binned:
                self._bin(cube.axes[j], place, int(j))

    def group(self, index: int) -> Points:
        """One group alone, as views."""
        part = slice(index * self.together, (index + 1) * self.together)
        group = copy.copy(self)
        group.rows, group.active = self.rows[part], self.active[part]
        group.smooth, group.variance = self.smooth[part], self.variance[part]
        group.bins = {j: replace(bins, of=bins.of[part]) for j, bins in self.bins.items()}
        return group

    def _bin(self, axis: Axis, place: int, j: int) -> None:
        u = self.rows[:, j]
        if axis.middles is not None:
            distinct, of = axis.middles, axis.index(u)
        else:
            distinct, of = np.unique(u, return_inverse=True)
            distinct = distinct[: len(distinct) - int(np.isnan(distinct[-1:]).sum())]
        low, high = axis.edges(distinct)
        width = np.append(high - low, math.nan)  # the last is for inactive points
        wide = width >= FINE
        self.variance[:, place] = np.where(wide, 0.0, width**2 / 12)[of]
        if wide.any():
            index = np.where(wide, np.cumsum(wide) - 1, wide.sum())
            self.bins[j] = Bins(low[wide[:-1]], high[wide[:-1]], index[of])
            self.smooth[:, place] &= ~wide[of]
