"""What a benchmark problem is: a space, a loss to minimise, and how low it is known to go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from parzen.shared.dimensions import Dimension, Params

TUNE, HELD = "tune", "held"
"""Constants are chosen on the problems of the first half; results are reported on the other."""

Gradient: TypeAlias = Mapping[str, float]
"""The exact loss's slope by each parameter that has one, in the parameter's own units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem.

    Attributes:
        name: unique, and what its random numbers and cached results go by.
        family: "bbob", "mixint", "model" (one model's own parameters), "conditional",
            "categorical", "noisy" or "smooth" (which tell a gradient).
        half: ``TUNE`` or ``HELD``.
        dimensions: the space, flat, parents first.
        loss: the exact loss at flat parameters; lower is better.
        best: the lowest loss known.
        noise: the standard deviation of what is added to a loss before a sampler sees it; scores
            always look at the exact loss of what the sampler saw as best.
        gradient: the slopes of the loss at flat parameters, by name; None where it has none.
    """

    name: str
    family: str
    half: str
    dimensions: tuple[Dimension, ...]
    loss: Callable[[Params], float]
    best: float
    noise: float = 0.0
    gradient: Callable[[Params], Gradient] | None = None
