from __future__ import annotations

from dataclasses import replace

import pytest

from parzen.shared.lifecycle import StudyEvent, StudyStatus
from parzen.shared.records import Completed, Directive, Measurement, Want

CONTINUE, STOP, LOST = Directive.CONTINUE, Directive.STOP, Directive.LOST


def measured(lab, number, step, value, attempt=1):
    return Measurement(uid=lab.study.uid, number=number, step=step, value=value, attempt=attempt)


def stored(lab, number=0):
    found = lab.store.db.measurements.find({"uid": lab.study.uid, "number": number}).sort("step", 1)
    return [(m["step"], m["value"], m["attempt"]) for m in found]


def test_a_renewal_moves_the_lease_on(lab):
    lab.insert(0)
    (claim,) = lab.claim(lost=True)
    claim = replace(claim, lease_s=30.0)

    assert lab.store.queue.renew([claim]) == [CONTINUE]

    assert lab.trial(0).claim.expires_at > claim.trial.claim.expires_at
    assert lab.store.ledger.expire(lab.lead) == []


def test_a_claim_that_was_taken_back_is_lost_and_stays_with_its_new_holder(lab):
    lab.insert(0, 1)
    (stale,) = lab.claim(lost=True)
    (held,) = lab.claim()
    lab.store.ledger.expire(lab.lead)
    (fresh,) = lab.claim()

    assert lab.store.queue.renew([stale, held]) == [LOST, CONTINUE]
    assert lab.trial(0).claim == fresh.trial.claim


def test_a_finished_or_deleted_trial_is_lost(lab):
    lab.insert(0, 1)
    first, second = lab.claim(2)
    lab.report((first, Completed(value=1.0)))
    lab.store.db.jobs.delete_one({"_id": f"{lab.study.uid}:1"})

    assert lab.store.queue.renew([first, second]) == [LOST, LOST]


def test_measurements_are_kept_and_the_last_one_stands_in_the_trial(lab):
    lab.insert(0)
    (claim,) = lab.claim()

    lab.store.queue.renew([claim], [measured(lab, 0, 1, 0.5), measured(lab, 0, 2, 0.25)])
    lab.store.queue.renew([claim], [measured(lab, 0, 2, 0.125)])

    assert lab.trial(0).last == (2, 0.125)
    assert stored(lab) == [(1, 0.5, 1), (2, 0.125, 1)]


def test_a_later_attempt_overwrites_and_an_earlier_one_does_not(lab):
    lab.insert(0)
    (first,) = lab.claim(lost=True)
    lab.store.queue.renew([replace(first, lease_s=-1.0)], [measured(lab, 0, 1, 1.0)])
    lab.store.ledger.expire(lab.lead)
    (second,) = lab.claim()
    lab.store.queue.renew([second], [measured(lab, 0, 1, 2.0, attempt=2)])
    lab.store.queue.renew([second], [measured(lab, 0, 1, 9.0, attempt=1)])
    lab.store.queue.renew([first], [measured(lab, 0, 5, 3.0)])

    assert stored(lab) == [(1, 2.0, 2)]


@pytest.mark.parametrize("event", [StudyEvent.STOP, StudyEvent.CANCEL])
def test_trials_of_a_study_that_ends_are_told_to_stop(lab, new_lab, event):
    other = new_lab()
    other.insert(0)
    lab.insert(0)
    (claim,), (going,) = lab.claim(), other.claim()

    assert lab.store.ledger.move(lab.lead, event, ending=StudyStatus.CANCELLED)

    assert lab.store.queue.renew([claim, going]) == [STOP, CONTINUE]


def test_trials_are_told_to_stop_as_soon_as_the_owner_cancels(lab):
    lab.insert(0)
    (claim,) = lab.claim()

    lab.store.catalog.wish(lab.study.name, Want.CANCEL)

    assert lab.store.queue.renew([claim]) == [STOP]


def test_a_paused_study_lets_its_trials_finish(lab):
    lab.insert(0)
    (claim,) = lab.claim()
    lab.store.ledger.move(lab.lead, StudyEvent.PAUSE)

    assert lab.store.queue.renew([claim]) == [CONTINUE]


def test_trials_of_a_deleted_study_are_told_to_stop(lab):
    lab.insert(0)
    (claim,) = lab.claim()
    lab.store.db.studies.delete_one({"_id": lab.study.name})

    assert lab.store.queue.renew([claim]) == [STOP]


def test_nothing_to_renew_is_nothing(lab):
    assert lab.store.queue.renew([]) == []
