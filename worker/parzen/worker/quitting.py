"""When an agent quits though nobody told it to: its quota, its idleness, its time, its failures."""

from __future__ import annotations

import logging
import time

from parzen.shared.records import Completed, Failed, Pruned, Released
from parzen.worker.options import Options
from parzen.worker.reports import Finished, explained

log = logging.getLogger("parzen.worker")


class Quitting:
    """Keeps count of what one agent begins, and of how that ends. Times are monotonic."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._begun = 0
        self._failed_in_a_row = 0
        self._started = self._idle_since = time.monotonic()
        self.spoilt = False
        """Whether too many attempts in a row have failed."""

    @property
    def quota(self) -> float:
        """How many attempts may still be begun; infinite where nothing limits them."""
        limit = self._options.max_trials
        return float("inf") if limit is None else limit - self._begun

    def begun(self) -> None:
        """An attempt begins."""
        self._begun += 1

    def not_begun(self) -> None:
        """One that was claimed goes back before it has begun."""
        self._begun -= 1

    def vacant(self) -> None:
        """A slot is free again."""
        self._idle_since = time.monotonic()

    def ended(self, finished: Finished) -> None:
        """An attempt is over.

        Those that had to make way, or were unwanted or lost, say nothing of this worker; that a
        trial told with ``trial.failed()`` that it failed says that it works.
        """
        outcome, limit = finished.outcome, self._options.max_consecutive_failures
        if isinstance(outcome, Released) and not outcome.begun:
            self.not_begun()
        told = isinstance(outcome, Failed) and outcome.error.meant
        if isinstance(outcome, (Completed, Pruned)) or told:
            self._failed_in_a_row = 0
        elif isinstance(outcome, Failed):
            self._failed_in_a_row += 1
            if limit is not None and self._failed_in_a_row >= limit and not self.spoilt:
                self.spoilt = True
                _say_spoilt(finished, outcome, self._failed_in_a_row)

    @property
    def over(self) -> bool:
        """Whether nothing more is to be begun, though it was claimed."""
        return self.spoilt or self._claiming_left_s <= 0

    def due(self, *, busy: bool) -> bool:
        """Whether to take on no more trials."""
        idle = not busy and self._idle_left_s <= 0
        return self.spoilt or self.quota <= 0 or self._claiming_left_s <= 0 or idle

    def left_s(self, *, busy: bool) -> float:
        """Seconds until the clock alone makes it due, if nothing happens; perhaps infinite."""
        return self._claiming_left_s if busy else min(self._idle_left_s, self._claiming_left_s)

    @property
    def _idle_left_s(self) -> float:
        return _left_s(self._idle_since, self._options.idle_timeout_s)

    @property
    def _claiming_left_s(self) -> float:
        return _left_s(self._started, self._options.claim_for_s)


def _left_s(since: float, limit_s: float | None) -> float:
    return float("inf") if limit_s is None else since + limit_s - time.monotonic()


def _say_spoilt(finished: Finished, outcome: Failed, times: int) -> None:
    trial = finished.claim.trial
    log.error(
        "quitting, for %s failed here, the last one trial %d of %s (%s): see whether this machine "
        "has what the objective needs",
        "an attempt has" if times == 1 else f"{times} attempts in a row have",
        trial.number,
        finished.claim.study.name,
        explained(outcome.error),
    )
