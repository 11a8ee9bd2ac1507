"""The package cmaes by hand: what somebody writes who takes CMA-ES for the numbers of a space."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cmaes
import numpy as np
from numpy.typing import NDArray
from peers import ranges
from problems.problem import Gradient

from parzen.shared.dimensions import Dimension, Kind, Params, Plain

Array = NDArray[np.float64]

SIGMA = 0.25
"""The first standard deviation, in ranges: two of them lead from the middle to the ends."""

FEWEST = 2
"""CMA-ES has no fewer dimensions; where there are fewer numbers, what is left moves nothing."""


class CmaesSearcher:
    """CMA-ES with margin over all numbers, each in [0, 1], and random choices.

    The numbers move at all times, whether they take part or not. However many are asked for, they
    are drawn from the distribution as it is, and whenever λ have been told, it takes a step.

    Source: Hamano, Saito, Nomura, Shirakawa 2022, "CMA-ES with Margin".

    Args:
        dimensions: the space.
        seed: of CMA-ES and of the choices.
        options: keywords of ``cmaes.CMAwM``.

    Raises:
        ValueError: a dimension is normal, or has no bounds.
    """

    def __init__(
        self, dimensions: Sequence[Dimension], seed: int, options: Mapping[str, Any]
    ) -> None:
        self._dimensions = tuple(dimensions)
        self._rng = np.random.default_rng(seed)
        self._numbers = [d for d in dimensions if d.kind is not Kind.CHOICE and d.size > 1]
        for d in self._numbers:
            ranges.ends(d)
        width = max(FEWEST, len(self._numbers))
        steps = np.zeros(width)
        steps[: len(self._numbers)] = [_step(d) for d in self._numbers]
        self._cma = cmaes.CMAwM(
            mean=np.full(width, 0.5),
            bounds=np.tile([0.0, 1.0], (width, 1)),
            steps=steps,
            seed=seed,
            **{"sigma": SIGMA, **options},
        )
        self._running: dict[int, Array] = {}
        self._told: list[tuple[Array, float]] = []

    def ask(self, number: int) -> Params:
        """See :class:`~peers.searcher.Searcher`."""
        evaluated, self._running[number] = self._cma.ask()
        drawn = dict(zip([d.name for d in self._numbers], map(float, evaluated), strict=False))
        params: dict[str, Plain] = {}
        for d in self._dimensions:
            if d.is_active(params):
                params[d.name] = self._value(d, drawn.get(d.name))
        return params

    def tell(
        self,
        number: int,
        loss: float,
        *,
        at: float,
        seconds: float,
        gradient: Gradient | None = None,
    ) -> None:
        """See :class:`~peers.searcher.Searcher`; CMA-ES reads no times and no slopes."""
        del at, seconds, gradient
        self._told.append((self._running.pop(number), loss))
        if len(self._told) == self._cma.population_size:
            self._cma.tell(self._told)
            self._told = []

    def _value(self, d: Dimension, u: float | None) -> Plain:
        if d.kind is Kind.CHOICE:
            return d.choices[int(self._rng.choice(len(d.choices), p=d.weights))]
        if u is None:
            return ranges.value(d, None)
        if ranges.by_position(d):
            return ranges.value(d, u * (d.size - 1))
        low, high = ranges.ends(d)
        if not d.log:
            return ranges.value(d, low + u * (high - low))
        return ranges.value(d, low * math.exp(u * math.log(high / low)))


def _step(d: Dimension) -> float:
    """Between two of the number's values in [0, 1]; 0 where it is continuous, or rounded later."""
    return 1 / (d.size - 1) if ranges.by_position(d) else 0.0
