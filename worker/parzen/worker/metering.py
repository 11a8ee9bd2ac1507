"""What an agent's metrics are taken from: a few calls where things happen, and one look a scrape.

A plain :class:`Meter` takes note of nothing; an agent has one where nobody asked for metrics.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parzen.shared.metrics import table
from parzen.shared.metrics.exposing import Exposure
from parzen.shared.placement import GB
from parzen.shared.records import (
    Cancelled,
    Claim,
    Completed,
    Device,
    Directive,
    Failed,
    Outcome,
    Pruned,
    Released,
)

if TYPE_CHECKING:
    from parzen.shared.metrics.recorder import Reading

OUTCOMES = {
    Completed: "complete",
    Pruned: "pruned",
    Failed: "failed",
    Released: "released",
    Cancelled: "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an agent stands now; ``studies`` are the names of those that have not gone."""

    slots: int
    busy: int
    ready: int
    reports_waiting: int
    quarantined: int
    draining: bool
    workdir: Path
    studies: Sequence[str]
    devices: Sequence[Device] = ()


class Meter:
    """Takes note of nothing. Every call may come from any thread."""

    def turned(self, free: int) -> None:
        """The main loop goes on, with so many slots free."""

    def answered(self) -> None:
        """The store has taken a write."""

    def not_answered(self) -> None:
        """It has not."""

    def claimed(self, found: int | None, seconds: float) -> None:
        """A question for trials took so long and brought so many; None where it failed."""

    def ended(self, claim: Claim, outcome: Outcome | None, seconds: float) -> None:
        """An attempt is over, and the store knows; None where somebody else had the trial."""

    def renewed(self, directives: Sequence[Directive]) -> None:
        """What the store said of leases that were to be renewed."""

    def not_renewed(self, leases: int) -> None:
        """It did not answer."""

    def watch(self, standing: Callable[[], Standing]) -> None:
        """Ask this at each scrape, in a thread of its own."""


class Metered(Meter):
    """Hands it to the recorder of an :class:`~parzen.shared.metrics.exposing.Exposure`."""

    def __init__(self, exposure: Exposure, clock: Callable[[], float] = time.monotonic) -> None:
        from parzen.shared.metrics.recorder import Reading  # noqa: PLC0415 - an extra

        self._reading = Reading
        self._recorder, self._health = exposure.recorder, exposure.health
        self._clock = clock
        self._idle_s, self._free, self._since = 0.0, 0, clock()

    def turned(self, free: int) -> None:
        """See :meth:`Meter.turned`."""
        now = self._clock()
        self._idle_s += self._free * (now - self._since)
        self._free, self._since = free, now
        self._health.turned()

    def answered(self) -> None:
        """See :meth:`Meter.answered`."""
        self._health.answered()

    def not_answered(self) -> None:
        """See :meth:`Meter.not_answered`."""
        self._recorder.count(table.ERRORS)

    def claimed(self, found: int | None, seconds: float) -> None:
        """See :meth:`Meter.claimed`."""
        result = "failed" if found is None else "found" if found else "empty"
        self._recorder.count(table.CLAIMS, result=result)
        self._recorder.count(table.CLAIMED, found or 0)
        self._recorder.observe(table.CLAIM_S, seconds)

    def ended(self, claim: Claim, outcome: Outcome | None, seconds: float) -> None:
        """See :meth:`Meter.ended`; what was claimed and did not begin is no attempt."""
        if isinstance(outcome, Released) and not outcome.begun:
            return
        kind = outcome.error.kind.value if isinstance(outcome, Failed) else ""
        word = "lost" if outcome is None else OUTCOMES[type(outcome)]
        study = claim.study.name
        self._recorder.count(table.ATTEMPTS, study=study, outcome=word, kind=kind)
        self._recorder.observe(table.ATTEMPT_S, seconds, study=study)

    def renewed(self, directives: Sequence[Directive]) -> None:
        """See :meth:`Meter.renewed`."""
        lost = sum(directive is Directive.LOST for directive in directives)
        self._recorder.count(table.RENEWALS, len(directives) - lost, result="renewed")
        self._recorder.count(table.RENEWALS, lost, result="lost")

    def not_renewed(self, leases: int) -> None:
        """See :meth:`Meter.not_renewed`."""
        self._recorder.count(table.RENEWALS, leases, result="failed")

    def watch(self, standing: Callable[[], Standing]) -> None:
        """See :meth:`Meter.watch`."""
        self._recorder.read_from(lambda: self._readings(standing()))
        self._recorder.studies_from(lambda: standing().studies)

    def _readings(self, now: Standing) -> Iterable[Reading]:
        read = self._reading
        yield read(table.SLOTS, now.slots)
        yield read(table.BUSY, now.busy)
        yield read(table.IDLE, self._idle_s + self._free * (self._clock() - self._since))
        yield read(table.REPORTS, now.reports_waiting)
        yield read(table.READY, now.ready)
        yield read(table.QUARANTINED, now.quarantined)
        yield read(table.DRAINING, now.draining)
        with suppress(OSError):  # a work directory that is away has no room to tell of
            status = os.statvfs(now.workdir)
            yield read(table.FREE, status.f_bavail * status.f_frsize)
        for device in now.devices:
            yield from self._of(device)

    def _of(self, device: Device) -> Iterable[Reading]:
        labels = {"uuid": device.uuid, "name": device.name}
        told = {
            table.GPU_USED: device.used_gb and device.used_gb * GB,
            table.GPU_TOTAL: device.memory_gb and device.memory_gb * GB,
            table.GPU_USE: device.utilisation,
            table.GPU_HEALTHY: float(device.trouble is None),
        }
        for metric, value in told.items():
            if value is not None:
                yield self._reading(metric, value, labels)


def metered(exposure: Exposure | None) -> Meter:
    """The meter for what the command line asked for."""
    return Meter() if exposure is None else Metered(exposure)
