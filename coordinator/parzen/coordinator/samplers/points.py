"""Points at which densities are asked for, with what every kernel needs to know of them."""

from __future__ import annotations

import copy

import numpy as np

from parzen.coordinator.law import Array
from parzen.coordinator.samplers.bins import Bins, bins_of
from parzen.coordinator.unit import UnitCube


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
                bins = bins_of(cube.axes[j], rows[:, j])
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
