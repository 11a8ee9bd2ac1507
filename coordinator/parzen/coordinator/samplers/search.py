"""The search for the point of the space that promises most."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from parzen.coordinator.law import Array
from parzen.coordinator.samplers.acquisition import LogImprovement
from parzen.coordinator.samplers.features import Features
from parzen.coordinator.unit import UnitCube

FROM_GOOD = 128
"""Candidates drawn from TPE's mixture of good trials."""
UNIFORM = 64
"""Candidates drawn from the prior."""
NEAR = 64
"""Candidates near the best trials, so many at each of ``NEAR_SD``."""
NEAR_SD = (0.1, 0.02)
"""Standard deviations, in u, of the steps away from the best trials."""
BEST = 5
"""So many of the best trials have candidates near them."""
ROUNDS_SD = (0.05, 0.01)
"""Then candidates near the most promising ones are added, in rounds with these deviations."""
ROUND, ROUND_BEST = 48, 6
"""So many in each round, near so many."""
CLIMBS = 2
"""From so many of the most promising ones a local maximum is looked for."""
CLIMB_STEPS = 20
"""At most so many steps of L-BFGS each."""
FLIP = 0.1
"""An option of a point nearby is drawn anew with this probability, or one in the width's."""


def candidates(
    cube: UnitCube,
    good: Callable[[int, np.random.Generator], Array],
    tried: Array,
    rng: np.random.Generator,
) -> Array:
    """Points where a search may begin: (count, width).

    Args:
        cube: the space.
        good: draws so many rows from where good trials are dense.
        tried: the rows of trials, the best first.
        rng: what all is drawn from.
    """
    return np.concatenate(
        [
            good(FROM_GOOD, rng),
            cube.from_uniform(rng.random((UNIFORM, cube.width))),
            *(nearby(cube, tried[:BEST], NEAR, sd, rng) for sd in NEAR_SD),
        ]
    )


def nearby(cube: UnitCube, base: Array, count: int, sd: float, rng: np.random.Generator) -> Array:
    """``count`` points near those of ``base``, in turn; what becomes active is drawn anew."""
    rows = base[np.arange(count) % len(base)]
    steps = sd * rng.normal(size=(count, len(cube.numeric)))
    flipped = rng.random((count, cube.width)) < max(FLIP, 1.0 / cube.width)
    drawn = rng.random((count, cube.width))
    rows[:, cube.numeric] = _reflected(rows[:, cube.numeric] + steps)
    for j, axis in enumerate(cube.axes):
        anew = np.isnan(rows[:, j])
        if axis.options:
            anew |= flipped[:, j]
        rows[anew, j] = axis.from_uniform(drawn[anew, j])
    return _on_grid(cube, rows)


class Search:
    """Looks for points at which ``improvement`` less ``crowd`` is largest.

    Args:
        cube: the space.
        features: how rows become vectors.
        improvement: by how much a point promises to be better.
        crowd: how much rows lie among pending trials: (n,) for (n, width).
        rng: what random steps are drawn from.
    """

    def __init__(
        self,
        cube: UnitCube,
        features: Features,
        improvement: LogImprovement,
        crowd: Callable[[Array], Array],
        rng: np.random.Generator,
    ) -> None:
        self._cube = cube
        self._features = features
        self._improvement = improvement
        self._crowd = crowd
        self._rng = rng

    def best_first(self, rows: Array, improvement: Array) -> Array:
        """Rows of points, the best first.

        Args:
            rows: where to begin.
            improvement: that of each of them.
        """
        merit = improvement - self._crowd(rows)
        for sd in ROUNDS_SD:
            more = nearby(self._cube, _top(rows, merit, ROUND_BEST), ROUND, sd, self._rng)
            rows = np.concatenate([rows, more])
            merit = np.append(merit, self._merit(more))
        climbed = np.array([self._climb(row) for row in _top(rows, merit, CLIMBS)])
        merit = np.append(self._merit(climbed), merit)
        return _top(np.concatenate([climbed, rows]), merit, len(merit))

    def _merit(self, rows: Array) -> Array:
        merit: Array = self._improvement.at(self._features.of(rows)) - self._crowd(rows)
        return merit

    def _climb(self, row: Array) -> Array:
        """The row at a local maximum near ``row`` in its numbers, its options as they are."""
        numeric = self._cube.numeric
        (moving,) = np.nonzero(~np.isnan(row[numeric]))
        if not len(moving):
            return row
        vector = self._features.of(row[None, :])[0]

        def falling(x: Array) -> tuple[float, Array]:
            vector[moving] = x
            value, gradient = self._improvement.slope(vector)
            return -value, -gradient[moving]

        found = minimize(
            falling,
            row[numeric[moving]],
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, 1.0)] * len(moving),
            options={"maxiter": CLIMB_STEPS},
        )
        climbed = row.copy()
        climbed[numeric[moving]] = np.clip(found.x, 0.0, 1.0)
        on_grid: Array = _on_grid(self._cube, climbed[None, :])[0]
        return on_grid


def _on_grid(cube: UnitCube, rows: Array) -> Array:
    """``rows``, in place, on the grids of their parameters, with NaN for what is inactive."""
    for j in cube.numeric:
        active = ~np.isnan(rows[:, j])
        rows[active, j] = cube.axes[j].snap(rows[active, j])
    return cube.prune(rows)


def _top(rows: Array, merit: Array, count: int) -> Array:
    best: Array = rows[np.argsort(-merit, kind="stable")[:count]]
    return best


def _reflected(u: Array) -> Array:
    """``u`` with what lies beyond 0 or 1 mirrored there."""
    inside: Array = np.clip(1.0 - np.abs(1.0 - np.abs(u)), 0.0, 1.0)
    return inside
