from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from parzen.coordinator.conduct import KEPT, Conduct, Tally
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Attempt, ClaimStamp, Failure, Trial, Uid

START = datetime(2026, 11, 1, tzinfo=timezone.utc)


def attempt(n, worker, kind=None, *, at=0.0):
    return Attempt(
        n=n,
        token=f"t{n}",
        worker=worker,
        host="h",
        started_at=START + timedelta(seconds=at),
        ended_at=START + timedelta(seconds=at + 1),
        outcome="failed" if kind else "complete",
        error=kind and Failure(kind=kind, message="broken"),
    )


def trial(number, *attempts, state=TrialState.FAILED):
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params={},
        state=state,
        attempt=len(attempts),
        attempts=attempts,
    )


def test_failures_in_a_row_are_remembered_until_one_goes_well():
    conduct = Conduct()
    conduct.take([trial(n, attempt(1, "w", FailureKind.EXCEPTION, at=n)) for n in range(3)])
    assert len(conduct.failed("w")) == 3
    assert conduct.suspects(3) == ["w"]
    assert conduct.rows(3) == [0, 1, 2]
    conduct.take([trial(3, attempt(1, "w", at=9), state=TrialState.COMPLETE)])
    assert conduct.failed("w") == ()


def test_a_failure_that_the_objective_told_speaks_for_its_worker():
    told = Failure(kind=FailureKind.EXCEPTION, type="TrialFailed", message="diverged")
    conduct = Conduct()
    conduct.take([trial(n, attempt(1, "w", FailureKind.EXCEPTION, at=n)) for n in range(3)])
    conduct.take([trial(3, replace(attempt(1, "w", FailureKind.EXCEPTION, at=9), error=told))])
    assert conduct.failed("w") == ()


def test_an_attempt_counts_once_however_often_its_trial_is_read():
    conduct = Conduct()
    one = trial(0, attempt(1, "w", FailureKind.EXCEPTION), state=TrialState.WAITING)
    conduct.take([one])
    conduct.take([one])
    assert len(conduct.failed("w")) == 1
    conduct.take([trial(0, *one.attempts, attempt(2, "w", FailureKind.LOST, at=5))])
    assert len(conduct.failed("w")) == 2


@pytest.mark.parametrize(
    "kind", [FailureKind.PREEMPTED, FailureKind.INCOMPATIBLE, FailureKind.UNTRUSTED]
)
def test_what_is_nobodys_fault_speaks_against_nobody(kind):
    conduct = Conduct()
    conduct.take([trial(0, attempt(1, "w", kind), state=TrialState.WAITING)])
    assert conduct.failed("w") == ()
    assert conduct.last("w") is None


def test_others_are_all_but_the_worker_itself():
    conduct = Conduct()
    conduct.take(
        [
            trial(0, attempt(1, "w", FailureKind.EXCEPTION)),
            trial(1, attempt(1, "x", at=1), state=TrialState.COMPLETE),
            trial(2, attempt(1, "y", FailureKind.TIMEOUT, at=2)),
        ]
    )
    assert conduct.others("w") == Tally(ended=2, good=1)
    assert conduct.others("x") == Tally(ended=2, good=0)


def test_a_running_trial_is_known_by_who_has_it():
    conduct = Conduct()
    stamp = ClaimStamp(worker="x", token="t", expires_at=START)
    running = replace(
        trial(0, attempt(1, "x"), state=TrialState.RUNNING), claim=stamp, started_at=START
    )
    conduct.take([running])
    assert list(conduct.running("w")) == [("x", START)]
    assert list(conduct.running("x")) == []


def test_what_is_remembered_is_bounded():
    conduct = Conduct()
    conduct.take([trial(n, attempt(1, "w", FailureKind.EXCEPTION, at=n)) for n in range(KEPT + 10)])
    assert len(conduct.failed("w")) == KEPT


def test_attempts_that_were_lost_together_are_one_mishap():
    conduct = Conduct()
    conduct.take(trial(n, attempt(1, "gone", FailureKind.LOST, at=0.01 * n)) for n in range(8))
    assert len(conduct.failed("gone")) == 1
    conduct.take([trial(9, attempt(1, "gone", FailureKind.LOST, at=60.0))])
    assert len(conduct.failed("gone")) == 2
