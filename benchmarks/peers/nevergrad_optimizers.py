"""Nevergrad's optimizers, asked and told one candidate at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import nevergrad as ng
import numpy as np
from peers import ranges
from problems.problem import Gradient

from parzen.shared.dimensions import Dimension, Kind, Params, Plain


class NevergradSearcher:
    """One of Nevergrad's optimizers as a searcher.

    All parameters are moved at all times, and those that take no part are left out. The optimizers
    of Nevergrad's registry take no options: their variants are other names in it.

    Args:
        dimensions: the space.
        seed: the optimizer's.
        options: none.
        optimizer: its name in Nevergrad's registry.
        workers: how many trials run at once; some make their population as large.

    Raises:
        ValueError: a dimension is normal, has no bounds, or has weights; or there are options.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        seed: int,
        options: Mapping[str, Any],
        optimizer: str,
        workers: int,
    ) -> None:
        if options:
            raise ValueError(
                f"Nevergrad's {optimizer} has no option {next(iter(options))!r}: expected none"
            )
        self._dimensions = tuple(dimensions)
        space = ng.p.Dict(**{d.name: _parameter(d) for d in self._dimensions if d.size > 1})
        space.random_state = np.random.RandomState(seed)
        self._optimizer = ng.optimizers.registry[optimizer](space, num_workers=workers)
        self._running: dict[int, ng.p.Parameter] = {}

    def ask(self, number: int) -> Params:
        """See :class:`~peers.searcher.Searcher`."""
        candidate = self._running[number] = self._optimizer.ask()
        params: dict[str, Plain] = {}
        for d in self._dimensions:
            if d.is_active(params):
                params[d.name] = ranges.value(d, candidate.value.get(d.name))
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
        """See :class:`~peers.searcher.Searcher`; Nevergrad reads no times and no slopes."""
        del at, seconds, gradient
        self._optimizer.tell(self._running.pop(number), loss)


def _parameter(d: Dimension) -> ng.p.Parameter:
    if d.kind is Kind.CHOICE:
        if d.weights is not None:
            raise ValueError(
                f"dimension {d.name!r} has weights, which Nevergrad's choices have not: expected "
                "equal ones; leave Nevergrad out of this problem"
            )
        return ng.p.Choice(range(len(d.choices)))
    low, high = ranges.ends(d)
    number = (ng.p.Log if d.log else ng.p.Scalar)(lower=low, upper=high)
    return number.set_integer_casting() if ranges.on_grid(d) and d.step in {None, 1} else number
