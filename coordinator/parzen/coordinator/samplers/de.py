"""Differential evolution: points of a population plus differences between others of its points.

Source: Storn and Price, "Differential Evolution" (1997). The strategy, current-to-pbest/1/bin
with an archive, is that of Zhang and Sanderson, "JADE" (2009). There are no generations: a slot of
the population holds the best of its trials, whenever they end.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from parzen.coordinator import memos
from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.memos import BY, MEMBER
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import crossing, novelty, options, streams
from parzen.coordinator.samplers.protocol import Remembered
from parzen.coordinator.samplers.starting import Start
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension, Params

NAME = "de"

FEWEST, GROWTH = 8, 1.5
"""The usual population: so many slots, and so many more per root of the number of parameters."""

LEADERS = 2
"""A child is drawn to one of so many of the best complete trials."""

DONORS, ARCHIVE = 1, 2
"""The two points whose difference is added are among the best complete trials: so many for each
slot, whoever proposed them."""

PULL, DITHER = 0.7, 0.3
"""How far a child goes to its leader, on average; this and the factor of differences vary by so
much to either side."""

CHANCES = (0.6, 0.35)
"""With these a mutant's option is that of a leader and that of a donor; else it is drawn from the
prior."""


class DESampler:
    """Differential evolution, asynchronous: children compete with the best of their slot.

    Args:
        dimensions: the space.
        population_size: how many slots there are; None for a number that grows with the space.
        mutation: the mean factor of differences, above 0.3 and below 1.7.
        crossover: the probability with which a child's parameter is the mutant's, between 0 and 1.

    Raises:
        InvalidStudy: an option is out of range.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        population_size: int | None = None,
        mutation: float = 0.4,
        crossover: float = 0.9,
    ) -> None:
        if population_size is None:
            population_size = round(FEWEST + GROWTH * math.sqrt(len(dimensions)))
        self._size = options.whole(
            "population_size", population_size, 4, options.LARGEST_POPULATION
        )
        self._mutation = options.between("mutation", mutation, DITHER, 2 - DITHER)
        self._crossover = options.between("crossover", crossover, 0, 1)
        self._start = Start(dimensions)

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        slots = [history.series(NAME, slot) for slot in range(self._size)]
        targets = [slot.ranked[0] if slot.ranked else None for slot in slots]
        archive = history.rows(history.ranked_numbers[: ARCHIVE * self._size])

        def one(outlook: Outlook, number: int) -> novelty.Point | None:
            rng = streams.for_trial(seed, number)
            slot = self._slot(outlook, [len(slot.ended) for slot in slots])
            target = targets[slot]
            if target is None:
                point = self._start.one(outlook, number, seed)
            else:
                row = self._child(history.cube, history.rows([target])[0], archive, rng)
                point = crossing.nearest_new(outlook, row, rng)
            if point is None:
                return None
            return point[0], Remembered(point[1], {BY: NAME, MEMBER: slot})

        return novelty.batch(history, numbers, one)

    def _slot(self, outlook: Outlook, ended: Sequence[int]) -> int:
        """The slot with the fewest trials, the first among equals."""
        pending = Counter(memos.member(memo) for _, memo in outlook.pending_memos(NAME))
        return min(range(self._size), key=lambda slot: (ended[slot] + pending[slot], slot))

    def _child(
        self, cube: UnitCube, target: Array, archive: Array, rng: np.random.Generator
    ) -> Array:
        """A whole row, the target's crossed with a mutant.

        Args:
            cube: the space.
            target: the best of the child's slot, (width,).
            archive: the best complete trials, best first, (n, width).
            rng: what all is drawn from.
        """
        most = (LEADERS, DONORS * self._size, ARCHIVE * self._size)
        leader, donor, other = (archive[rng.integers(min(n, len(archive)))] for n in most)
        base = crossing.whole(cube, np.stack([target, leader, donor]), rng)
        pull, factor = np.array([PULL, self._mutation]) + DITHER * rng.uniform(-1.0, 1.0, 2)
        # A difference from what takes no part is none: it says nothing of a direction.
        mutant = base + pull * np.nan_to_num(leader - base) + factor * np.nan_to_num(donor - other)
        mutant = np.where(mutant < 0.0, base / 2, np.where(mutant > 1.0, (1.0 + base) / 2, mutant))
        parents = np.stack(
            [crossing.whole(cube, np.stack([p, base]), rng) for p in (leader, donor)]
        )
        mutant[cube.categorical] = crossing.options(cube, parents, np.array(CHANCES), rng)
        taken = rng.random(cube.width) < self._crossover
        return np.where(taken, mutant, base)
