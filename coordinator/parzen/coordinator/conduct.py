"""How the attempts at one study's trials ended, worker by worker: what a quarantine is decided on.

Nothing of it is stored: a leader that takes a study over begins to observe afresh.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Attempt, Failure, Trial

GOOD = frozenset({"complete", "pruned"})
"""Words that an attempt ends with where the worker did what it should; so it did where the
objective told that it failed."""

NEUTRAL = frozenset({FailureKind.PREEMPTED, FailureKind.INCOMPATIBLE, FailureKind.UNTRUSTED})
"""Failures that speak neither for nor against the worker, or after which it stays away itself."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many attempts ended, and how many of them well."""

    ended: int = 0
    good: int = 0

    def __sub__(self, other: Tally) -> Tally:
        return Tally(self.ended - other.ended, self.good - other.good)


@dataclass(frozen=True, slots=True)
class Ended:
    """One attempt that failed, or did not: what it was, and what others had done by its end.

    ``place`` is its place among all attempts, in the order in which they were taken in.
    """

    place: int
    began: datetime
    lasted: timedelta
    error: Failure | None
    others: Tally


TOGETHER = timedelta(seconds=0.5)
"""Attempts of one worker that were lost within so long were lost with it."""

KEPT = 50
"""So many failures in a row are remembered of each worker."""


class Conduct:
    """What is known of each worker's attempts.

    Taking in an attempt costs the same however many there were.
    """

    def __init__(self) -> None:
        self._taken: dict[int, int] = {}
        self._running: dict[int, tuple[str, datetime]] = {}
        self._ended: Counter[str] = Counter()
        self._good: Counter[str] = Counter()
        self._all = Tally()
        self._failed: dict[str, deque[Ended]] = {}
        self._last: dict[str, Ended] = {}

    def take(self, trials: Iterable[Trial]) -> None:
        """Take in trials that are new or have changed; each attempt counts once.

        The past of a trial that is read without its attempts is passed over.
        """
        news: list[Attempt] = []
        for trial in trials:
            self._note_running(trial)
            before = self._taken.get(trial.number, 0)
            over = trial.attempt - (trial.state is TrialState.RUNNING)
            news += (a for a in trial.attempts if before < a.n <= over)
            if trial.attempt:
                self._taken[trial.number] = max(before, over)
        for attempt in sorted((a for a in news if a.ended_at is not None), key=_end):
            self._add(attempt)

    def failed(self, worker: str) -> Sequence[Ended]:
        """The worker's last attempts, oldest first, if they all failed; at most ``KEPT``."""
        return tuple(self._failed.get(worker, ()))

    def suspects(self, after: int) -> Sequence[str]:
        """The workers whose last ``after`` attempts failed."""
        return [worker for worker, failed in self._failed.items() if len(failed) >= after]

    def rows(self, least: int) -> list[int]:
        """The places, ascending, of all failures that stand in a row of ``least`` or more."""
        rows = (failed for failed in self._failed.values() if len(failed) >= least)
        return sorted(one.place for failed in rows for one in failed)

    def last(self, worker: str) -> Ended | None:
        """The worker's last attempt that speaks for or against it."""
        return self._last.get(worker)

    def others(self, worker: str) -> Tally:
        """What all other workers' attempts came to, since this leader observes."""
        return self._all - Tally(self._ended[worker], self._good[worker])

    def running(self, worker: str) -> Sequence[tuple[str, datetime]]:
        """The attempts that other workers are at, as far as is known: whose, and since when."""
        return [(holder, since) for holder, since in self._running.values() if holder != worker]

    def _lost_together(self, attempt: Attempt) -> bool:
        """Whether it was lost with the worker's last one: that is one mishap."""
        last = self._last.get(attempt.worker)
        if last is None or not (_lost(attempt.error) and _lost(last.error)):
            return False
        return abs(_end(attempt) - (last.began + last.lasted)) < TOGETHER

    def _note_running(self, trial: Trial) -> None:
        self._running.pop(trial.number, None)
        if trial.state is TrialState.RUNNING and trial.claim and trial.started_at:
            self._running[trial.number] = (trial.claim.worker, trial.started_at)

    def _add(self, attempt: Attempt) -> None:
        told = attempt.error is not None and attempt.error.meant
        good = attempt.outcome in GOOD or told
        if not good and (attempt.error is None or attempt.error.kind in NEUTRAL):
            return
        if self._lost_together(attempt):
            return
        worker, end = attempt.worker, _end(attempt)
        began = attempt.started_at or end
        error = None if good else attempt.error
        place = self._all.ended
        ended = Ended(place, began, max(timedelta(), end - began), error, self.others(worker))
        self._last[worker] = ended
        self._all = Tally(self._all.ended + 1, self._all.good + good)
        self._ended[worker] += 1
        self._good[worker] += good
        if good:
            self._failed.pop(worker, None)
        else:
            self._failed.setdefault(worker, deque(maxlen=KEPT)).append(ended)


def _lost(error: Failure | None) -> bool:
    return error is not None and error.kind is FailureKind.LOST


def _end(attempt: Attempt) -> datetime:
    if attempt.ended_at is None:
        raise ValueError(f"attempt {attempt.n} has not ended")
    return attempt.ended_at
