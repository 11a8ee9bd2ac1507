"""A Parzen estimator over a tree of parameters: one product kernel per observed row, and the prior.

All densities are relative to the prior, which is uniform in the unit cube; a parameter that is
inactive in a kernel, or in the point, therefore contributes a factor of 1, and kernels of different
branches of the tree stand in one mixture. Numeric parameters have normal kernels truncated to
[0, 1]; on a grid the density is the mass of the value's bin over the bin's width. It knows rows of
numbers (see :mod:`parzen.coordinator.unit`), not trials.

Sources: Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (2011); joint kernels as in
Falkner et al., "BOHB" (2018). The bandwidth is Scott's rule on a standard deviation that is shrunk
towards ``SPREAD``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from parzen.coordinator.axis import Axis
from parzen.coordinator.law import Array
from parzen.coordinator.unit import UnitCube

Indexes: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]

SPREAD, SPREAD_WEIGHT = 0.2, 4.0
"""The standard deviation assumed before any is seen, and how many observations that is worth."""

NARROWEST, WIDEST = 0.03, 1.0
"""Bounds of the bandwidth, in u."""

FINE = 1e-3
"""Bins narrower than this use the density at their middle: next to ``NARROWEST`` that is the mass
over the width to four digits within four bandwidths."""

TINY = np.finfo(np.float64).tiny

RAREST = 1e-300
"""An option's probability counts as at least this, so that what is divided by it stays finite."""


@dataclass(frozen=True, slots=True)
class Bins:
    """The distinct wide bins [low, high] that points of one column fall into, and ``of`` which."""

    low: Array
    high: Array
    of: Indexes
    """For each point its bin's index; ``len(low)`` where it has none."""


class Points:
    """Rows (n, width) with what both mixtures ask of them."""

    def __init__(self, cube: UnitCube, rows: Array) -> None:
        self.rows = rows
        self.active = ~np.isnan(rows)
        self.smooth = self.active.copy()
        """Where a point is taken as such, not as a bin."""
        self.smooth[:, cube.categorical] = False
        self.bins: dict[int, Bins] = {}
        for j in map(int, cube.numeric):
            if cube.axes[j].binned:
                self._bin(cube.axes[j], j)

    def _bin(self, axis: Axis, j: int) -> None:
        distinct, of = np.unique(self.rows[:, j], return_inverse=True, equal_nan=True)
        low, high = axis.edges(np.nan_to_num(distinct, nan=0.5))
        wide = (high - low >= FINE) & ~np.isnan(distinct)
        if wide.any():
            index = np.where(wide, np.cumsum(wide) - 1, wide.sum())
            self.bins[j] = Bins(low[wide], high[wide], index[of])
            self.smooth[:, j] &= ~wide[of]


class Mixture:
    """Kernels at ``rows`` (n, width) with ``weights`` (n,), and the prior with weight 1."""

    def __init__(self, cube: UnitCube, rows: Array, weights: Array) -> None:
        self._cube = cube
        self._rows = rows
        self._weights = np.append(weights, 1.0)
        self._weights /= self._weights.sum()
        self._active = ~np.isnan(rows)
        self._counts = self._active.sum(axis=0)
        self.bandwidths = bandwidths(rows, self._active, cube.numeric)

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Draw ``count`` rows, each a point of the space: (count, width)."""
        cube = self._cube
        kernel = np.searchsorted(np.cumsum(self._weights)[:-1], rng.random(count), side="right")
        centres = np.vstack([self._rows, np.full(cube.width, math.nan)])[kernel]
        r, keep = rng.random((2, count, cube.width))
        rows = r.copy()
        numeric = cube.numeric
        rows[:, numeric] = _truncated(
            np.nan_to_num(centres[:, numeric], nan=0.5), self.bandwidths[numeric], r[:, numeric]
        )
        rows = np.where(np.isnan(centres), r, rows)
        for j, axis in enumerate(cube.axes):
            if axis.options:
                same = keep[:, j] < 1.0 / (1.0 + axis.options / (self._counts[j] + 1.0))
                same &= self._active_in(kernel, j)
                rows[:, j] = np.where(same, centres[:, j], axis.from_uniform(r[:, j]))
            else:
                rows[:, j] = axis.snap(rows[:, j])
        return cube.prune(rows)

    def log_density(self, points: Points) -> Array:
        """The logarithm of the density relative to the prior at each point: (n,)."""
        logs = np.zeros((len(points.rows), len(self._weights)))
        kernels = logs[:, :-1]  # the last column is the prior, whose relative density is 1
        kernels += self._constants(points)
        kernels += self._smooth(points)
        for j in points.bins:
            self._add_bins(kernels, points, j)
        for j in self._cube.categorical:
            self._add_matches(kernels, points, int(j))
        logs += np.log(self._weights)
        top = logs.max(axis=1)
        total: Array = top + np.log(np.exp(logs - top[:, None]).sum(axis=1))
        return total

    def _active_in(self, kernel: Indexes, j: int) -> Mask:
        active: Mask = np.append(self._active[:, j], False)[kernel]
        return active

    def _constants(self, points: Points) -> Array:
        """What depends on whether a parameter is active on both sides, but not on where it is.

        For a number, the kernel's mass within [0, 1]; for a choice, the density of a mismatch.
        """
        constants = np.zeros_like(self._rows)
        numeric = self._cube.numeric
        sigma = self.bandwidths[numeric]
        centres = np.nan_to_num(self._rows[:, numeric], nan=0.5)
        constants[:, numeric] = -np.log(ndtr((1 - centres) / sigma) - ndtr(-centres / sigma))
        for j in self._cube.categorical:
            constants[:, j] = math.log(self._uniform_share(int(j)))
        shared: Array = points.active.astype(float) @ np.where(self._active, constants, 0.0).T
        return shared

    def _smooth(self, points: Points) -> Array:
        """The normal densities of continuous parameters, as a product of matrices."""
        numeric = self._cube.numeric
        sigma = self.bandwidths[numeric]
        at = points.smooth[:, numeric].astype(float)
        active = self._active[:, numeric].astype(float)
        x = np.where(points.smooth[:, numeric], points.rows[:, numeric], 0.0) / sigma
        m = np.nan_to_num(self._rows[:, numeric], nan=0.0) / sigma
        scale = active * np.log(sigma * math.sqrt(2 * math.pi))
        squares = (x * x) @ active.T - 2 * (x @ m.T) + at @ (m * m + 2 * scale).T
        logs: Array = -0.5 * squares
        return logs

    def _add_bins(self, kernels: Array, points: Points, j: int) -> None:
        """Add the log of mass over width of the wide bins of column ``j``.

        Each pair of a distinct bin and a distinct centre is computed once. The table's last row
        and column are 0, for points without a wide bin and kernels without the parameter.
        """
        bins = points.bins[j]
        centres, centre_of = np.unique(self._rows[:, j], return_inverse=True, equal_nan=True)
        if len(centres) and math.isnan(centres[-1]):
            centres = centres[:-1]  # NaN sorts last, so its kernels point at the column of 0
        masses = normal_mass(bins.low[:, None], bins.high[:, None], centres, self.bandwidths[j])
        table = np.zeros((len(bins.low) + 1, len(centres) + 1))
        table[:-1, :-1] = np.log(masses / (bins.high - bins.low)[:, None])
        kernels += table.take(centre_of, axis=1).take(bins.of, axis=0)

    def _add_matches(self, kernels: Array, points: Points, j: int) -> None:
        """Add, where a choice is the same on both sides, what it has over a mismatch.

        A kernel is a point mass mixed with the prior p: relative to p it is 1/p at its own option,
        and the uniform share everywhere. With equal p this is the usual
        P(same) = (1 + 1/(n+1)) / (1 + C/(n+1)).
        """
        mismatch = self._uniform_share(j)
        probabilities = np.maximum(self._cube.probabilities(j), RAREST)
        gain = np.log1p((1.0 - mismatch) / probabilities / mismatch)
        options = np.where(points.active[:, j], points.rows[:, j], 0).astype(int)
        match = points.rows[:, j, None] == self._rows[:, j]  # NaN equals nothing
        kernels += match * gain[options, None]

    def _uniform_share(self, j: int) -> float:
        share = self._cube.axes[j].options / (self._counts[j] + 1.0)
        return float(share / (1.0 + share))


def bandwidths(rows: Array, active: Mask, numeric: Indexes) -> Array:
    """The kernels' standard deviation in each column: (width,), 1 where a column is not numeric.

    sigma = v n^(-1/(d+4)) where n kernels have the parameter, d is the mean number of other
    numeric parameters active with it, and v^2 = ((n-1) s^2 + 4 * 0.2^2) / (n+3) with the kernels'
    variance s^2.
    """
    sigma = np.ones(rows.shape[1])
    on = active[:, numeric]
    n = on.sum(axis=0)
    known = np.maximum(n, 1)
    values = np.where(on, rows[:, numeric], 0.0)
    mean = values.sum(axis=0) / known
    squares = (np.where(on, values - mean, 0.0) ** 2).sum(axis=0)
    d = (on * (on.sum(axis=1) - 1)[:, None]).sum(axis=0) / known
    v = np.sqrt((squares + SPREAD_WEIGHT * SPREAD**2) / (known - 1 + SPREAD_WEIGHT))
    sigma[numeric] = np.clip(v * known ** (-1.0 / (d + 4)), NARROWEST, WIDEST)
    return sigma


def normal_mass(low: Array, high: Array, mean: Array, sigma: float) -> Array:
    """P(low < x < high) for a normal x, precise in both tails."""
    a, b = (low - mean) / sigma, (high - mean) / sigma
    upper = a + b > 0
    a, b = np.where(upper, -b, a), np.where(upper, -a, b)
    mass: Array = np.maximum(ndtr(b) - ndtr(a), TINY)
    return mass


def _truncated(mean: Array, sigma: Array, r: Array) -> Array:
    """The ``r`` quantiles of normals truncated to [0, 1], which holds their means."""
    low, high = ndtr(-mean / sigma), ndtr((1 - mean) / sigma)
    x = mean + sigma * ndtri(low + r * (high - low))
    inside: Array = np.minimum(np.maximum(x, 0.0), 1.0)
    return inside
