"""Rows of the unit cube as vectors whose squared distances a Gaussian process looks at.

A numeric parameter is its u, and ½ where it is inactive. A choice is at distance 1 from every other
option and from being inactive: it is a block of indicator columns, each 1/√2, so that all of it is
products of matrices.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.law import Array
from parzen.coordinator.unit import UnitCube

FEW = 16
"""So many options of a choice get a column of their own: all of a short one, the first that were
seen of a long one. The rest share one."""
INACTIVE_AT = 0.5
"""Where a numeric parameter that takes no part stands."""
APART = math.sqrt(0.5)


class Features:
    """How rows become vectors.

    Args:
        cube: the space.
        rows: (n, width) what was seen, the best first, for the columns of long choices.
    """

    def __init__(self, cube: UnitCube, rows: Array) -> None:
        self.numeric = cube.numeric
        self._options = [(j, _options(cube.axes[j].options, rows[:, j])) for j in cube.categorical]
        numbers = len(self.numeric)
        blocks = [np.full(len(own) + 2, numbers + i) for i, (_, own) in enumerate(self._options)]
        self.groups: NDArray[np.intp] = np.concatenate([np.arange(numbers), *blocks]).astype(
            np.intp
        )
        """For each column of the vectors, the index of its length-scale."""
        self.lengths = numbers + len(self._options)
        """How many length-scales there are: one for each parameter, numeric ones first."""

    def of(self, rows: Array) -> Array:
        """The vectors of ``rows`` (n, width): (n, columns)."""
        vectors = np.zeros((len(rows), len(self.groups)))
        numbers = rows[:, self.numeric]
        at = len(self.numeric)
        vectors[:, :at] = np.where(np.isnan(numbers), INACTIVE_AT, numbers)
        everyone = np.arange(len(rows))
        for j, own in self._options:
            vectors[everyone, at + _place(own, rows[:, j])] = APART
            at += len(own) + 2
        return vectors


def _options(count: int, column: Array) -> Array:
    """The options that get a column of their own, ascending."""
    if count <= FEW:
        return np.arange(float(count))
    seen, first = np.unique(column[~np.isnan(column)], return_index=True)
    return np.sort(seen[np.argsort(first)[:FEW]])


def _place(own: Array, column: Array) -> NDArray[np.intp]:
    """Each option's column; behind them that of the options without one, and of none at all."""
    inactive = np.isnan(column)
    place = np.minimum(np.searchsorted(own, np.where(inactive, 0.0, column)), max(len(own) - 1, 0))
    if len(own):
        place = np.where(own[place] == column, place, len(own))
    return np.where(inactive, len(own) + 1, place)
