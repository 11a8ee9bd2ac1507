"""Grids: the mass of a normal in each bin, over the bin's width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from parzen.coordinator.axis import Axis
from parzen.coordinator.law import Array

Indexes: TypeAlias = NDArray[np.intp]

NARROW = 0.2
"""Bins up to so many bandwidths wide use the density at their middle of a normal that is widened by
the bin, that is of variance sigma^2 + width^2 / 12: the mass over the width to a relative error of
1e-6 at the kernel's centre and 2e-4 four bandwidths away."""

TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins [low, high] of one column, their widths, and which each point falls into."""

    low: Array
    high: Array
    widths: Array
    """One more than there are bins: the last is 0."""
    of: Indexes
    """For each point its bin's index; ``len(low)`` where the parameter is inactive."""


def bins_of(axis: Axis, u: Array) -> Bins:
    """All bins of the column or, where those are too many, the ones that hold ``u``."""
    if axis.ends is not None and axis.widths is not None:
        return Bins(axis.ends[:-1], axis.ends[1:], axis.widths, axis.index(u))
    distinct, of = np.unique(u, return_inverse=True)
    distinct = distinct[: len(distinct) - int(np.isnan(distinct[-1:]).sum())]
    low, high = axis.edges(distinct)
    return Bins(low, high, np.append(high - low, 0.0), of)


class Table:
    """The logs of mass over width of one column's wide bins, filled as centres come up."""

    def __init__(self, axis: Axis, bins: Bins, sigma: float) -> None:
        wide = bins.widths[:-1] > NARROW * sigma
        self._low, self._high, self._sigma = bins.low[wide], bins.high[wide], sigma
        self._row = np.full(len(bins.widths), len(self._low))
        self._row[:-1][wide] = np.arange(len(self._low))
        self._axis = axis
        if axis.middles is not None:
            self._known = np.zeros(len(axis.middles), dtype=bool)
            self._logs = np.zeros((len(self._low) + 1, len(axis.middles)))

    def __len__(self) -> int:
        return len(self._low)

    def rows(self, bins: Bins) -> Indexes:
        """The row of :meth:`logs` for each point; the last, of 0, where its bin is not wide."""
        return self._row.take(bins.of)

    def logs(self, centres: Array) -> Array:
        """By wide bin, then by kernel at ``centres``: 0 where that is NaN, and in the last row."""
        middles = self._axis.middles
        if middles is None:
            distinct, index = np.unique(centres, return_inverse=True)
            return self._of(distinct)[:, index]
        index = self._axis.index(centres)
        wanted = np.zeros_like(self._known)
        wanted[index] = True
        (missing,) = np.nonzero(wanted > self._known)
        if len(missing):
            self._logs[:, missing] = self._of(middles[missing])
            self._known |= wanted
        logs: Array = self._logs.take(index, axis=1)
        return logs

    def _of(self, centres: Array) -> Array:
        low, high = self._low[:, None], self._high[:, None]
        logs = np.zeros((len(low) + 1, len(centres)))
        np.log(normal_mass(low, high, centres, self._sigma) / (high - low), out=logs[:-1])
        logs[:, np.isnan(centres)] = 0.0
        return logs


def normal_mass(low: Array, high: Array, mean: Array, sigma: float) -> Array:
    """P(low < x < high) for a normal x, precise in both tails."""
    a, b = (low - mean) / sigma, (high - mean) / sigma
    upper = a + b > 0
    a, b = np.where(upper, -b, a), np.where(upper, -a, b)
    mass: Array = np.maximum(ndtr(b) - ndtr(a), TINY)
    return mass
