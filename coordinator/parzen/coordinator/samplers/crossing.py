"""Points made of other points, in spaces of any kind: what samplers that evolve points share.

Parents are rows, each of which may lack what others have. They are made whole before they are
crossed, so that a child may take any option of any of them, and :meth:`UnitCube.params` leaves out
again what takes no part.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parzen.coordinator.law import Array
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import novelty
from parzen.coordinator.samplers.anneal import completed, neighbour
from parzen.coordinator.unit import UnitCube

DRAWS = 16
"""So many neighbours are tried where a point is known, the last one from the whole space."""


def whole(cube: UnitCube, parents: Array, rng: np.random.Generator) -> Array:
    """The first of ``parents`` (n, width); what it lacks is that of the next that has it.

    What none has is drawn from its prior.
    """
    row = completed(parents, 0)
    for j in np.flatnonzero(np.isnan(row)).tolist():
        row[j] = drawn(cube, j, rng)
    return row


def drawn(cube: UnitCube, j: int, rng: np.random.Generator) -> float:
    """A draw of column ``j`` from its prior."""
    return float(cube.axes[j].from_uniform(rng.random(1))[0])


def options(cube: UnitCube, parents: Array, chances: Array, rng: np.random.Generator) -> Array:
    """An option for each choice of the space, in the order of ``cube.categorical``.

    Args:
        cube: the space.
        parents: whole rows, (n, width).
        chances: with which probability an option is that of each parent, (n,). What is missing in
            their sum is the probability of a draw from the prior.
        rng: what all is drawn from.
    """
    columns = cube.categorical
    whose = np.searchsorted(np.cumsum(chances), rng.random(len(columns)), side="right")
    found: Array = parents[np.minimum(whose, len(parents) - 1), columns]
    for place in np.flatnonzero(whose >= len(parents)).tolist():
        found[place] = drawn(cube, int(columns[place]), rng)
    return found


def nearest_new(outlook: Outlook, row: Array, rng: np.random.Generator) -> novelty.Point | None:
    """The point of the whole ``row``; where it is known a neighbour, none too far, that is new.

    None: the space is exhausted.
    """
    return novelty.first_new(outlook, _around(outlook.cube, row, rng)) or novelty.any_new(
        outlook, rng
    )


def _around(cube: UnitCube, row: Array, rng: np.random.Generator) -> Iterator[Array]:
    yield cube.prune(row[None, :].copy())[0]
    for i in reversed(range(DRAWS)):
        yield neighbour(cube, row, 0.5**i, rng)
