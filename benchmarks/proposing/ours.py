"""parzen's samplers, each on a history of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import classes
import numpy as np
from proposing.space import Seen, loss, slopes

from parzen.coordinator import gradients
from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry
from parzen.coordinator.samplers.protocol import memo_of
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, SamplerSpec, Trial, Uid

BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
SECONDS = 600.0
"""How long a trial takes, as the history tells: long enough for a sampler to think."""

TOLD_SLOPES = frozenset({"gradient"})
"""Samplers whose trials tell gradients with their losses."""

FIRST = 30
"""So many trials of a history are the sampler's own; if it keeps memos with them, more are."""
MOST_OWN = 10_000
"""Later trials are random ones, whoever is measured: proposing them would take hours."""
TOGETHER = 10
"""So many of a history's own trials are proposed at once."""


class Ours:
    """One sampler at work.

    Args:
        name: the sampler's.
        dimensions: the space.

    Raises:
        InvalidStudy: there is no such sampler.
    """

    def __init__(self, name: str, dimensions: Sequence[Dimension]) -> None:
        self.history = History(dimensions)
        self._name = name
        self._sampler = registry.make(SamplerSpec(name=name), dimensions)
        self._running: list[Trial] = []
        self._remembers = False
        self._rng = np.random.default_rng(0)

    def fill(self, trials: Iterable[Seen]) -> None:
        """See :class:`~proposing.subject.Subject`.

        A sampler that keeps memos with its trials sees as many of its own in their place.
        """
        self.forget()
        for seen in trials:
            own = FIRST if not self._remembers else MOST_OWN
            if self.history.created - len(self._running) >= own:
                self.forget()
                self._end(self._trial(seen.params), seen.loss)
            else:
                if not self._running:
                    self.batch(TOGETHER)
                self._end_one()
        self.forget()

    def crowd(self, pending: int) -> None:
        """Let ``pending`` trials run from now on, beside the one that ends in each step."""
        self.forget()
        self.batch(pending + 1)

    def step(self) -> None:
        """See :class:`~proposing.subject.Subject`."""
        self._end_one()
        self.ask()

    def ask(self) -> Params:
        """Propose one trial, which then runs."""
        return self.batch(1)[0]

    def batch(self, count: int) -> Sequence[Params]:
        """Propose so many trials in one call; all then run."""
        numbers = range(self.history.created, self.history.created + count)
        proposed = self._sampler.propose(self.history, numbers, 0)
        for params in proposed:
            trial = self._trial(params)
            self.history.put(trial)
            self._running.append(trial)
        return proposed

    def forget(self) -> None:
        """Drop what runs, as if it had not been proposed."""
        while self._running:
            self.history.drop(self._running.pop().number)

    def _trial(self, params: Params) -> Trial:
        memo = memo_of(params)
        self._remembers |= memo is not None
        return Trial(
            study="bench",
            uid=Uid("bench"),
            number=self.history.created,
            params=params,
            state=TrialState.RUNNING,
            proposed=Proposed(sampler=self._name, memo=memo),
        )

    def _end_one(self) -> None:
        """Tell the loss of the trial that has run longest."""
        trial = self._running.pop(0)
        self._end(trial, loss(self.history.rows([trial.number])[0], self._rng))

    def _end(self, trial: Trial, loss: float) -> None:
        told = self._name in TOLD_SLOPES
        self.history.put(
            replace(
                trial,
                state=TrialState.COMPLETE,
                loss=loss,
                result={gradients.KEY: slopes(self.history.cube, trial.params)} if told else {},
                finished_at=BEGAN + timedelta(seconds=trial.number),
                duration_s=SECONDS,
            )
        )


def offered() -> Sequence[str]:
    """Those of parzen's samplers that are measured."""
    return [name for name in registry.BUILT_IN if name not in classes.APART]
