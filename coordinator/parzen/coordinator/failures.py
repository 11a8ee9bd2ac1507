"""How many trials failed in a row: what ``max_consecutive_failures`` looks at."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TypeAlias

from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial

_NEVER = datetime.min.replace(tzinfo=timezone.utc)

End: TypeAlias = tuple[datetime, int]
"""When a trial finished, by the server's clock, and its number: the order in which trials ended."""


@dataclass(frozen=True, slots=True, order=True)
class _Failed:
    end: End
    error: str | None = field(compare=False)
    worker: str | None = field(compare=False)


class FailureStreak:
    """The failed trials since one did not fail, or since the study was last resumed.

    What it counts depends on when trials ended, not on the order in which they are taken in: with
    many workers the two differ. Failures before ``since`` are forgiven: an owner who resumes a
    study has mended their cause. So are those of workers that were set aside: they tell of a node,
    and not of the objective.
    """

    def __init__(self, since: datetime | None) -> None:
        self._after: End = (since or _NEVER, -1)
        self._failed: list[_Failed] = []
        self._forgiven: frozenset[str] = frozenset()

    @property
    def count(self) -> int:
        """How many trials failed in a row."""
        return len(self._failed)

    @property
    def numbers(self) -> list[int]:
        """Those trials' numbers, in the order in which they failed."""
        return [failed.end[1] for failed in self._failed]

    @property
    def last_error(self) -> str | None:
        """Why that one failed, in one line; None where its attempts are not known."""
        return self._failed[-1].error if self._failed else None

    def take(self, trials: Iterable[Trial]) -> None:
        """Take in trials that have finished; others are passed by; taken twice, one counts once.

        A cancelled trial says nothing about the objective.
        """
        for trial in trials:
            if not trial.state.finished or trial.state is TrialState.CANCELLED:
                continue
            end = (trial.finished_at or _NEVER, trial.number)
            if end <= self._after:
                continue
            if trial.state is TrialState.FAILED:
                self._add(_Failed(end, _error(trial), _worker(trial)))
            else:
                self._after = end
                del self._failed[: bisect_right(self._failed, _Failed(end, None, None))]

    def forgive(self, workers: Iterable[str]) -> None:
        """Leave out what failed on ``workers``, from now on."""
        self._forgiven |= frozenset(workers)
        if self._forgiven:
            self._failed = [f for f in self._failed if f.worker not in self._forgiven]

    def _add(self, failed: _Failed) -> None:
        if failed.worker in self._forgiven:
            return
        place = bisect_right(self._failed, failed)
        if place and self._failed[place - 1] == failed:
            if failed.error is not None:
                self._failed[place - 1] = failed
        else:
            insort(self._failed, failed)


def _worker(trial: Trial) -> str | None:
    return trial.attempts[-1].worker if trial.attempts else None


def _error(trial: Trial) -> str | None:
    error = trial.attempts[-1].error if trial.attempts else None
    if error is None:
        return None
    text = error.message or error.kind.value
    return f"{error.type}: {text}" if error.type else text
