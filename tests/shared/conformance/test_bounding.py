"""Trials that a study's bound holds back: nobody claims them until its leader lets them go."""

from __future__ import annotations

import pytest

from parzen.shared.lifecycle import FailureKind, Retries, TrialState
from parzen.shared.places import held
from parzen.shared.records import Completed, Failed, Failure, Released
from parzen.shared.steering import Draft


@pytest.fixture
def bounded(new_lab):
    return new_lab(max_running=2, retries=Retries(exception=9))


def claimed(lab, count=9):
    return [claim.trial.number for claim in lab.claim(count)]


def test_the_first_in_the_queue_may_be_claimed_and_the_others_when_they_are_let_go(bounded):
    ledger = bounded.store.ledger
    bounded.insert(0, 1, 2, 3)
    assert ledger.bound(bounded.lead, 2) == 2
    assert ledger.bound(bounded.lead, 2) == 0
    first, _ = bounded.claim(9)
    assert ledger.bound(bounded.lead, 2) == 0
    assert claimed(bounded) == []
    bounded.report((first, Completed(value=1.0)))
    assert ledger.bound(bounded.lead, 2) == 1
    assert claimed(bounded) == [2]
    assert ledger.bound(bounded.lead, None) == 1
    assert bounded.trial(3).order == 3
    assert claimed(bounded) == [3]


def test_a_lower_bound_lets_what_runs_end(bounded):
    ledger = bounded.store.ledger
    bounded.insert(0, 1, 2)
    first, second = bounded.claim(2)
    assert ledger.bound(bounded.lead, 1) == 1
    bounded.report((first, Completed(value=1.0)))
    assert ledger.bound(bounded.lead, 1) == 0
    bounded.report((second, Completed(value=1.0)))
    assert ledger.bound(bounded.lead, 1) == 1
    assert claimed(bounded) == [2]


def test_a_bound_that_is_used_up_holds_back_all(bounded):
    bounded.insert(0, 1, 2)
    bounded.claim()
    assert bounded.store.ledger.bound(bounded.lead, 1) == 2
    assert claimed(bounded) == []


def test_what_comes_back_is_held_back_and_goes_before_the_others(bounded):
    ledger = bounded.store.ledger
    bounded.insert(0, 1, 2, 3)
    ledger.bound(bounded.lead, 2)
    given_back, _ = bounded.claim(2)
    bounded.report((given_back, Released()))
    assert claimed(bounded) == []
    assert ledger.bound(bounded.lead, 2) == 1
    assert claimed(bounded) == [0]


def test_so_is_what_was_lost_and_what_was_enqueued(bounded):
    ledger, desk = bounded.store.ledger, bounded.store.catalog
    bounded.insert(0)
    bounded.claim(lost=True)
    assert ledger.expire(bounded.lead) == [0]
    assert desk.append(bounded.study, [Draft(params={"x": 0.25}, enqueued_by="ann")]) == [1]
    assert [held(bounded.trial(n)) for n in (0, 1)] == [True, True]
    assert claimed(bounded) == []
    assert ledger.bound(bounded.lead, 9) == 2
    assert claimed(bounded) == [0, 1]


def test_what_has_rested_is_held_back_and_what_rests_is_not_let_go(bounded):
    ledger = bounded.store.ledger
    bounded.insert(0)
    [claim] = bounded.claim()
    failure = Failure(kind=FailureKind.EXCEPTION, message="bad luck")
    bounded.report((claim, Failed(error=failure)))
    assert ledger.bound(bounded.lead, None) == 0
    assert bounded.trial(0).order is None
    uid = bounded.study.uid
    bounded.store.db.jobs.update_one({"uid": uid}, [{"$set": {"due_at": "$$NOW"}}])
    assert ledger.queue_due(bounded.lead) == 1
    assert held(bounded.trial(0))
    assert bounded.trial(0).state is TrialState.WAITING


def test_studies_do_not_bound_each_other(bounded, new_lab):
    other = new_lab()
    other.insert(0)
    bounded.insert(0, 1)
    bounded.claim()
    assert bounded.store.ledger.bound(bounded.lead, 1) == 1
    assert claimed(other) == [0]
