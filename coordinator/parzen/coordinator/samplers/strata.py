"""A few of many, from all parts of them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Indexes: TypeAlias = NDArray[np.intp]


def strata(count: int, most: int, rng: np.random.Generator) -> Indexes:
    """All of ``count`` indexes, or ``most`` of them, ascending, evenly apart from a random start.

    Each index is as likely as any other, and none is taken twice.
    """
    if count <= most:
        return np.arange(count)
    return ((np.arange(most) + rng.random()) * (count / most)).astype(np.intp)


def best_and_others(order: Indexes, most: int) -> Indexes:
    """The first half of ``most`` of ``order``, and as many from equal parts of what follows."""
    half = (most + 1) // 2
    others = order[half:]
    rest = most - half
    if len(others) > rest:
        others = others[((np.arange(rest) + 0.5) * (len(others) / max(rest, 1))).astype(np.intp)]
    chosen: Indexes = np.concatenate([order[:half], others])
    return chosen
