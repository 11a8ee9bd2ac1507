"""Taking a study up: what is known of it is loaded from the database, however much it is."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from parzen.coordinator.conduct import Conduct
from parzen.coordinator.failures import FailureStreak
from parzen.coordinator.history import History
from parzen.coordinator.leading import Led
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial
from parzen.shared.store import Leadership, Ledger

LOAD_CHUNK = 2000
"""Trials between two looks at the lease while a history is loaded."""


def remember(
    ledger: Ledger,
    lead: Leadership,
    asked_at: float,
    lease_s: float,
    renew: Callable[[Led], None],
) -> Led:
    """Load what is known of a study that is led from now on; who proposes is chosen afterwards.

    ``renew`` is called now and then: a long history takes longer to load than a lease lasts.
    """
    study = lead.study
    led = Led(
        lead=lead,
        asked_at=asked_at,
        lease_s=lease_s,
        upto=lead.term,
        history=History(study.dimensions, study.direction, study.limits.max_trials),
        failures=FailureStreak(study.active_since),
        conduct=Conduct(),
    )
    with _uncollected():
        led.history.load(_noted(led, _chunks(ledger.history(study.uid)), renew))
    _recall_failures(ledger, led)
    led.stale_counts = any(
        study.counts.get(state, 0) != count for state, count in led.history.counts.items()
    )
    return led


def _recall_failures(ledger: Ledger, led: Led) -> None:
    """Read why trials failed, and where: a history tells only that they did."""
    failed = led.failures.numbers
    wanted = failed if led.study.quarantine else failed[-1:]
    if wanted:
        led.failures.take(ledger.changed(led.study.uid, {TrialState.RUNNING: wanted}))
    led.failures.forgive(entry.worker for entry in led.study.quarantine)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which would go through the growing history again and again."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _noted(
    led: Led, chunks: Iterator[Sequence[Trial]], renew: Callable[[Led], None]
) -> Iterator[Sequence[Trial]]:
    """The trials that are loaded, on their way into the history."""
    for chunk in chunks:
        led.note(chunk)
        led.upto = max([led.upto, *(t.proposed.term for t in chunk if t.proposed)])
        yield chunk
        renew(led)


def _chunks(trials: Iterator[Trial]) -> Iterator[list[Trial]]:
    while chunk := list(islice(trials, LOAD_CHUNK)):
        yield chunk
