"""What a coordinator's metrics are taken from: a few calls where things happen, one look a scrape.

A plain :class:`Meter` takes note of nothing; a coordinator has one where nobody asked for metrics.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parzen.coordinator.depth import Cluster
from parzen.coordinator.leading import Led
from parzen.shared.lifecycle import TrialState
from parzen.shared.metrics import table
from parzen.shared.metrics.exposing import Exposure
from parzen.shared.records import Trial, Worker
from parzen.shared.store import Proposal

if TYPE_CHECKING:
    from parzen.shared.metrics.recorder import Reading

KEPT_S = 600.0
"""How long an ended study's last figures are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a coordinator stands now: the names of the studies it leads, and who works."""

    led: Sequence[str]
    parked: int
    workers: Sequence[Worker]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    """What one turn left of a study, at the monotonic time ``at``; ``ended`` if that was it."""

    at: float
    ended: bool
    counts: Mapping[TrialState, int]
    best: float | None
    wanted: int
    present: int


class Meter:
    """Takes note of nothing."""

    def turned(self) -> None:
        """The main loop goes on."""

    def answered(self) -> None:
        """The store has taken a write."""

    def not_answered(self) -> None:
        """It did not answer, or refused."""

    def turn(self, led: Led, news: Sequence[Trial], cluster: Cluster, began: float) -> None:
        """A study had its turn, which ``began`` then and had these ``news``."""

    def proposed(self, led: Led, proposals: Sequence[Proposal]) -> None:
        """These have been stored."""

    def followed(self, led: Led, seconds: float) -> None:
        """A result has its successor in the store, after so long."""

    def gained(self) -> None:
        """It leads one study more."""

    def lost(self, study: str) -> None:
        """Somebody else leads it now, or it is gone."""

    def released(self) -> None:
        """It has let go of one."""

    def watch(self, standing: Callable[[], Standing]) -> None:
        """Ask this at each scrape, in a thread of its own."""


class Metered(Meter):
    """Hands it to the recorder of an :class:`~parzen.shared.metrics.exposing.Exposure`."""

    def __init__(self, exposure: Exposure, clock: Callable[[], float] = time.monotonic) -> None:
        from parzen.shared.metrics.recorder import Reading  # noqa: PLC0415 - an extra

        self._reading = Reading
        self._recorder, self._health = exposure.recorder, exposure.health
        self._clock = clock
        self._figures: dict[str, _Figures] = {}

    def turned(self) -> None:
        """See :meth:`Meter.turned`."""
        self._health.turned()

    def answered(self) -> None:
        """See :meth:`Meter.answered`."""
        self._health.answered()

    def not_answered(self) -> None:
        """See :meth:`Meter.not_answered`."""
        self._recorder.count(table.ERRORS)

    def turn(self, led: Led, news: Sequence[Trial], cluster: Cluster, began: float) -> None:
        """See :meth:`Meter.turn`."""
        now, study = self._clock(), led.study.name
        ended = sum(trial.state.finished for trial in news)
        self._health.turned()  # each of many studies that take long is a sign of life
        self._recorder.observe(table.TURN_S, now - began)
        self._recorder.count(table.RESULTS, ended, study=study)
        wanted, present = led.queue(cluster, now)
        best = led.history.best
        self._figures[study] = _Figures(
            at=now,
            ended=led.study.status.ended,
            counts=led.history.counts,
            best=best[1] if best else None,
            wanted=wanted,
            present=present,
        )

    def proposed(self, led: Led, proposals: Sequence[Proposal]) -> None:
        """See :meth:`Meter.proposed`."""
        labels = {"study": led.study.name, "sampler": led.study.sampler.name}
        self._recorder.count(table.PROPOSALS, len(proposals), **labels)
        for proposal in proposals:
            if proposal.proposed is not None:
                self._recorder.observe(table.PROPOSAL_S, proposal.proposed.seconds, **labels)

    def followed(self, led: Led, seconds: float) -> None:
        """See :meth:`Meter.followed`."""
        self._recorder.observe(table.TURNAROUND_S, seconds, study=led.study.name)

    def gained(self) -> None:
        """See :meth:`Meter.gained`."""
        self._recorder.count(table.LEADS, change="gained")

    def lost(self, study: str) -> None:
        """See :meth:`Meter.lost`."""
        self._recorder.count(table.LEADS, change="lost")
        self._figures.pop(study, None)

    def released(self) -> None:
        """See :meth:`Meter.released`."""
        self._recorder.count(table.LEADS, change="released")

    def watch(self, standing: Callable[[], Standing]) -> None:
        """See :meth:`Meter.watch`."""
        self._recorder.read_from(lambda: self._readings(standing()))
        self._recorder.studies_from(lambda: standing().led)

    def _readings(self, now: Standing) -> Iterable[Reading]:
        read, agents = self._reading, [w for w in now.workers if w.role == "worker"]
        yield read(table.LED, len(now.led))
        yield read(table.PARKED, now.parked)
        yield read(table.WORKERS, len(agents))
        yield read(table.CAPACITY, sum(worker.slots for worker in agents))
        led = set(now.led)
        for study, figures in list(self._figures.items()):
            lately = figures.ended and self._clock() - figures.at < KEPT_S
            if study in led or lately:
                yield from self._of(study, figures)
            else:
                self._figures.pop(study, None)

    def _of(self, study: str, figures: _Figures) -> Iterable[Reading]:
        read, mine = self._reading, {"study": study}
        yield read(table.QUEUE_WANTED, figures.wanted, mine)
        yield read(table.QUEUE_PRESENT, figures.present, mine)
        for state, count in figures.counts.items():
            yield read(table.TRIALS, count, {**mine, "state": state.value})
        if figures.best is not None:
            yield read(table.BEST, figures.best, mine)


def metered(exposure: Exposure | None) -> Meter:
    """The meter for what the command line asked for."""
    return Meter() if exposure is None else Metered(exposure)
