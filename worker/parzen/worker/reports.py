"""Outcomes on their way to the store: those that finish together travel together."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from parzen.shared.errors import StoreError
from parzen.shared.records import (
    Cancelled,
    Claim,
    Completed,
    Failed,
    Failure,
    Outcome,
    Pruned,
    Released,
    Verdict,
)
from parzen.shared.store import TrialQueue
from parzen.worker.heartbeat import Heartbeat
from parzen.worker.metering import Meter
from parzen.worker.outage import Backoff, Outage
from parzen.worker.pace import Paces

log = logging.getLogger("parzen.worker")

MANY = 3
"""Of more trials that are complete and reported at once the log has one line."""

PATIENCE_S = 0.05
"""How long an outcome waits, at most, for the slot to have its next trial."""

REST_S = 60.0
"""How long the thread waits to be woken while nothing is to be sent."""


@dataclass(frozen=True, slots=True)
class Finished:
    """An attempt that is over, and how long it took; without an outcome the claim was lost."""

    claim: Claim
    outcome: Outcome | None
    seconds: float
    at: float = field(default_factory=time.monotonic)

    @property
    def reported(self) -> Claim:
        """The claim, with how long it has not run by now."""
        return replace(self.claim, idle_s=self.claim.idle_s + time.monotonic() - self.at)


@dataclass(frozen=True, slots=True)
class Reported:
    """Outcomes were sent: the store has them, or does not answer."""


class Reports:
    """Keeps outcomes until the store has them, however long that takes, in a thread of its own.

    Whatever finishes while one report is under way travels with the next, and where trials are
    short, outcomes wait a moment for each other. Safe to use from several
    threads; ``tell`` is called in this one after each report, and with what it did not foresee.
    """

    def __init__(
        self,
        queue: TrialQueue,
        heartbeat: Heartbeat,
        outage: Outage,
        pace: Paces,
        tell: Callable[[Reported | Exception], None],
        *,
        meter: Meter | None = None,
    ) -> None:
        self._meter = meter or Meter()
        self._queue = queue
        self._heartbeat = heartbeat
        self._outage = outage
        self._pace = pace
        self._tell = tell
        self._waiting: list[tuple[Finished, Outcome]] = []
        self._backoff = Backoff()
        self._turn = threading.Condition()
        self._due = float("inf")
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="parzen-reports", daemon=True)

    @property
    def begun(self) -> bool:
        """Whether its thread was started."""
        return self._thread.ident is not None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End the thread, after the report that is under way."""
        with self._turn:
            self._closed = True
            self._turn.notify()
        self._thread.join()

    def add(self, finished: Finished, *, at_once: bool = True) -> None:
        """Report it soon: ``at_once``, or at the next :meth:`go`, which comes or is not waited for.

        A lost claim is only let go of.
        """
        if finished.outcome is None:
            self._heartbeat.drop(finished.claim)
            self._lost(finished)
            return
        with self._turn:
            self._waiting.append((finished, finished.outcome))
            self._want(time.monotonic() + (0.0 if at_once else PATIENCE_S))

    def go(self) -> None:
        """Report what waits."""
        with self._turn:
            if self._waiting:
                self._want(0.0)

    def _want(self, at: float) -> None:
        self._due = min(self._due, at)
        self._turn.notify()

    @property
    def waiting(self) -> Sequence[Claim]:
        """Whose outcomes the store does not have yet."""
        return [finished.claim for finished, _ in self._waiting]

    def _run(self) -> None:
        try:
            while self._await():
                self.flush()
                self._tell(Reported())
        except Exception as error:
            self._tell(error)
            raise

    def _await(self) -> bool:
        """Wait until something is to be sent; whether that is so, rather than the end."""
        with self._turn:
            while not self._closed and (left_s := self._left_s()) > 0:
                self._turn.wait(min(left_s, threading.TIMEOUT_MAX))
        time.sleep(self._pace.all.gathering_s)
        return not self._closed

    def _left_s(self) -> float:
        return max(self._due - time.monotonic(), self._backoff.left_s) if self._waiting else REST_S

    def flush(self) -> None:
        """Send what waits."""
        with self._turn:
            batch, self._due = list(self._waiting), float("inf")
        claims = [finished.claim for finished, _ in batch]
        began = time.monotonic()
        try:
            self._heartbeat.flush(claims)
            verdicts = self._queue.report([(f.reported, outcome) for f, outcome in batch])
        except StoreError as error:
            self._outage.failed(error)
            self._backoff.failed()
            self.go()
            return
        self._outage.worked()
        self._backoff.worked()
        self._pace.all.reported(time.monotonic() - began)
        told = []
        for (finished, outcome), verdict in zip(batch, verdicts, strict=True):
            self._heartbeat.drop(finished.claim)
            if verdict is Verdict.ACCEPTED:
                told.append((finished, outcome))
                self._meter.ended(finished.claim, outcome, finished.seconds)
            else:
                self._lost(finished)
        _say_all(told)
        with self._turn:  # last: until then an agent that quits waits for them
            del self._waiting[: len(batch)]

    def _lost(self, finished: Finished) -> None:
        _say_lost(finished)
        self._meter.ended(finished.claim, None, finished.seconds)


def explained(error: Failure) -> str:
    """Why an attempt failed, in one line."""
    return f"{error.type}: {error.message}" if error.type else error.message


def _say_lost(finished: Finished) -> None:
    log.warning(
        "trial %d of %s went to somebody else, or was deleted: this attempt does not count",
        finished.claim.trial.number,
        finished.claim.study.name,
    )


def _say_all(told: Sequence[tuple[Finished, Outcome]]) -> None:
    """A line for each outcome; one for all that went well where many come at once."""
    complete = [
        (finished.claim, outcome) for finished, outcome in told if isinstance(outcome, Completed)
    ]
    many = len(complete) > MANY and not log.isEnabledFor(logging.DEBUG)
    for finished, outcome in told:
        level = logging.WARNING if isinstance(outcome, Failed) else logging.INFO
        quiet = isinstance(outcome, Released) and not outcome.begun
        quiet = quiet or (many and isinstance(outcome, Completed))
        _say(finished, outcome, logging.DEBUG if quiet else level)
    if many:
        _say_many(complete)


def _say_many(complete: Sequence[tuple[Claim, Completed]]) -> None:
    studies = {claim.study.name: claim.study.direction for claim, _ in complete}
    for name, direction in studies.items():
        mine = [(c.trial.number, o.value) for c, o in complete if c.study.name == name]
        number, value = min(mine, key=lambda one: direction.loss(one[1]))
        log.info(
            "%d trials of %s complete, the best of them trial %d: %.6g",
            *(len(mine), name, number, value),
        )


def _say(finished: Finished, outcome: Outcome, level: int) -> None:
    log.log(
        level,
        "trial %d of %s %s",
        finished.claim.trial.number,
        finished.claim.study.name,
        _told(outcome, _lasted(finished.seconds)),
    )


def _lasted(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1e3 * seconds:.0f} ms"


def _told(outcome: Outcome, took: str) -> str:
    if isinstance(outcome, Completed):
        return f"complete: {outcome.value:.6g} in {took}"
    if isinstance(outcome, Failed):
        return f"failed after {took} ({outcome.error.kind.value}): {explained(outcome.error)}"
    words = {Pruned: "pruned", Released: "released", Cancelled: "cancelled"}
    return f"{words[type(outcome)]} after {took}"
