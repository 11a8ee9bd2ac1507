"""A few of many, from all parts of them."""

from __future__ import annotations

import numpy as np


def strata(count: int, most: int, rng: np.random.Generator) -> np.typing.NDArray[np.intp]:
    """All of ``count`` indexes, or one at random from each of ``most`` equal strata of them."""
    if count <= most:
        return np.arange(count)
    return ((np.arange(most) + rng.random(most)) * (count / most)).astype(np.intp)
