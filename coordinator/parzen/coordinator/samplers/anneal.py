"""Random search that narrows around good points as trials end, as a metal sets while it cools.

Source: the cooling is that of Kirkpatrick, Gelatt and Vecchi, "Optimization by Simulated Annealing"
(1983). There is no walk and no state: where to look next is drawn from the ranks of all trials that
are complete, so that any number of them may run at once, and bad steps need no taking back.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import novelty, options, streams
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension, Params

REACH = 20
"""Bases are looked for among so many times ``mean_rank`` of the best trials: all but e^-20."""

DRAWS = 16
"""So many neighbours are drawn until one is new, the last ones from nearly the whole space."""

BEST = math.nextafter(1.0, 0.0)
"""A mean rank above this, 1 among them, is one that ranks can have."""


class AnnealSampler:
    """Neighbours of good trials, the nearer the more trials there are.

    The base is one of the best complete trials; its rank, 1 for the best, follows a geometric law.
    After n trials have ended, a number is uniform in a window of width 1 / (1 + n ``cooling``)
    around the base's, in u; a choice is the base's with the probability n ``cooling`` / (1 + n
    ``cooling``), else drawn from its prior. What the base lacks is taken from the next one in rank
    that has it.

    Args:
        dimensions: the space.
        mean_rank: the mean of the base's rank, at least 1; 1 looks around the best trial only.
        cooling: how fast the window narrows, per trial that ended.

    Raises:
        InvalidStudy: an option is out of range.
    """

    def __init__(
        self, dimensions: Sequence[Dimension], *, mean_rank: float = 2.0, cooling: float = 0.1
    ) -> None:
        del dimensions  # the history knows them
        self._mean_rank = options.between("mean_rank", mean_rank, BEST, math.inf)
        self._cooling = options.between("cooling", cooling, 0, math.inf)

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        count = math.ceil(min(REACH * self._mean_rank, len(history.ranked_numbers)))
        good = history.rows(history.ranked_numbers[:count])
        width = 1.0 / (1.0 + len(history.ended) * self._cooling)

        def one(outlook: Outlook, number: int) -> novelty.Point | None:
            rng = streams.for_trial(seed, number)
            rows = self._neighbours(outlook.cube, good, width, rng)
            return novelty.first_new(outlook, rows) or novelty.any_new(outlook, rng)

        return novelty.batch(history, numbers, one)

    def _neighbours(
        self, cube: UnitCube, good: Array, width: float, rng: np.random.Generator
    ) -> Iterator[Array]:
        """Rows near one of ``good`` (n, width of the space), best first; none where n is 0.

        The window grows from one row to the next: on a grid a narrow one holds known points alone.
        """
        shares = np.cumsum((1.0 - 1.0 / self._mean_rank) ** np.arange(len(good)))
        for i in range(DRAWS if len(good) else 0):
            index = int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))
            yield neighbour(cube, completed(good, index), width ** (1.0 - i / DRAWS), rng)


def completed(good: Array, index: int) -> Array:
    """The row ``index`` of ``good`` (n, width); what it lacks is that of the next that has it."""
    following = np.roll(good, -index, axis=0)
    found = np.argmax(~np.isnan(following), axis=0)
    row: Array = following[found, np.arange(good.shape[1])]
    return row


def neighbour(cube: UnitCube, base: Array, width: float, rng: np.random.Generator) -> Array:
    """A row near ``base`` (width of the space); where that is NaN, one drawn from the prior.

    Args:
        cube: the space.
        base: a row, perhaps with parameters that take no part in it.
        width: of the window, in (0, 1]; within [0, 1] it is shifted to stay there whole. A choice
            keeps its option with the probability 1 - ``width``.
        rng: what all is drawn from.
    """
    r, kept = rng.random((2, cube.width))
    start = np.clip(base - width / 2, 0.0, 1.0 - width)
    near = np.where(np.isnan(base), r, start + width * r)
    rows = np.empty((1, cube.width))
    for j, axis in enumerate(cube.axes):
        if axis.options and not np.isnan(base[j]) and kept[j] >= width:
            rows[0, j] = base[j]
        else:
            rows[0, j] = axis.from_uniform(np.array([r[j] if axis.options else near[j]]))[0]
    pruned: Array = cube.prune(rows)[0]
    return pruned
