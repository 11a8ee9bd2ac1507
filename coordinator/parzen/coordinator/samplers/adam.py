"""The steps of Adam, in numbers between 0 and 1.

Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization" (2015), algorithm 1, projected:
what would leave [0, 1] stays at the bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parzen.coordinator.law import Array

FIRST, SECOND = 0.5, 0.99
"""How much of each moment is kept, β₁ and β₂: both forget sooner than where networks are trained,
since there are few steps here, and mostly no noise in the slopes."""
SMALL = 1e-8
"""ε, in the largest root of a second moment: losses may be of any size."""


@dataclass(frozen=True, slots=True)
class Moments:
    """What is remembered of the slopes after ``step`` steps: (n,) each."""

    step: int
    first: Array
    second: Array


def fresh(width: int) -> Moments:
    """Before the first of ``width`` parameters' slopes was seen."""
    return Moments(0, np.zeros(width), np.zeros(width))


def moved(u: Array, slopes: Array, rate: float, before: Moments) -> tuple[Array, Moments]:
    """The next point, and the moments there.

    Args:
        u: where one stands: (n,), in [0, 1].
        slopes: the loss's there, (n,); those that lead out of [0, 1] at its bounds do not count.
        rate: about how far a parameter goes in one step.
        before: the moments so far.

    Returns:
        ``u`` itself where nothing has a slope, or one whose square no float holds.
    """
    inward = np.where(((u <= 0.0) & (slopes > 0.0)) | ((u >= 1.0) & (slopes < 0.0)), 0.0, slopes)
    with np.errstate(over="ignore", invalid="ignore"):
        after = Moments(
            before.step + 1,
            FIRST * before.first + (1.0 - FIRST) * inward,
            SECOND * before.second + (1.0 - SECOND) * inward * inward,
        )
        mean = after.first / (1.0 - FIRST**after.step)
        root = np.sqrt(after.second / (1.0 - SECOND**after.step))
        largest = root.max(initial=0.0)
        if not 0.0 < largest < np.inf:
            return u, before
        return np.clip(u - rate * mean / (root + SMALL * largest), 0.0, 1.0), after
