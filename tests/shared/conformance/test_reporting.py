from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from parzen.shared.lifecycle import FailureKind, Retries
from parzen.shared.records import (
    Cancelled,
    Completed,
    Direction,
    Failed,
    Failure,
    Pruned,
    Released,
    Verdict,
)

ACCEPTED, LEASE_LOST = Verdict.ACCEPTED, Verdict.LEASE_LOST


def failed(kind, message="it broke"):
    return Failed(error=Failure(kind=kind, message=message, traceback="trace"), log_tail="log")


def test_a_completed_trial_holds_loss_value_result_and_times(lab):
    lab.insert(0)
    (claim,) = lab.claim()

    assert lab.report((claim, Completed(value=2.5, result={"epochs": 3}, log_tail="out"))) == [
        ACCEPTED
    ]

    trial = lab.trial(0)
    assert (trial.state, trial.loss, trial.value, trial.result) == (
        "complete",
        2.5,
        2.5,
        {"epochs": 3},
    )
    assert trial.claim is None
    assert trial.duration_s == (trial.finished_at - trial.started_at).total_seconds()
    attempt = trial.attempts[-1]
    assert (attempt.token, attempt.outcome, attempt.log_tail) == (claim.token, "complete", "out")
    assert attempt.ended_at == trial.finished_at


def test_maximize_keeps_the_value_and_negates_the_loss(new_lab):
    lab = new_lab(direction=Direction.MAXIMIZE)
    lab.insert(0)
    lab.report((lab.claim()[0], Completed(value=0.9)))

    assert (lab.trial(0).value, lab.trial(0).loss) == (0.9, -0.9)


def test_pruned_and_cancelled_trials_end_without_a_loss(lab):
    lab.insert(0, 1)
    first, second = lab.claim(2)

    assert lab.report((first, Pruned()), (second, Cancelled(log_tail="bye"))) == [ACCEPTED] * 2

    assert lab.states() == {0: "pruned", 1: "cancelled"}
    assert lab.trial(0).loss is None
    assert lab.trial(1).attempts[-1].outcome == "cancelled"
    assert lab.trial(1).finished_at is not None


def test_a_failure_without_budget_ends_the_trial(lab):
    lab.insert(0)
    (claim,) = lab.claim()

    lab.report((claim, failed(FailureKind.EXCEPTION)))

    trial = lab.trial(0)
    assert trial.state == "failed"
    assert trial.failures == {FailureKind.EXCEPTION: 1}
    assert trial.attempts[-1].error == Failure(
        kind=FailureKind.EXCEPTION, message="it broke", traceback="trace"
    )
    assert lab.claim() == []


FOUND = {"$norm": math.inf, "a.b": [math.nan, {"$set": "$state"}]}


def test_a_trial_that_failed_for_good_keeps_what_it_found(lab):
    lab.insert(0)
    told = replace(failed(FailureKind.EXCEPTION, "diverged"), result=FOUND)

    assert lab.report((lab.claim()[0], told)) == [ACCEPTED]

    trial = lab.trial(0)
    assert (trial.state, trial.loss, trial.value) == ("failed", None, None)
    assert repr(trial.result) == repr(FOUND)  # NaN is not equal to itself
    assert trial.attempts[-1].error.message == "diverged"


def test_a_trial_that_waits_again_keeps_nothing_of_what_it_found(new_lab):
    lab = new_lab(retries=Retries(exception=1))
    lab.insert(0, 1)
    told = replace(failed(FailureKind.EXCEPTION), result={"try": 1})
    lab.report(*[(claim, told) for claim in lab.claim(2)])
    assert lab.trial(0).result == {}
    lab.store.db.jobs.update_many({"uid": lab.study.uid}, {"$unset": {"due_at": 1}})
    lab.store.ledger.queue_due(lab.lead)
    first, second = lab.claim(2)

    lab.report((first, replace(told, result={"try": 2})), (second, Pruned()))

    assert lab.states() == {0: "failed", 1: "pruned"}
    assert (lab.trial(0).result, lab.trial(1).result) == ({"try": 2}, {})


def test_a_failure_with_budget_rests_before_it_is_claimed_again(new_lab):
    lab = new_lab(retries=Retries(exception=2))
    lab.insert(0)
    lab.report((lab.claim()[0], failed(FailureKind.EXCEPTION)))

    trial = lab.trial(0)
    assert trial.state == "waiting"
    assert trial.order is None
    assert (trial.due_at - trial.waiting_since).total_seconds() == 1.0
    assert trial.claim is None
    assert trial.started_at is None
    assert lab.claim() == []
    assert lab.store.ledger.queue_due(lab.lead) == 0


def test_budgets_are_counted_over_all_attempts(new_lab):
    lab = new_lab(retries=Retries(exception=1))
    lab.insert(0)
    lab.report((lab.claim()[0], failed(FailureKind.EXCEPTION)))
    lab.store.db.jobs.update_one({"uid": lab.study.uid}, {"$unset": {"due_at": 1}})
    assert lab.store.ledger.queue_due(lab.lead) == 1

    (again,) = lab.claim()
    assert again.trial.attempt == 2
    lab.report((again, failed(FailureKind.EXCEPTION)))

    assert lab.trial(0).state == "failed"
    assert lab.trial(0).failures == {FailureKind.EXCEPTION: 2}
    assert [a.outcome for a in lab.trial(0).attempts] == ["failed", "failed"]


OWN_BUDGET = {  # what a kind's retries are paid from; None: it has no budget that could be set
    FailureKind.EXCEPTION: "exception",
    FailureKind.KILLED: "exception",
    FailureKind.TIMEOUT: "timeout",
    FailureKind.OUT_OF_MEMORY: "out_of_memory",
    FailureKind.LOST: "lost",
    FailureKind.PREEMPTED: "preempted",
    FailureKind.INVALID_RESULT: None,
    FailureKind.INCOMPATIBLE: None,
    FailureKind.UNTRUSTED: None,
}
WITHOUT_REST = {"lost", "preempted", "incompatible", "untrusted"}
WITHOUT_LIMIT = {"incompatible", "untrusted"}


@pytest.mark.parametrize("budget", [0, 1, 2, None])
@pytest.mark.parametrize("kind", FailureKind)
def test_each_kind_of_failure_has_its_own_budget_and_rest(new_lab, kind, budget):
    own = OWN_BUDGET[kind]
    others = {name: 0 for name in OWN_BUDGET.values() if name is not None}
    lab = new_lab(retries=Retries(**{**others, **({own: budget} if own else {})}))
    lab.insert(0)
    forgiven = budget if own else 0
    endless = kind.value in WITHOUT_LIMIT or (own is not None and budget is None)
    for failure in range(1, 5):
        (claim,) = lab.claim(lost=kind is FailureKind.LOST)
        assert (claim.trial.number, claim.trial.attempt) == (0, failure)
        if kind is FailureKind.LOST:
            lab.store.ledger.expire(lab.lead)
        else:
            outcome = Released() if kind is FailureKind.PREEMPTED else failed(kind)
            assert lab.report((claim, outcome)) == [ACCEPTED]
        trial = lab.trial(0)
        assert trial.failures == {kind: failure}
        if not endless and failure > forgiven:
            break
        rest = 0.0 if kind.value in WITHOUT_REST else 2.0 ** (failure - 1)
        assert trial.state == "waiting"
        assert (trial.order is None) == bool(rest)
        if rest:
            assert (trial.due_at - trial.waiting_since).total_seconds() == rest
            lab.store.db.jobs.update_one({"uid": lab.study.uid}, {"$unset": {"due_at": 1}})
            lab.store.ledger.queue_due(lab.lead)
    assert lab.trial(0).state == ("waiting" if endless else "failed")


def test_what_goes_back_before_it_has_begun_costs_nothing_and_comes_first(new_lab):
    lab = new_lab(retries=Retries(preempted=0))
    lab.insert(0, 1)
    for attempt in (1, 2):
        (claim,) = lab.claim()
        assert (claim.trial.number, claim.trial.attempt) == (0, attempt)
        assert lab.report((claim, Released(begun=False))) == [ACCEPTED]
    trial = lab.trial(0)
    assert (trial.state, trial.failures) == ("waiting", {})
    # the one before is kept no longer: it would push those that have run out of those kept
    assert [(attempt.n, attempt.outcome) for attempt in trial.attempts] == [(2, "unbegun")]


def test_a_trials_duration_is_how_long_it_ran(new_lab):
    lab = new_lab()
    lab.insert(0, 1)
    for claim, idle_s in zip(lab.claim(2), (0.0, 3600.0), strict=True):
        started = {"$set": {"started_at": claim.trial.started_at - timedelta(seconds=100)}}
        lab.store.db.jobs.update_one({"uid": lab.study.uid, "number": claim.trial.number}, started)
        lab.report((replace(claim, idle_s=idle_s), Completed(value=1.0)))
    assert 100 <= lab.trial(0).duration_s < 200
    assert lab.trial(1).duration_s == 0.0  # whatever a worker's clock says


def test_one_kind_does_not_spend_the_budget_of_another(new_lab):
    lab = new_lab(retries=Retries(exception=1, timeout=1, out_of_memory=1))
    lab.insert(0)
    for kind in (FailureKind.EXCEPTION, FailureKind.TIMEOUT, FailureKind.OUT_OF_MEMORY):
        lab.report((lab.claim()[0], failed(kind)))
        assert lab.trial(0).state == "waiting"
        lab.store.db.jobs.update_one({"uid": lab.study.uid}, {"$unset": {"due_at": 1}})
        lab.store.ledger.queue_due(lab.lead)
    lab.report((lab.claim()[0], failed(FailureKind.TIMEOUT)))
    assert lab.trial(0).state == "failed"


@pytest.mark.parametrize(
    "outcome", [Released(), failed(FailureKind.INCOMPATIBLE), failed(FailureKind.UNTRUSTED)]
)
def test_a_trial_given_back_waits_in_its_old_place_at_once(lab, outcome):
    lab.insert(0, 1)
    (claim,) = lab.claim()

    assert lab.report((claim, outcome)) == [ACCEPTED]

    assert lab.trial(0).state == "waiting"
    assert lab.claim()[0].trial.number == 0


def test_a_report_that_was_carried_out_already_is_accepted_again(lab):
    """The reply of the first was lost."""
    lab.insert(0, 1, 2)
    done = list(
        zip(lab.claim(3), [Completed(value=1.0), Released(), Pruned()], strict=True),
    )
    lab.report(*done)

    assert lab.report(*done) == [ACCEPTED] * 3

    assert lab.trial(1).failures == {FailureKind.PREEMPTED: 1}


def test_a_report_after_the_trial_went_to_somebody_else_is_refused(lab):
    lab.insert(0, 1)
    stale, mine = lab.claim(2, lost=True)
    assert lab.store.ledger.expire(lab.lead) == [0, 1]
    (fresh,) = lab.claim()

    verdicts = lab.report((stale, Completed(value=0.0)), (mine, Completed(value=0.0)))

    assert verdicts == [LEASE_LOST, LEASE_LOST]
    assert lab.states() == {0: "running", 1: "waiting"}
    assert lab.report((fresh, Completed(value=1.0))) == [ACCEPTED]
    assert lab.trial(0).loss == 1.0


def test_one_lost_lease_harms_no_other_report(lab):
    lab.insert(0, 1)
    (stale,) = lab.claim(lost=True)
    (held,) = lab.claim()
    lab.store.ledger.expire(lab.lead)

    done = [(stale, Completed(value=0.0)), (held, Completed(value=5.0))]

    assert lab.report(*done) == [LEASE_LOST, ACCEPTED]
    assert lab.trial(1).loss == 5.0


def test_a_report_for_a_trial_that_is_gone_is_refused(lab):
    lab.insert(0)
    (claim,) = lab.claim()
    lab.store.db.jobs.delete_many({"uid": lab.study.uid})

    assert lab.report((claim, Completed(value=1.0))) == [LEASE_LOST]


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Completed(value=math.nan), "nan, expected a finite number"),
        (Completed(value=1.0, result={"big": "x" * 17_000_000}), "takes 1700"),
        (Completed(value=1.0, result={"odd": object()}), "cannot hold"),
        (Completed(value=1.0, result={"huge": 2**70}), "cannot hold"),
        (Completed(value=1.0, result={"half": "\ud800"}), "cannot hold"),
        (Completed(value=1.0, result={1: "a number as a key"}), "cannot hold"),
        (replace(failed(FailureKind.EXCEPTION, "why"), result={"odd": object()}), "failed: why)"),
        (replace(failed(FailureKind.TIMEOUT), result={"big": "x" * 17_000_000}), "takes 1700"),
    ],
)
def test_what_cannot_be_stored_fails_the_trial_and_says_why(lab, outcome, says):
    lab.insert(0, 1)
    first, second = lab.claim(2)

    assert lab.report((first, outcome), (second, Completed(value=1.0))) == [ACCEPTED] * 2

    error = lab.trial(0).attempts[-1].error
    assert lab.states() == {0: "failed", 1: "complete"}
    assert error.kind is FailureKind.INVALID_RESULT
    assert says in error.message


def test_a_result_nested_too_deep_for_the_server_fails_only_its_trial(lab):
    lab.insert(0, 1)
    deep: dict = {}
    for _ in range(150):
        deep = {"in": deep}
    first, second = lab.claim(2)

    done = [(first, Completed(value=1.0, result=deep)), (second, Completed(value=1.0))]

    assert lab.report(*done) == [ACCEPTED] * 2
    assert lab.states() == {0: "failed", 1: "complete"}


def test_texts_are_cut_to_what_a_document_holds(lab):
    lab.insert(0)
    error = Failure(
        kind=FailureKind.EXCEPTION,
        message="m" * 5000,
        traceback="t" * 100_000 + "the end \ud800",
        type="T",
    )
    lab.report((lab.claim()[0], Failed(error=error, log_tail="é" * 9000 + "last words")))

    attempt = lab.trial(0).attempts[-1]
    assert len(attempt.error.message) == 1000
    assert attempt.error.traceback.endswith("the end ?")
    assert len(attempt.log_tail.encode()) <= 4096
    assert attempt.log_tail.endswith("last words")


def test_what_the_worker_noted_in_its_attempt_is_kept(lab):
    lab.insert(0)
    (claim,) = lab.claim()
    mine = replace(claim.trial.attempts[-1], device="cuda:1", bundle="abc", workdir="/w/$x")
    claim = replace(claim, trial=replace(claim.trial, attempts=(mine,)))

    lab.report((claim, Released()))

    kept = lab.trial(0).attempts[-1]
    assert (kept.device, kept.bundle, kept.workdir) == ("cuda:1", "abc", "/w/$x")


def test_nothing_to_report_is_nothing(lab):
    assert lab.report() == []
