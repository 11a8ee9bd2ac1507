"""Hyperopt's algorithms, as its parallel drivers call them: running trials stand in ``Trials``.

The module is Hyperopt itself, or parzen's module of the same names.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from peers import ranges
from problems.problem import Gradient

from parzen.shared.dimensions import Dimension, Kind, Params, Plain, same_value

SEEDS = 2**31 - 1
"""Hyperopt draws the seed of each suggestion from below this."""


class HyperoptSearcher:
    """``tpe.suggest``, or another algorithm of such a module, as a searcher.

    The flat space becomes nested choices; what is active under several options is one label, whose
    node stands in each of their branches.

    Args:
        dimensions: the space.
        seed: of the seeds of the suggestions.
        options: keywords of the algorithm.
        package: the module with Hyperopt's names, "hyperopt" or "parzen.hyperopt".
        algo: the part of it whose ``suggest`` proposes.

    Raises:
        ImportError: the module is not installed.
        ValueError: a dimension is normal, or has no bounds.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        seed: int,
        options: Mapping[str, Any],
        package: str = "hyperopt",
        algo: str = "tpe",
    ) -> None:
        self._dimensions = tuple(dimensions)
        self._options = options
        self._rng = np.random.default_rng(seed)
        self._module: Any = importlib.import_module(package)
        self._suggest = importlib.import_module(f"{package}.{algo}").suggest
        self._domain = self._module.base.Domain(_never, space(self._dimensions, self._module.hp))
        if hasattr(self._domain, "search_seed"):  # parzen's fmin draws it before all others
            self._domain.search_seed = int(self._rng.integers(SEEDS))
        self._trials = self._module.Trials()
        self._running: dict[int, dict[str, Any]] = {}

    def ask(self, number: int) -> Params:
        """See :class:`~peers.searcher.Searcher`."""
        seed = int(self._rng.integers(SEEDS))
        documents = self._suggest([number], self._domain, self._trials, seed, **self._options)
        documents[0]["state"] = self._module.JOB_STATE_RUNNING
        self._trials.insert_trial_docs(documents)
        self._trials.refresh()
        document = self._trials.trials[-1]
        self._running[number] = document
        return self._params(document["misc"]["vals"])

    def tell(
        self,
        number: int,
        loss: float,
        *,
        at: float,
        seconds: float,
        gradient: Gradient | None = None,
    ) -> None:
        """See :class:`~peers.searcher.Searcher`; these algorithms read no times and no slopes."""
        del at, seconds, gradient
        document = self._running.pop(number)
        document["state"] = self._module.JOB_STATE_DONE
        document["result"] = {"status": self._module.STATUS_OK, "loss": loss}
        self._trials.refresh()

    def _params(self, drawn: Mapping[str, Sequence[float]]) -> Params:
        params: dict[str, Plain] = {}
        for dimension in self._dimensions:
            if dimension.is_active(params):
                draws = drawn.get(dimension.name, ())
                params[dimension.name] = ranges.value(dimension, draws[0] if draws else None)
        return params


def _never(_: object) -> float:
    raise NotImplementedError("the simulation evaluates the trials")


def space(dimensions: Sequence[Dimension], hp: Any) -> dict[str, Any]:
    """The dimensions without conditions by name, the others nested in the choices they stand under.

    Args:
        dimensions: the flat space.
        hp: the module's ``hp``.

    Raises:
        ValueError: a dimension is normal, or has no bounds.
    """
    nodes: dict[str, Any] = {}
    for dimension in reversed(dimensions):  # children before their parents
        if dimension.size > 1 or dimension.kind is Kind.CHOICE:
            nodes[dimension.name] = _node(dimension, dimensions, nodes, hp)
    return {d.name: nodes[d.name] for d in dimensions if d.name in nodes and not d.active_when}


def _node(d: Dimension, dimensions: Sequence[Dimension], nodes: Mapping[str, Any], hp: Any) -> Any:
    if d.kind is Kind.CHOICE:
        branches = [_branch(d, choice, dimensions, nodes) for choice in d.choices]
        if d.weights is not None:
            return hp.pchoice(d.name, list(zip(d.weights, branches, strict=True)))
        return hp.choice(d.name, branches)
    low, high = ranges.ends(d)
    if ranges.by_position(d):  # Hyperopt's grids begin at 0
        return hp.quniform(d.name, low, high, 1)
    if not d.log:
        return hp.uniform(d.name, low, high)
    low, high = math.log(low), math.log(high)
    if ranges.on_grid(d):
        return hp.qloguniform(d.name, low, high, d.step or 1)
    return hp.loguniform(d.name, low, high)


def _branch(
    parent: Dimension,
    choice: Plain,
    dimensions: Sequence[Dimension],
    nodes: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        d.name: nodes[d.name]
        for d in dimensions
        if d.name in nodes
        and any(c.name == parent.name and same_value(c.value, choice) for c in d.active_when)
    }
