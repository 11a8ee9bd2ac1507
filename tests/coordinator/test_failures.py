from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

from parzen.coordinator.failures import FailureStreak
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Attempt, Failure, Trial, Uid

START = datetime(2026, 11, 1, tzinfo=timezone.utc)


def trial(number, state, after_s, message=None, worker="w"):
    attempt = Attempt(
        n=1,
        token="t",
        worker=worker,
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


def test_what_is_counted_does_not_depend_on_the_order_of_arrival():
    trials = [trial(n, FAILED, n, f"{n}") for n in (1, 2, 4, 5, 6)] + [trial(3, COMPLETE, 3)]
    for seed in range(20):
        random.Random(seed).shuffle(trials)
        streak = FailureStreak(START)
        for one in trials:
            streak.take([one])
        assert (streak.count, streak.last_error) == (3, "OSError: 6")


def test_a_trial_taken_twice_counts_once_and_its_reason_is_learnt():
    streak = FailureStreak(START)
    streak.take([trial(0, FAILED, 1), trial(1, FAILED, 2)])
    assert (streak.count, streak.last_error, streak.numbers) == (2, None, [0, 1])
    streak.take([trial(1, FAILED, 2, "no disk")])
    assert (streak.count, streak.last_error) == (2, "OSError: no disk")


def test_what_failed_on_a_worker_that_is_set_aside_is_forgiven():
    streak = FailureStreak(START)
    streak.take([trial(0, FAILED, 1, "a"), trial(1, FAILED, 2, "b", worker="bad")])
    streak.forgive(["bad"])
    streak.take([trial(2, FAILED, 3, "c", worker="bad"), trial(3, FAILED, 4, "d")])
    assert (streak.numbers, streak.last_error) == ([0, 3], "OSError: d")


def test_failures_before_the_study_was_resumed_are_forgiven():
    streak = FailureStreak(START)
    streak.take([trial(0, FAILED, -2), trial(1, FAILED, -1), trial(2, FAILED, 1)])
    assert streak.count == 1
