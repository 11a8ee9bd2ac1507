"""Hyperopt's algorithms, as its parallel drivers call them: running trials stand in ``Trials``.

The module is Hyperopt itself, or parzen's module of the same names.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

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

    def tell(self, number: int, loss: float, *, at: float, seconds: float) -> None:
        """See :class:`~peers.searcher.Searcher`; these algorithms read no times."""
        del at, seconds
        document = self._running.pop(number)
        document["state"] = self._module.JOB_STATE_DONE
        document["result"] = {"status": self._module.STATUS_OK, "loss": loss}
        self._trials.refresh()

    def _params(self, drawn: Mapping[str, Sequence[float]]) -> Params:
        params: dict[str, Plain] = {}
        for dimension in self._dimensions:
            if dimension.is_active(params):
                draws = drawn.get(dimension.name, ())
                params[dimension.name] = _value(dimension, draws[0] if draws else None)
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
    if d.kind is Kind.NORMAL or d.low is None or d.high is None:
        raise ValueError(
            f"dimension {d.name!r} of kind {d.kind.value} is not handled here: expected bounds; "
            "leave Hyperopt out of this problem"
        )
    if not _on_grid(d):
        ends = (math.log(d.low), math.log(d.high)) if d.log else (d.low, d.high)
        return (hp.loguniform if d.log else hp.uniform)(d.name, *ends)
    # The end values own whole bins, as in the other samplers. Hyperopt's grids begin at 0: where
    # there is no logarithm it searches the position on the grid.
    if d.log:
        step = d.step or 1
        low = max(d.low - step / 2, d.low / 2)
        return hp.qloguniform(d.name, math.log(low), math.log(d.high + step / 2), step)
    return hp.quniform(d.name, -0.5, d.size - 0.5, 1)


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


def _value(d: Dimension, drawn: float | None) -> Plain:
    """The parameter's value where Hyperopt drew ``drawn``, rounded into the bounds."""
    if d.kind is Kind.CHOICE:
        if drawn is None:
            raise _missing(d)
        return d.choices[int(drawn)]
    if d.low is None or d.high is None or (drawn is None and d.size > 1):
        raise _missing(d)
    value = float(d.low if drawn is None else drawn)
    if _on_grid(d) and drawn is not None:
        step = d.step or 1
        position = round((value - d.low) / step) if d.log else round(value)
        value = d.low + min(max(position, 0), int(d.size) - 1) * step
    value = min(max(value, d.low), d.high)
    return int(value) if d.kind is Kind.INT else value


def _on_grid(d: Dimension) -> bool:
    return d.kind is Kind.INT or d.step is not None


def _missing(d: Dimension) -> ValueError:
    return ValueError(
        f"Hyperopt drew nothing for the active dimension {d.name!r}: expected one value; its "
        "nested space does not match the flat one"
    )
