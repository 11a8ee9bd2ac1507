from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from parzen.shared.errors import InvalidInput, NotFound
from parzen.shared.lifecycle import FailureKind, Retries, TrialState
from parzen.shared.records import (
    Completed,
    Failed,
    Failure,
    Limits,
    Measurement,
    ObjectiveRef,
    SamplerSpec,
    Uid,
    Verdict,
    Want,
)
from parzen.shared.steering import Draft

BROKEN = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no"))
SLOW = Failed(error=Failure(kind=FailureKind.TIMEOUT, message="too long"))
REF = ObjectiveRef(file="", digest="", bytes=0, python="3.11", cloudpickle="3.1", entry="pickle")


def draft(x, **fields):
    return Draft(params={"x": x}, **fields)


def failed(lab, *errors):
    """Trials 0, 1, … that failed, each in its own way."""
    lab.insert(*range(len(errors)))
    claims = lab.claim(len(errors))
    lab.report(*zip(claims, errors, strict=True))


def test_appended_trials_get_the_next_free_numbers_in_order(lab):
    catalog = lab.store.catalog
    assert catalog.created(lab.study) == 0
    assert catalog.append(lab.study, []) == []
    assert catalog.append(lab.study, [draft(0.1), draft(0.2)]) == [0, 1]
    lab.insert(2, 5)
    assert catalog.append(lab.study, [draft(0.3)]) == [6]
    assert catalog.created(lab.study) == 7
    assert lab.trial(1).params == {"x": 0.2}


def test_numbers_that_somebody_takes_meanwhile_are_left_to_him(lab, monkeypatch):
    catalog, numbers = lab.store.catalog, iter([0, 3])
    lab.insert(1)
    monkeypatch.setattr(type(catalog), "_created", lambda *_: next(numbers))
    assert catalog.append(lab.study, [draft(0.1), draft(0.2), draft(0.3)]) == [0, 3, 2]
    assert lab.trial(3).params == {"x": 0.2}


def test_an_appended_point_is_claimed_before_what_waits(lab):
    lab.insert(0)
    lab.store.catalog.append(
        lab.study, [draft(0.25, user={"why": "$paper"}, enqueued_by="ann@laptop")]
    )
    [claim] = lab.claim()
    assert claim.trial.params == {"x": 0.25}
    assert (claim.trial.user, claim.trial.enqueued_by) == ({"why": "$paper"}, "ann@laptop")
    assert lab.report((claim, Completed(value=0.5))) == [Verdict.ACCEPTED]


def test_an_earlier_trial_is_over_and_nobodys_to_claim(lab):
    now = lab.store.catalog.now()
    earlier = draft(
        0.5, state=TrialState.COMPLETE, loss=2.0, value=-2.0, result={"acc": 0.5}, finished_at=now
    )
    lab.store.catalog.append(lab.study, [earlier, draft(0.1, state=TrialState.FAILED)])
    assert lab.claim(2) == []
    found = lab.trial(0)
    assert (found.loss, found.value, found.result) == (2.0, -2.0, {"acc": 0.5})
    assert (found.finished_at, found.attempts) == (now, ())
    assert lab.trial(1).finished_at is not None


def test_a_retried_trial_waits_before_all_others_with_fresh_budgets(lab):
    failed(lab, BROKEN, replace(BROKEN, result={"norm": 1e9}))
    lab.insert(2)
    assert lab.trial(1).result == {"norm": 1e9}
    lab.store.ledger.retry(lab.lead, [1, 2])
    trial = lab.trial(1)
    assert (trial.state, trial.failures, trial.attempt) == (TrialState.WAITING, {}, 1)
    assert trial.result == {}
    assert (trial.started_at, trial.finished_at, trial.duration_s) == (None, None, None)
    assert [a.outcome for a in trial.attempts] == ["failed"]
    [claim] = lab.claim()
    assert (claim.trial.number, claim.trial.attempt) == (1, 2)
    assert lab.trial(2).order == 2


def asked(lab):
    wish = lab.store.catalog.study(lab.study.name).wish
    return wish.want, wish.retry


def test_all_that_failed_are_asked_for_or_those_of_one_kind(lab):
    catalog = lab.store.catalog
    failed(lab, BROKEN, SLOW, BROKEN)
    lab.insert(3)
    lab.store.ledger.cancel_waiting(lab.lead)
    assert catalog.retry(lab.study, kind=FailureKind.TIMEOUT) == [1]
    assert asked(lab) == (Want.RUN, (1,))
    assert catalog.retry(lab.study) == [0, 1, 2]
    assert catalog.retry(lab.study, below=2) == [0, 1]
    assert catalog.retry(lab.study, [3, 7]) == [3]
    assert asked(lab) == (Want.RUN, (0, 1, 2, 3))  # none was heard of yet
    assert lab.states() == {0: "failed", 1: "failed", 2: "failed", 3: "cancelled"}


def test_what_was_asked_for_is_not_asked_for_again_once_it_was_heard(lab):
    catalog = lab.store.catalog
    failed(lab, BROKEN, SLOW)
    catalog.wish(lab.study.name, Want.PAUSE, Limits(max_trials=9))
    catalog.retry(lab.study, [0])
    wish = catalog.wish(lab.study.name).wish
    assert (wish.want, wish.limits.max_trials, wish.retry) == (Want.PAUSE, 9, (0,))
    lab.store.ledger.wish_done(lab.lead, wish)
    catalog.retry(lab.study, [1])
    assert asked(lab)[1] == (1,)
    lab.store.ledger.wish_done(lab.lead, catalog.study(lab.study.name).wish)
    assert catalog.wish(lab.study.name, Want.RUN).wish.retry == ()


def test_settings_are_set_and_taken_away(lab):
    catalog = lab.store.catalog
    changes = {
        "priority": 5, "max_running": 2, "trial_timeout_s": 60.0, "retries": Retries(exception=3),
        "tags": ("a", "$b"), "owner": "ann", "note": "$$NOW",
        "sampler": SamplerSpec(name="sobol", options={"$x": "$y"}, seed=7),
    }  # fmt: skip
    amended = catalog.amend(lab.study, changes)
    assert {name: getattr(amended, name) for name in changes} == changes
    assert catalog.study(lab.study.name) == amended
    again = catalog.amend(amended, {"note": None, "max_running": None})
    assert (again.note, again.max_running, again.priority) == (None, None, 5)


def test_what_a_leader_goes_by_is_not_set(lab):
    with pytest.raises(InvalidInput, match="'status' cannot be set: expected one of"):
        lab.store.catalog.amend(lab.study, {"status": "complete"})


def test_a_study_that_is_gone_is_not_changed(lab):
    gone = replace(lab.study, uid=Uid("another"))
    with pytest.raises(NotFound, match="is gone: somebody deleted it"):
        lab.store.catalog.amend(gone, {"priority": 1})
    with pytest.raises(NotFound):
        lab.store.catalog.replace_objective(gone, REF, b"new")


def test_a_note_on_a_trial(lab):
    lab.insert(0)
    lab.store.catalog.annotate(lab.study, 0, "$claim.token")
    assert lab.trial(0).note == "$claim.token"
    lab.store.catalog.annotate(lab.study, 0, None)
    assert lab.trial(0).note is None
    with pytest.raises(NotFound, match="has no trial 7"):
        lab.store.catalog.annotate(lab.study, 7, "x")


def test_another_objective_takes_the_place_of_the_one_that_stands(lab):
    fresh = replace(lab.study, name=f"{lab.study.name}-o", uid=Uid(uuid.uuid4().hex), objective=REF)
    study = lab.store.catalog.create(fresh, b"old")
    signed = replace(REF, signed_by="k", signature="s")
    replaced = lab.store.catalog.replace_objective(study, signed, b"newer")
    assert lab.store.queue.bundle(replaced) == b"newer"
    assert lab.store.queue.bundle(study) == b"old"  # who has just claimed a trial still gets it
    unsigned = lab.store.catalog.replace_objective(study, REF, b"newest")
    assert (unsigned.objective.signed_by, unsigned.objective.bytes) == (None, 6)


def test_who_holds_what(lab):
    assert lab.store.catalog.held(lab.study) == {}
    lab.insert(0, 1, 2)
    lab.claim(2)
    assert lab.store.catalog.held(lab.study) == {lab.worker.id: 2}


def test_a_wish_without_a_want_asks_for_the_same_again(lab):
    lab.store.catalog.wish(lab.study.name, Want.PAUSE)
    study = lab.store.catalog.wish(lab.study.name, None, Limits(max_trials=7))
    assert (study.wish.want, study.wish.limits.max_trials) == (Want.PAUSE, 7)


def test_a_deleted_study_leaves_nothing_behind(lab):
    fresh = replace(lab.study, name=f"{lab.study.name}-d", uid=Uid(uuid.uuid4().hex), objective=REF)
    study = lab.store.catalog.create(fresh, b"bundle")
    lab.store.catalog.append(study, [draft(0.1), draft(0.2)])
    [claim, _] = lab.store.queue.claim(lab.worker, [study], 2)
    lab.store.queue.attach(claim, "model", b"weights")
    seen = Measurement(uid=study.uid, number=claim.trial.number, step=1, value=0.5, attempt=1)
    lab.store.queue.renew([claim], [seen])
    lab.insert(0)  # of another study, which stays

    gone = lab.store.catalog.delete(study)

    assert gone == {
        "studies": 1, "jobs": 2, "measurements": 1, "attachments": 1, "objectives": 1
    }  # fmt: skip
    assert lab.report((claim, Completed(value=1.0))) == [Verdict.LEASE_LOST]
    with pytest.raises(NotFound):
        lab.store.catalog.study(study.name)
    with pytest.raises(NotFound):
        lab.store.queue.bundle(study)
    assert lab.store.catalog.attachments(study, claim.trial.number) == []
    assert lab.states() == {0: "waiting"}
