from __future__ import annotations

from datetime import datetime, timedelta, timezone

from parzen.coordinator.failures import FailureStreak
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Attempt, Failure, Trial, Uid

START = datetime(2026, 11, 1, tzinfo=timezone.utc)


def trial(number, state, after_s, message=None):
    attempt = Attempt(
        n=1,
        token="t",
        worker="w",
        host="h",
        error=message and Failure(kind=FailureKind.EXCEPTION, type="OSError", message=message),
    )
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params={},
        state=state,
        attempts=(attempt,) if message else (),
        finished_at=None if after_s is None else START + timedelta(seconds=after_s),
    )


FAILED, COMPLETE, CANCELLED = TrialState.FAILED, TrialState.COMPLETE, TrialState.CANCELLED


def test_failures_are_counted_in_the_order_in_which_they_ended():
    streak = FailureStreak(START)
    streak.take([trial(0, FAILED, 3, "late"), trial(1, FAILED, 1), trial(2, COMPLETE, 2)])
    assert (streak.count, streak.last_error) == (1, "OSError: late")
    streak.take([trial(3, FAILED, 4), trial(4, CANCELLED, 5), trial(5, TrialState.RUNNING, None)])
    assert streak.count == 2
    streak.take([trial(6, TrialState.PRUNED, 6)])
    assert (streak.count, streak.last_error) == (0, None)


def test_failures_before_the_study_was_resumed_are_forgiven():
    streak = FailureStreak(START)
    streak.take([trial(0, FAILED, -2), trial(1, FAILED, -1), trial(2, FAILED, 1)])
    assert streak.count == 1
