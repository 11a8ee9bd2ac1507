"""parzen's samplers, on a history that they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
from proposing.space import Seen, loss

from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import SamplerSpec, Trial, Uid

BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
SECONDS = 600.0
"""How long a trial takes, as the history tells: long enough for a sampler to think."""


class Known:
    """A history with what stands beside it: the trials under way."""

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        self.history = History(dimensions)
        self._running: list[Trial] = []
        self._rng = np.random.default_rng(0)

    def complete(self, trials: Iterable[Seen]) -> None:
        """Add finished trials."""
        for seen in trials:
            self._end(self._trial(seen.params), seen.loss)

    def start(self, params: Params) -> None:
        """Put a new trial, which runs."""
        trial = self._trial(params)
        self.history.put(trial)
        self._running.append(trial)

    def end(self) -> None:
        """Tell the loss of the trial that has run longest."""
        trial = self._running.pop(0)
        self._end(trial, loss(self.history.rows([trial.number])[0], self._rng))

    def clear(self) -> None:
        """Forget what runs."""
        while self._running:
            self.history.drop(self._running.pop().number)

    def _trial(self, params: Params) -> Trial:
        return Trial(
            study="bench",
            uid=Uid("bench"),
            number=self.history.created,
            params=params,
            state=TrialState.RUNNING,
        )

    def _end(self, trial: Trial, loss: float) -> None:
        self.history.put(
            replace(
                trial,
                state=TrialState.COMPLETE,
                loss=loss,
                finished_at=BEGAN + timedelta(seconds=trial.number),
                duration_s=SECONDS,
            )
        )


class Ours:
    """One sampler at work on what is known; ``pending`` trials run at every proposal."""

    def __init__(self, name: str, known: Known, pending: int = 0) -> None:
        self._known = known
        self._sampler = registry.make(SamplerSpec(name=name), known.history.cube.dimensions)
        known.clear()
        self.batch(pending + 1)  # one ends in each step

    def fill(self, trials: Iterable[Seen]) -> None:
        """See :class:`~proposing.subject.Subject`."""
        self._known.complete(trials)

    def step(self) -> None:
        """See :class:`~proposing.subject.Subject`."""
        self._known.end()
        self.ask()

    def ask(self) -> Params:
        """Propose one trial, which then runs."""
        return self.batch(1)[0]

    def batch(self, count: int) -> Sequence[Params]:
        """Propose so many trials in one call; all then run."""
        history = self._known.history
        numbers = range(history.created, history.created + count)
        proposed = self._sampler.propose(history, numbers, 0)
        for params in proposed:
            self._known.start(params)
        return proposed

    def forget(self) -> None:
        """Drop what runs, as if it had not been proposed."""
        self._known.clear()


def offered() -> Sequence[str]:
    """Those of parzen's samplers that are measured and that there are."""
    return [name for name in ("random", "tpe", "auto") if name in registry.BUILT_IN]
