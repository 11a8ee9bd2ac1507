"""A genetic algorithm: children of two good trials, with some of their parameters mutated.

Sources: Goldberg and Deb, "A Comparative Analysis of Selection Schemes Used in Genetic Algorithms"
(1991), for tournaments; Deb and Agrawal, "Simulated Binary Crossover for Continuous Search Space"
(1995), for how numbers are crossed. It is steady-state: there are no generations, each child's
parents are among the best trials that are complete when it is made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import crossing, novelty, options, streams
from parzen.coordinator.samplers.starting import Start
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension, Params

TOURNAMENT = 3
"""A parent is the best of so many of the population, drawn at random."""
SPREAD_INDEX = 2.0
"""η of simulated binary crossover: the larger, the nearer children are to their parents."""
LEAST_SD = 0.02
"""What a mutation adds to a number has the population's standard deviation there, in u, but no less
than this."""
IMMIGRANTS = 0.05
"""So many children are no children but draws from the prior, which keeps the population apart."""


class GeneticSampler:
    """A steady-state genetic algorithm.

    Args:
        dimensions: the space.
        population_size: parents are taken from so many of the best complete trials.
        crossover: the probability that a child has two parents and not one.
        mutation: how many parameters of a child are mutated, on average.
        n_startup_trials: trials numbered below this come from a Sobol sequence.

    Raises:
        InvalidStudy: an option is out of range.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        population_size: int = 12,
        crossover: float = 0.9,
        mutation: float = 1.0,
        n_startup_trials: int = 10,
    ) -> None:
        self._size = options.whole("population_size", population_size, 2)
        self._crossover = options.between("crossover", crossover, 0, 1, inclusive=True)
        self._mutation = options.between("mutation", mutation, 0, math.inf)
        self._startup = options.whole("n_startup_trials", n_startup_trials, 0)
        self._start = Start(dimensions)

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        population = history.rows(history.ranked_numbers[: self._size])

        def one(outlook: Outlook, number: int) -> novelty.Point | None:
            rng = streams.for_trial(seed, number)
            if number < self._startup or not len(population):
                return self._start.one(outlook, number, seed)
            if rng.random() < IMMIGRANTS:
                return novelty.any_new(outlook, rng)
            child = self._child(outlook.cube, population, rng)
            return crossing.nearest_new(outlook, child, rng)

        return novelty.batch(history, numbers, one)

    def _child(self, cube: UnitCube, population: Array, rng: np.random.Generator) -> Array:
        """A whole row made of one or two of ``population`` (n, width), best first."""
        first, second = population[_winners(len(population), rng)]
        mother = crossing.whole(cube, np.stack([first, second]), rng)
        child = mother
        if rng.random() < self._crossover:
            father = crossing.whole(cube, np.stack([second, first]), rng)
            child = _crossed(cube, mother, father, rng)
        return self._mutated(cube, child, _spread(population), rng)

    def _mutated(
        self, cube: UnitCube, child: Array, spread: Array, rng: np.random.Generator
    ) -> Array:
        """``child`` with steps of ``spread`` added to some numbers, and some options drawn anew."""
        share = min(1.0, self._mutation / max(1, cube.width))
        mutates = rng.random(cube.width) < share
        steps = spread * rng.normal(size=cube.width)
        mutated = child.copy()
        for j in np.flatnonzero(mutates).tolist():
            if cube.axes[j].options:
                mutated[j] = crossing.drawn(cube, j, rng)
            else:
                mutated[j] += steps[j]
        return _inside(cube, mutated)


def _winners(count: int, rng: np.random.Generator) -> list[int]:
    """The ranks of the winners of two tournaments among ``count``: two, where there are two."""
    first = int(rng.integers(count, size=TOURNAMENT).min())
    if count == 1:
        return [first, first]
    second = int(rng.integers(count - 1, size=TOURNAMENT).min())
    return [first, second + (second >= first)]


def _spread(population: Array) -> Array:
    """The standard deviation of each column of ``population``, at least ``LEAST_SD``: (width,)."""
    known = ~np.isnan(population)
    count = np.maximum(1, known.sum(axis=0))
    filled = np.where(known, population, 0.0)
    mean = filled.sum(axis=0) / count
    squares = np.where(known, (filled - mean) ** 2, 0.0).sum(axis=0) / count
    spread: Array = np.maximum(LEAST_SD, np.sqrt(squares))
    return spread


def _crossed(cube: UnitCube, mother: Array, father: Array, rng: np.random.Generator) -> Array:
    """A child: each option is one parent's, each number lies about both by simulated crossover."""
    u = rng.random(cube.width)
    exponent = 1.0 / (SPREAD_INDEX + 1.0)
    beta = np.where(u <= 0.5, 2.0 * u, 1.0 / (2.0 * (1.0 - u))) ** exponent  # noqa: PLR2004 - a half
    swapped = rng.random(cube.width) < 0.5  # noqa: PLR2004 - either parent is as likely
    near, far = np.where(swapped, father, mother), np.where(swapped, mother, father)
    child = near.copy()
    j = cube.numeric
    child[j] = 0.5 * ((1.0 + beta[j]) * near[j] + (1.0 - beta[j]) * far[j])
    return _inside(cube, child)


def _inside(cube: UnitCube, row: Array) -> Array:
    """``row`` with numbers beyond the cube mirrored at its border."""
    j = cube.numeric
    row[j] = np.clip(1.0 - np.abs(1.0 - np.abs(row[j])), 0.0, 1.0)
    return row
