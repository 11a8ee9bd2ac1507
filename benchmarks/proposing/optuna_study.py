"""Optuna with its default sampler and its storage in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from proposing.space import Seen

from parzen.shared.dimensions import Dimension, Kind


class OptunaStudy:
    """One study, filled at once."""

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._dimensions = dimensions
        self._distributions = {d.name: _distribution(d) for d in dimensions}
        self._study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
        self._running: list[Any] = []

    def fill(self, trials: Iterable[Seen]) -> None:
        """See :class:`~proposing.subject.Subject`."""
        self._study.add_trials(
            [
                optuna.trial.create_trial(
                    params=dict(seen.params),
                    distributions={name: self._distributions[name] for name in seen.params},
                    value=seen.loss,
                )
                for seen in trials
            ]
        )
        self._ask()

    def step(self) -> None:
        """See :class:`~proposing.subject.Subject`."""
        self._study.tell(self._running.pop(0), 1.0)
        self._ask()

    def _ask(self) -> None:
        trial = self._study.ask()
        for d in self._dimensions:
            if d.is_active(trial.params):
                _suggest(trial, d)
        self._running.append(trial)


def _distribution(d: Dimension) -> Any:
    low: Any = d.low  # a benchmark's own space has bounds
    high: Any = d.high
    choices: Any = d.choices
    if d.kind is Kind.CHOICE:
        return CategoricalDistribution(choices)
    if d.kind is Kind.INT:
        return IntDistribution(low, high, log=d.log)
    return FloatDistribution(low, high, log=d.log)


def _suggest(trial: Any, d: Dimension) -> None:
    if d.kind is Kind.CHOICE:
        trial.suggest_categorical(d.name, d.choices)
    elif d.kind is Kind.INT:
        trial.suggest_int(d.name, d.low, d.high, log=d.log)
    else:
        trial.suggest_float(d.name, d.low, d.high, log=d.log)
