"""A few of many, from all parts of them."""

from __future__ import annotations

import numpy as np


def strata(count: int, most: int, rng: np.random.Generator) -> np.typing.NDArray[np.intp]:
    """All of ``count`` indexes, or ``most`` of them, ascending, evenly apart from a random start.

    Each index is as likely as any other, and none is taken twice.
    """
    if count <= most:
        return np.arange(count)
    return ((np.arange(most) + rng.random()) * (count / most)).astype(np.intp)
