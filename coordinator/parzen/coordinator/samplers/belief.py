"""What a source says of this study's points, and what its own trials would have come to here."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.law import Array
from parzen.coordinator.samplers import agreement, ranking
from parzen.coordinator.samplers.features import Features
from parzen.coordinator.samplers.gaussian_process import Kernel, posterior, prior_mean
from parzen.coordinator.samplers.rescaling import Scale
from parzen.coordinator.samplers.sources import Source
from parzen.coordinator.samplers.strata import best_and_others
from parzen.coordinator.samplers.targets import standardised
from parzen.coordinator.unit import UnitCube

LIKENESS, LIKENESS_TRIALS = 0.8, 2.0
"""The correlation that is expected of what a source predicts and what is seen, and how many trials
that expectation is worth."""
NOISE = 0.1
"""The variance of what no source explains from one point to its neighbour, in that of all that it
does not explain."""


class Belief:
    """A Gaussian process that has seen a source's trials, in the parameters that it knows.

    Args:
        cube: this study's space.
        source: the source.
    """

    def __init__(self, cube: UnitCube, source: Source) -> None:
        self.source = source
        known = UnitCube(
            [replace(cube.dimensions[j], active_when=()) for j in source.columns.tolist()]
        )
        order = np.argsort(source.losses, kind="stable")
        chosen = best_and_others(order, ranking.FITTED)
        targets = standardised(source.losses)
        theta = ranking.fitted(known, source.rows[chosen], targets[chosen])
        self._features = Features(known, source.rows[chosen])
        vectors = self._features.of(source.rows)
        self._posterior = posterior(self._features, theta, vectors, targets)
        self._means = self._posterior.view(vectors).mean  # without the source's noise
        self.best_first: NDArray[np.intp] = np.argsort(self._means, kind="stable")
        """The source's trials by what is believed of them."""
        self.soundness = agreement.trust(targets - self._posterior.errors(), targets)
        """In [0, 1], how far its trials tell of each other, as they are to tell of others."""
        self._space = Features(cube, source.whole[chosen])
        self._kernel = Kernel(self._space, _extended(cube, self._space, source, theta))
        self._whole = self._scaled(source.whole)

    def predicted(self, rows: Array) -> Array:
        """What it says of ``rows`` (n, width): (n,), on a scale of its own, lower is better."""
        return self._posterior.view(self._features.of(rows[:, self.source.columns])).mean

    def translated(self, rows: Array, losses: Array) -> Array:
        """What the source's trials would have come to in this study: (trials of the source,).

        A straight line from what the source says to what was seen, the flatter the less the two
        agree, and near what was seen as much as it lay off that line: a Gaussian process of what
        is left, with the source's own length-scales. So the source does not gainsay this study
        where that has looked itself.

        Args:
            rows: (n, width) this study's complete trials.
            losses: (n,) theirs; where there are none, the source's own are given back.
        """
        if not len(losses):
            return self.source.losses
        scale = Scale(losses, self._spread())
        seen = scale.of(losses)
        said = self.predicted(rows)
        middle = float(said.mean())
        slope = _slope(said - middle, seen)
        there = self._scaled(rows)
        covariance = self._kernel.between(there, there)
        covariance.flat[:: len(there) + 1] += NOISE * self._kernel.signal
        left = np.linalg.solve(covariance, seen - slope * (said - middle))
        off = self._kernel.between(self._whole, there) @ left
        return scale.back(slope * (self._means - middle) + off)

    def _scaled(self, rows: Array) -> Array:
        return self._space.of(rows) * self._kernel.scale

    def _spread(self) -> float:
        """The standard deviation of the source's losses, 1 where they are equal."""
        top = float(np.abs(self.source.losses).max()) or 1.0
        return float((self.source.losses / top).std()) * top or 1.0


def _extended(cube: UnitCube, features: Features, source: Source, theta: Array) -> Array:
    """The hyperparameters ``theta`` of a source for the whole space: unknown lengths are usual."""
    active = float((~np.isnan(source.whole)).sum(axis=1).mean())
    extended = prior_mean(features, active)
    columns = [*cube.numeric.tolist(), *cube.categorical.tolist()]
    extended[:-2][np.isin(columns, source.columns)] = theta[:-2]
    extended[-2:] = theta[-2:]
    return extended


def _slope(said: Array, seen: Array) -> float:
    """Of the line from what a source says to what was seen, both of mean 0; never below 0."""
    count = len(said)
    spread = math.sqrt((float(said @ said) + 1.0) / (count + 1.0))
    likeness = float(said @ seen) / spread
    believed = (LIKENESS_TRIALS * LIKENESS + likeness) / (LIKENESS_TRIALS + count)
    return max(0.0, believed) / spread
