"""Batches of points that were neither tried nor are pending."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers.protocol import memo_of
from parzen.shared.dimensions import Params

Point: TypeAlias = tuple[Array, Params]
"""A row in the form in which it will be read back from the stored parameters, and those."""

SMALL = 10_000
"""Up to so many points, those left are listed and one is drawn; beyond, the first left is taken."""

DRAWS = 64
"""So many draws from the prior may hit a known point before the points that are left are listed."""

REPEATS = 1_000
"""So many rows beyond those taken may repeat known points before an endless space is exhausted."""


def batch(
    history: History,
    numbers: Sequence[int],
    propose: Callable[[Outlook, int], Point | None],
) -> Sequence[Params]:
    """What ``propose`` gives for each number, earlier ones pending; ends where it gives None."""
    outlook = Outlook(history)
    proposed: list[Params] = []
    for number in numbers:
        point = propose(outlook, number)
        if point is None:
            break
        outlook.add(number, point[0], memo_of(point[1]))
        proposed.append(point[1])
    return proposed


def first_new(outlook: Outlook, rows: Iterable[Array]) -> Point | None:
    """The first of ``rows`` that is new, or None."""
    for row in rows:
        params = outlook.cube.params(row)
        canonical = outlook.cube.row(params)
        if not outlook.holds(canonical):
            return canonical, params
    return None


def any_new(outlook: Outlook, rng: np.random.Generator) -> Point | None:
    """A new point drawn from the prior or, failing that, any that is left; None: exhausted."""
    draws = (
        outlook.cube.from_uniform(rng.random((1, outlook.cube.width)))[0] for _ in range(DRAWS)
    )
    return first_new(outlook, draws) or first_new(outlook, _left(outlook, rng))


def _left(outlook: Outlook, rng: np.random.Generator) -> Iterator[Array]:
    """One point of those left, if any; the walk meets at most one more than are taken.

    A continuum can repeat itself, where few floats are within its reach: there the walk ends after
    ``REPEATS`` rows more.
    """
    endless = any(math.isinf(axis.size) for axis in outlook.cube.axes)
    rows = islice(outlook.cube.points(rng), outlook.taken + REPEATS if endless else None)
    walk = (row for row in rows if not outlook.holds(row))
    left = list(islice(walk, 1 if endless or outlook.taken > SMALL else SMALL))
    if left:
        yield left[rng.integers(len(left))]
