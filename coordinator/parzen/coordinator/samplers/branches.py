"""Visits to branches, whatever was seen of them: a share of all proposals.

A choice that other parameters depend on decides which space is searched. Where one option was
unlucky in its first trials, its better points lie far from all that is good, and neither densities
nor a Gaussian process go there again. So some proposals are confined to a branch that a draw from
the prior takes, and are made from that branch's trials alone: what is good there is what is good
among those. This is forced exploration, as in epsilon-greedy rules for bandits (Sutton and Barto,
"Reinforcement Learning", 2018, section 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.samplers import streams
from parzen.coordinator.samplers.strata import strata
from parzen.coordinator.unit import UnitCube

SHARE = 0.2
"""Of all proposals, so many visit a branch."""
SEEN = 512
"""A branch's trials are looked for among so many, from all ranks, so that a visit's cost is flat.
"""


@dataclass(frozen=True, slots=True)
class Branch:
    """Rows that have ``option`` in ``column``, a choice.

    ``way`` are that column and those of the choices that it depends on; ``u`` (width,) is a draw,
    uniform in [0, 1), that takes the branch, and ``luck`` another one.
    """

    column: int
    option: float
    way: NDArray[np.intp]
    u: Array
    luck: float

    def trials(self, history: History, rng: np.random.Generator) -> tuple[Array, Array]:
        """The rows of the branch's finished trials: with a loss, the best first, and without."""
        ranked, lossless = history.ranked_numbers, history.lossless
        taken = strata(len(ranked) + len(lossless), SEEN, rng).tolist()
        rows = (
            history.rows([ranked[i] for i in taken if i < len(ranked)]),
            history.rows([lossless[i - len(ranked)] for i in taken if i >= len(ranked)]),
        )
        with_loss, without = (each[each[:, self.column] == self.option] for each in rows)
        return with_loss, without

    def is_left(self, complete: int, failed: int) -> bool:
        """Whether this visit is forgone, where so many of the branch's trials ended so.

        Its probability is failed / (complete + failed + 1): a branch that only crashes is visited
        less and less, and one that was never seen always.
        """
        return self.luck < failed / (complete + failed + 1)

    def confine(self, r: Array) -> None:
        """Change draws (n, width) from the prior, in place, so that they lie in the branch.

        So do those from kernels at the branch's trials, which keep an option or draw it from there.
        """
        r[:, self.way] = self.u[self.way]


def visited(cube: UnitCube, seed: int, number: int) -> Branch | None:
    """The branch that proposal ``number`` is confined to; None: it is free, as most are.

    Where no parameter depends on a choice, all are free.
    """
    parents = {c.name for d in cube.dimensions for c in d.active_when}
    if not parents:
        return None
    rng = streams.for_branch(seed, number)
    if rng.random() >= SHARE:
        return None
    u = rng.random(cube.width)
    row = cube.from_uniform(u[None, :])[0]
    active = ~np.isnan(row)
    columns = [j for j, d in enumerate(cube.dimensions) if d.name in parents and active[j]]
    column = columns[rng.integers(len(columns))]
    way = np.array(_way(cube, row, column), dtype=np.intp)
    return Branch(column, float(row[column]), way, u, luck=rng.random())


def _way(cube: UnitCube, row: Array, column: int) -> list[int]:
    """``column`` and, each before what depends on it, the choices that it is active by."""
    place = {d.name: j for j, d in enumerate(cube.dimensions)}
    way = [column]
    while conditions := cube.dimensions[way[0]].active_when:
        pairs = ((place[c.name], c.value) for c in conditions)
        way.insert(0, next(j for j, value in pairs if row[j] == cube.axes[j].encode(value)))
    return way
