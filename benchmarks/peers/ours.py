"""parzen's own samplers, driven as a coordinator drives them, without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from peers.searcher import Exhausted
from problems.problem import Gradient

from parzen.coordinator import gradients
from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry
from parzen.coordinator.samplers.protocol import memo_of
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, SamplerSpec, Trial, Uid

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
"""When simulated time begins."""


class Ours:
    """One of parzen's samplers as a searcher.

    Args:
        name: the sampler's, as a study names it.
        dimensions: the space.
        seed: the study's.
        options: the sampler's own.

    Raises:
        InvalidStudy: there is no such sampler or option.
    """

    def __init__(
        self, name: str, dimensions: Sequence[Dimension], seed: int, options: Mapping[str, Any]
    ) -> None:
        self._name, self._seed = name, seed
        self._sampler = registry.make(
            SamplerSpec(name=name, options=options, seed=seed), dimensions
        )
        self._history = History(dimensions)
        self._running: dict[int, Trial] = {}

    def ask(self, number: int) -> Params:
        """See :class:`~peers.searcher.Searcher`.

        Raises:
            Exhausted: every point that it would try was tried.
        """
        proposed = self._sampler.propose(self._history, [number], self._seed)
        if not proposed:
            raise Exhausted(f"nothing is left to propose as trial {number}")
        trial = Trial(
            study="",
            uid=Uid(""),
            number=number,
            params=proposed[0],
            state=TrialState.RUNNING,
            proposed=Proposed(sampler=self._name, memo=memo_of(proposed[0])),
        )
        self._running[number] = trial
        self._history.put(trial)
        return trial.params

    def tell(
        self,
        number: int,
        loss: float,
        *,
        at: float,
        seconds: float,
        gradient: Gradient | None = None,
    ) -> None:
        """See :class:`~peers.searcher.Searcher`."""
        self._history.put(
            replace(
                self._running.pop(number),
                state=TrialState.COMPLETE,
                loss=loss,
                value=loss,
                result={} if gradient is None else {gradients.KEY: gradient},
                started_at=START + timedelta(seconds=at - seconds),
                finished_at=START + timedelta(seconds=at),
                duration_s=seconds,
            )
        )
