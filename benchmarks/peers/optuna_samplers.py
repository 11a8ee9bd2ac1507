"""Optuna's samplers, asked and told on a study in memory."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from problems.problem import Gradient

from parzen.shared.dimensions import Dimension, Kind, Params, Plain

SAMPLERS: Mapping[str, tuple[Callable[..., optuna.samplers.BaseSampler], Mapping[str, Any]]] = {
    "optuna-tpe": (optuna.samplers.TPESampler, {}),
    "optuna-group": (optuna.samplers.TPESampler, {"multivariate": True, "group": True}),
    "optuna-gp": (optuna.samplers.GPSampler, {}),
    "optuna-cmaes": (optuna.samplers.CmaEsSampler, {}),
}


class OptunaSearcher:
    """One of Optuna's samplers as a searcher; the space is defined by run, conditions followed.

    Args:
        name: a key of ``SAMPLERS``.
        dimensions: the space.
        seed: the sampler's.
        options: keywords of the sampler's class, beside those that belong to the name.

    Raises:
        ValueError: a dimension cannot be said in Optuna's terms.
    """

    def __init__(
        self, name: str, dimensions: Sequence[Dimension], seed: int, options: Mapping[str, Any]
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._dimensions = tuple(dimensions)
        for dimension in self._dimensions:
            _refuse_what_it_lacks(dimension)
        factory, own = SAMPLERS[name]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = factory(seed=seed, **{**own, **options})
        self._study = optuna.create_study(sampler=sampler)
        self._running: dict[int, optuna.trial.Trial] = {}

    def ask(self, number: int) -> Params:
        """See :class:`~peers.searcher.Searcher`."""
        params: dict[str, Plain] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            trial = self._study.ask()
            for dimension in self._dimensions:
                if dimension.is_active(params):
                    params[dimension.name] = _suggest(trial, dimension)
        self._running[number] = trial
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
        """See :class:`~peers.searcher.Searcher`; Optuna takes no simulated times and no slopes."""
        del at, seconds, gradient
        self._study.tell(self._running.pop(number), loss)


def _suggest(trial: optuna.trial.Trial, d: Dimension) -> Plain:
    if d.kind is Kind.CHOICE:
        index: int = trial.suggest_categorical(d.name, list(range(len(d.choices))))
        return d.choices[index]
    low, high = _bounds(d)
    if d.kind is Kind.INT:
        step = int(d.step or 1)
        return int(trial.suggest_int(d.name, int(low), int(high), step=step, log=d.log))
    value = float(trial.suggest_float(d.name, low, high, step=d.step, log=d.log))
    return min(max(value, low), high)


def _bounds(d: Dimension) -> tuple[float, float]:
    """The bounds, the upper one on the grid where there is one: Optuna warns where it is not."""
    if d.low is None or d.high is None:
        raise _unsayable(d)
    if d.step is None:
        return d.low, d.high
    steps = math.floor((d.high - d.low) / d.step + 1e-9)
    return d.low, min(d.low + steps * d.step, d.high)


def _refuse_what_it_lacks(d: Dimension) -> None:
    odd_step = d.step is not None and not (d.kind is Kind.INT and d.step == 1)
    if d.kind is Kind.NORMAL or (d.log and odd_step) or d.weights is not None:
        raise _unsayable(d)


def _unsayable(d: Dimension) -> ValueError:
    return ValueError(
        f"dimension {d.name!r} of kind {d.kind.value} is unknown to Optuna: expected bounds, no "
        "step where there is a logarithm, and choices without weights; leave Optuna out of this "
        "problem"
    )
