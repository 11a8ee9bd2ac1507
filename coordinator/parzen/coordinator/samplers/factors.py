"""A distribution over a space in which the parameters are independent, and its training step.

Each number follows a normal in u, truncated to [0, 1]; each choice has a probability for each
option. Sources: the step is the gradient of Williams, "Simple statistical gradient-following
algorithms for connectionist reinforcement learning" (1992); utilities by rank, and the scaling by
the Fisher information, are those of Wierstra et al., "Natural evolution strategies" (2014); the
importance of trials is truncated as in Ionides, "Truncated importance sampling" (2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from parzen.coordinator.law import Array
from parzen.coordinator.unit import UnitCube

START_SD = 0.2
"""The numbers' standard deviation in u before the first step."""
LEAST_SD, MOST_SD = 0.02, 0.5
"""It stays within these: below, nothing new would be drawn."""
EXPLORED = 0.05
"""The share of a choice's draws that is left to its prior, so that no option is given up."""
MEAN_RATE, SD_RATE, LOGIT_RATE = 1.0, 0.3, 2.0
"""What a step of ``learning_rate`` 1 does to each: of a mean it is the whole way, in standard
deviations, to the weighted mean of the better half."""
FEW = 2.0
"""A parameter that so many trials had is moved by half of what they say."""
FARTHEST = 700.0
"""No logit lies so far below the greatest: exponentials stay above 0."""
TINY = 1e-300


@dataclass(frozen=True, slots=True)
class Sample:
    """Trials to learn from, n of them.

    ``rows`` is (n, width), ``losses`` (n,), NaN for what failed or was pruned, ``drawn`` (n, width)
    the logarithms of the densities, relative to the prior, with which their values were drawn.
    """

    rows: Array
    losses: Array
    drawn: Array


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """One distribution: k numbers' ``means`` and ``log_sds``, and ``logits`` of c choices.

    ``logits`` and ``prior``, the options' probabilities before any step, are (c, the most options
    that a choice has); what a choice lacks has the prior 0.
    """

    cube: UnitCube
    prior: Array
    means: Array
    log_sds: Array
    logits: Array

    @classmethod
    def first(cls, cube: UnitCube) -> Factors:
        """The distribution before the first step: the prior, but for numbers narrower."""
        numbers, choices = len(cube.numeric), cube.categorical.tolist()
        most = max((cube.axes[j].options for j in choices), default=1)
        prior = np.zeros((len(choices), most))
        for i, j in enumerate(choices):
            prior[i, : cube.axes[j].options] = cube.probabilities(j)
        logits = np.maximum(np.log(np.maximum(prior, TINY)), -FARTHEST)
        means, log_sds = np.full(numbers, 0.5), np.full(numbers, math.log(START_SD))
        return cls(cube, prior, means, log_sds, logits)

    @property
    def probabilities(self) -> Array:
        """Those of the options, (c, most): none is below ``EXPLORED`` of its prior."""
        odds = np.where(self.prior > 0, np.exp(self.logits), 0.0)
        learned: Array = odds / odds.sum(axis=1, keepdims=True)
        return (1.0 - EXPLORED) * learned + EXPLORED * self.prior

    def draw(self, r: Array) -> Array:
        """The row at ``r``, uniform in [0, 1): (width,), all parameters, whatever takes part."""
        cube, row = self.cube, np.empty(self.cube.width)
        sds = np.exp(self.log_sds)
        low, high = ndtr(-self.means / sds), ndtr((1.0 - self.means) / sds)
        deviations = ndtri(low + r[cube.numeric] * (high - low))
        row[cube.numeric] = np.clip(self.means + sds * deviations, 0.0, 1.0)
        for j in cube.numeric.tolist():
            if cube.axes[j].binned:
                row[j] = cube.axes[j].snap(row[j : j + 1])[0]
        shares = self.probabilities
        below = (np.cumsum(shares, axis=1) <= r[cube.categorical][:, None]).sum(axis=1)
        last = shares.shape[1] - 1 - np.argmax(shares[:, ::-1] > 0, axis=1)
        row[cube.categorical] = np.minimum(below, last)  # rounding leaves nothing beyond
        return row

    def log_densities(self, rows: Array) -> Array:
        """Of each value of ``rows`` (n, width), relative to the prior; 0 where there is none."""
        densities = np.zeros(rows.shape)
        sds = np.exp(self.log_sds)
        z = (rows[:, self.cube.numeric] - self.means) / sds
        inside = ndtr((1.0 - self.means) / sds) - ndtr(-self.means / sds)
        density = -0.5 * z * z - self.log_sds - 0.5 * math.log(2.0 * math.pi) - np.log(inside)
        densities[:, self.cube.numeric] = np.where(np.isnan(z), 0.0, density)
        options, active = self._options(rows)
        gain = np.log(np.maximum(self.probabilities, TINY) / np.maximum(self.prior, TINY))
        at = np.take_along_axis(gain, options.T, axis=1).T
        densities[:, self.cube.categorical] = np.where(active, at, 0.0)
        return densities

    def step(self, sample: Sample, rate: float) -> Factors:
        """The distribution after one step, of ``rate`` times the usual length."""
        numeric, categorical = self.cube.numeric, self.cube.categorical
        weights = rate * self._weights(sample)
        means, log_sds = self._moved(sample.rows[:, numeric], weights[:, numeric])
        logits = self._reweighted(sample.rows, weights[:, categorical])
        return replace(self, means=means, log_sds=log_sds, logits=logits)

    def _weights(self, sample: Sample) -> Array:
        """How far each trial draws each parameter, (n, width); they sum to 0 for each parameter.

        The baseline is the parameter's own: the mean utility, by importance, of the trials that
        have it.
        """
        ahead = self.log_densities(sample.rows) - sample.drawn
        importance = np.where(np.isnan(sample.rows), 0.0, np.exp(np.minimum(ahead, 0.0)))
        total = importance.sum(axis=0)
        useful = utilities(sample.losses)[:, None]
        baseline = (importance * useful).sum(axis=0) / np.maximum(total, TINY)
        weights: Array = importance * (useful - baseline) * len(sample.losses) / (total + FEW)
        return weights

    def _moved(self, u: Array, weights: Array) -> tuple[Array, Array]:
        """Means and log standard deviations after a step; their Fisher information scales it."""
        sds = np.exp(self.log_sds)
        z = np.where(np.isnan(u), 0.0, (u - self.means) / sds)
        means = self.means + MEAN_RATE * sds * (weights * z).sum(axis=0)
        log_sds = self.log_sds + SD_RATE * (weights * z * z).sum(axis=0)
        return (
            np.clip(means, 0.0, 1.0),
            np.clip(log_sds, math.log(LEAST_SD), math.log(MOST_SD)),
        )

    def _reweighted(self, rows: Array, weights: Array) -> Array:
        """Logits after a step; the weights sum to 0, so that the share of each option cancels."""
        options, _ = self._options(rows)
        moved = self.logits.copy()
        np.add.at(moved, (np.arange(len(moved)), options), LOGIT_RATE * weights)
        moved -= moved.max(axis=1, keepdims=True)
        kept: Array = np.maximum(moved, -FARTHEST)
        return kept

    def _options(self, rows: Array) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """The options of each choice, 0 where it takes no part, and whether it does: (n, c)."""
        found = rows[:, self.cube.categorical]
        active = ~np.isnan(found)
        return np.where(active, found, 0.0).astype(np.intp), active


def utilities(losses: Array) -> Array:
    """What trials are worth by the ranks of their losses, (n,); they sum to 0.

    The better half is worth more than nothing, by the logarithm of the rank; NaN is worst, and
    equal losses are worth the same.
    """
    count = len(losses)
    raw = np.maximum(0.0, math.log(count / 2 + 1) - np.log(np.arange(1, count + 1)))
    raw = raw / raw.sum() - 1.0 / count
    known = np.where(np.isnan(losses), math.inf, losses)
    _, rank, ties = np.unique(known, return_inverse=True, return_counts=True)
    ends = np.cumsum(ties)
    upto = np.concatenate([[0.0], np.cumsum(raw)])
    shared: Array = (upto[ends] - upto[ends - ties]) / ties
    return shared[rank]
