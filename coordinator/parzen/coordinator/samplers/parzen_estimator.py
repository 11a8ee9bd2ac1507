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
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from parzen.coordinator.law import Array
from parzen.coordinator.samplers.bins import NARROW, Bins, Table
from parzen.coordinator.samplers.points import Points
from parzen.coordinator.unit import UnitCube

Indexes: TypeAlias = NDArray[np.intp]
Mask: TypeAlias = NDArray[np.bool_]
Sum: TypeAlias = tuple[Array, Array]
"""Sums (n,) beyond the range of floats: (top, total) stands for total * exp(top), top >= 0."""

SPREAD, SPREAD_WEIGHT = 0.2, 4.0
"""The standard deviation assumed before any is seen, and how many observations that is worth."""

NARROWEST, WIDEST = 0.03, 1.0
"""Bounds of the bandwidth, in u."""

RAREST = 1e-300
"""An option's probability counts as at least this, so that what is divided by it stays finite."""


class Scale:
    """How far kernels reach: their bandwidths, and how much of a choice's they leave to the prior.

    Both are taken from ``rows`` (n, width); other kernels may be given the same scale. The
    bandwidths are those of the rule times ``factor``.
    """

    def __init__(self, cube: UnitCube, rows: Array, factor: float = 1.0) -> None:
        active = ~np.isnan(rows)
        self.cube = cube
        self.bandwidths = bandwidths(rows, active, cube.numeric, factor)
        options = np.array([axis.options for axis in cube.axes])
        share = options / (active.sum(axis=0) + 1.0)
        self.uniform_share: Array = share / (1.0 + share)
        """The weight of the prior in a choice's kernel: a mismatch, relative to the prior."""
        self._tables: dict[int, Table] = {}

    def table(self, j: int, bins: Bins) -> Table:
        """The masses of the wide ones of ``bins`` of column ``j``."""
        if self.cube.axes[j].middles is None:  # they differ from call to call
            return Table(self.cube.axes[j], bins, self.bandwidths[j])
        if j not in self._tables:
            self._tables[j] = Table(self.cube.axes[j], bins, self.bandwidths[j])
        return self._tables[j]


class Kernels:
    """One product kernel at each of ``rows`` (n, width)."""

    def __init__(self, rows: Array, scale: Scale) -> None:
        self.rows = rows
        self.active: Mask = ~np.isnan(rows)
        self._scale = scale
        self._cube = scale.cube
        self._numeric = np.nan_to_num(rows[:, self._cube.numeric])
        self._features = self._compile()

    def __len__(self) -> int:
        return len(self.rows)

    def log_densities(self, points: Points) -> Array:
        """The log of each kernel's density at each point: (number of points, number of kernels)."""
        logs = self._product(points)
        for j, bins in points.bins.items():
            table = self._scale.table(j, bins)
            if len(table):
                logs += table.logs(self.rows[:, j]).take(table.rows(bins), axis=0)
        for j in self._cube.categorical.tolist():
            self._add_matches(logs, points, j)
        return logs

    def quantile(self, which: Indexes, r: Array) -> Array:
        """The ``r`` quantiles (n, numeric columns) of the kernels ``which`` (n,).

        Where a kernel has none of the parameter, or ``which`` is ``len(self)``, it is any number.
        """
        sigma = self._scale.bandwidths[self._cube.numeric]
        mean = np.vstack([self._numeric, np.zeros(len(sigma))])
        low, high = ndtr(-mean / sigma), ndtr((1 - mean) / sigma)
        x = mean[which] + sigma * ndtri(low[which] + r * (high - low)[which])
        inside: Array = np.minimum(np.maximum(x, 0.0), 1.0)
        return inside

    def _compile(self) -> Array:
        """What points are multiplied with in :meth:`_product`, by kernels."""
        centres = self._numeric
        on = self.active[:, self._cube.numeric].astype(float)
        constants = np.where(self.active, self._constants(), 0.0)
        return np.concatenate([on, centres, centres * centres, constants], axis=1).T.copy()

    def _constants(self) -> Array:
        """What depends on whether a parameter is active on both sides, but not on where it is.

        For a number, the kernel's mass within [0, 1]; for a choice, the density of a mismatch.
        """
        numeric, categorical = self._cube.numeric, self._cube.categorical
        constants = np.zeros_like(self.rows)
        sigma = self._scale.bandwidths[numeric]
        high, low = (1 - self._numeric) / sigma, -self._numeric / sigma
        constants[:, numeric] = -np.log(ndtr(high) - ndtr(low))
        constants[:, categorical] = np.log(self._scale.uniform_share[categorical])
        return constants

    def _product(self, points: Points) -> Array:
        """The constants and the normal densities, as one product of matrices for each group."""
        numeric = self._cube.numeric
        sigma = self._scale.bandwidths[numeric]
        smooth = points.active[:, numeric] & (points.widths <= NARROW * sigma)
        variance = sigma**2 + points.widths**2 / 12
        precision = np.where(smooth, 1.0 / variance, 0.0)
        x = np.where(smooth, points.rows[:, numeric], 0.0)
        px = precision * x
        on = -0.5 * (px * x + np.where(smooth, np.log(2 * math.pi * variance), 0.0))
        features = np.concatenate([on, px, -0.5 * precision, points.active], axis=1)
        groups = features.reshape(-1, points.together, features.shape[1])
        logs: Array = (groups @ self._features).reshape(len(points.rows), len(self))
        return logs

    def _add_matches(self, logs: Array, points: Points, j: int) -> None:
        """Add, where a choice is the same on both sides, what it has over a mismatch.

        A kernel is a point mass mixed with the prior p: relative to p it is 1/p at its own option,
        and the uniform share everywhere. With equal p this is the usual
        P(same) = (1 + 1/(n+1)) / (1 + C/(n+1)).
        """
        mismatch = self._scale.uniform_share[j]
        probabilities = np.maximum(self._cube.probabilities(j), RAREST)
        gain = np.append(np.log1p((1.0 - mismatch) / probabilities / mismatch), 0.0)
        none = len(gain) - 1  # what is inactive on either side has no option to share
        mine, theirs = (
            np.where(rows.active[:, j], rows.rows[:, j], none).astype(np.intp)
            for rows in (self, points)
        )
        there = np.zeros(len(gain), dtype=bool)
        there[mine] = True
        there[none] = False
        row = np.where(there, np.cumsum(there), 0)  # the first is that of no match
        table = np.zeros((there.sum() + 1, len(self)))
        table[row[mine], np.arange(len(self))] = gain[mine]
        logs += table.take(row[theirs], axis=0)


class Mixture:
    """Kernels at ``rows`` (n, width) with ``weights`` (n,), and the prior with its own."""

    def __init__(self, cube: UnitCube, rows: Array, weights: Array, prior: float = 1.0) -> None:
        self._cube = cube
        self._scale = Scale(cube, rows)
        self._kernels = Kernels(rows, self._scale)
        self._weights = np.append(weights, prior)
        self._weights /= self._weights.sum()

    @property
    def bandwidths(self) -> Array:
        """The kernels' standard deviation in each column: (width,)."""
        return self._scale.bandwidths

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Draw ``count`` rows, each a point of the space: (count, width)."""
        return self.at(*draws(count, self._cube.width, rng))

    def at(self, which: Array, r: Array, keep: Array) -> Array:
        """The rows (n, width) that :func:`draws` stand for."""
        cube = self._cube
        kernel = np.searchsorted(np.cumsum(self._weights)[:-1], which, side="right")
        centres = np.vstack([self._kernels.rows, np.full(cube.width, math.nan)])[kernel]
        known = ~np.isnan(centres)
        rows = r.copy()
        rows[:, cube.numeric] = self._kernels.quantile(kernel, r[:, cube.numeric])
        rows = np.where(known, rows, r)
        same = known & (keep < 1.0 - self._scale.uniform_share)
        for j, axis in enumerate(cube.axes):
            if axis.options:
                rows[:, j] = np.where(same[:, j], centres[:, j], axis.from_uniform(r[:, j]))
            elif axis.binned:
                rows[:, j] = axis.snap(rows[:, j])
        return cube.prune(rows)

    def log_density(self, points: Points) -> Array:
        """The logarithm of the density relative to the prior at each point: (n,)."""
        kernels = kernel_sum(self._kernels.log_densities(points), self._weights[:-1])
        return log_total([(1.0, kernels)], self._weights[-1])


def draws(count: int, width: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """What ``count`` rows are made of, uniform in [0, 1).

    The kernels to take (count,), the places in each column (count, width), and what decides
    whether options are kept (count, width).
    """
    which = rng.random(count)
    r, keep = rng.random((2, count, width))
    return which, r, keep


def kernel_sum(logs: Array, weights: Array | None = None) -> Sum:
    """The weighted sum over kernels of the exponentials of ``logs`` (n, k)."""
    top = logs.max(axis=1, initial=0.0)
    terms = np.exp(logs - top[:, None])
    if weights is not None:
        terms *= weights
    # no product of matrices, whose rounding depends on how many rows there are
    return top, terms.sum(axis=1)


def log_total(parts: Sequence[tuple[float, Sum]], prior: float) -> Array:
    """The log of the sum of ``parts``, each with a weight, and of ``prior``, whose density is 1."""
    top = parts[0][1][0]
    for _, (other, _) in parts[1:]:
        top = np.maximum(top, other)
    total = prior * np.exp(-top)
    for weight, (own, terms) in parts:
        total = total + weight * terms * np.exp(own - top)
    logs: Array = top + np.log(total)
    return logs


def bandwidths(rows: Array, active: Mask, numeric: Indexes, factor: float = 1.0) -> Array:
    """The kernels' standard deviation in each column: (width,), 1 where a column is not numeric.

    sigma = factor v n^(-1/(d+4)) where n kernels have the parameter, d is the mean number of other
    numeric parameters active with it, and v^2 = ((n-1) s^2 + 4 * 0.2^2) / (n+3) with the kernels'
    variance s^2; within ``NARROWEST`` and ``WIDEST``.
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
    sigma[numeric] = np.clip(factor * v * known ** (-1.0 / (d + 4)), NARROWEST, WIDEST)
    return sigma
