"""How many trials failed in a row: what ``max_consecutive_failures`` looks at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial

_NEVER = datetime.min.replace(tzinfo=timezone.utc)


class FailureStreak:
    """The failed trials since one did not fail, or since the study was last resumed.

    Failures before ``since`` are forgiven: an owner who resumes a study has mended their cause.
    """

    def __init__(self, since: datetime | None) -> None:
        self.count = 0
        self.last_error: str | None = None
        self._since = since or _NEVER

    def take(self, trials: Iterable[Trial]) -> None:
        """Take in trials that just finished, in the order in which they did; others are passed by.

        A cancelled trial says nothing about the objective.
        """
        ended = [t for t in trials if t.state.finished and t.state is not TrialState.CANCELLED]
        for trial in sorted(ended, key=lambda t: (t.finished_at or _NEVER, t.number)):
            if trial.state is not TrialState.FAILED:
                self.count, self.last_error = 0, None
            elif (trial.finished_at or _NEVER) >= self._since:
                self.count += 1
                self.last_error = _error(trial)


def _error(trial: Trial) -> str | None:
    error = trial.attempts[-1].error if trial.attempts else None
    if error is None:
        return None
    text = error.message or error.kind.value
    return f"{error.type}: {text}" if error.type else text
