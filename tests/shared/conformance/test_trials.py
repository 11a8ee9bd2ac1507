from __future__ import annotations

from dataclasses import replace

import pytest

from parzen.shared.lifecycle import FailureKind, Retries, StudyEvent, StudyStatus, TrialState
from parzen.shared.records import Completed, Failed, Failure, Released
from parzen.shared.store import Believed, Proposal, Proposed

WAITING, RUNNING = TrialState.WAITING, TrialState.RUNNING


def test_inserted_trials_wait_in_the_order_of_their_numbers(lab):
    lead = lab.lead
    proposed = Proposed(sampler="tpe", term=lead.term, seen=4, pending=1, memo={"a.b": [1]})
    proposal = Proposal(number=3, params={"x": (1, 2)}, proposed=proposed, enqueued_by="ann")

    assert lab.store.ledger.insert(lead, [proposal]) == [3]

    trial = lab.trial(3)
    assert (trial.state, trial.order, trial.attempt) == (WAITING, 3, 0)
    assert (trial.params, trial.enqueued_by) == ({"x": (1, 2)}, "ann")
    assert (trial.proposed.seen, trial.proposed.memo) == (4, {"a.b": [1]})
    assert trial.study == lab.study.name
    assert abs((trial.waiting_since - lead.now).total_seconds()) < 5


def test_a_number_is_inserted_once(lab):
    assert lab.insert(0, 1, x=0.25) == [0, 1]
    assert lab.insert(0, 1, 2, x=0.75) == [2]
    assert lab.trial(0).params == {"x": 0.25}
    assert lab.insert() == []


def test_history_lists_every_trial_by_number_without_its_bulk(lab):
    lab.insert(1, 0)
    lab.report((lab.claim()[0], Completed(value=1.0, result={"a": 1})))

    first, second = lab.store.ledger.history(lab.study.uid)

    assert (first.number, first.loss, second.number) == (0, 1.0, 1)
    assert (first.attempts, first.result) == ((), {})


def test_changed_tells_only_those_whose_state_is_another(lab):
    lab.insert(0, 1, 2, 3)
    first, _ = lab.claim(2)
    lab.report((first, Completed(value=1.0)))
    ledger, uid = lab.store.ledger, lab.study.uid

    changed = ledger.changed(uid, {RUNNING: [0, 1], WAITING: [2, 3]})
    assert [(t.number, t.state) for t in changed] == [(0, "complete")]
    changed = ledger.changed(uid, {RUNNING: [2], WAITING: [0, 1]})
    assert [(t.number, t.state) for t in changed] == [
        (0, "complete"),
        (1, "running"),
        (2, "waiting"),
    ]
    assert ledger.changed(uid, {}) == ledger.changed(uid, {WAITING: []}) == []


def test_what_has_changed_of_several_studies_is_told_of_each(lab, new_lab):
    other, quiet = new_lab(), new_lab()
    for one in (lab, other, quiet):
        one.insert(0, 1)
    lab.report((lab.claim()[0], Completed(value=1.0)))
    other.claim()
    found = lab.store.ledger.all_changed(
        [Believed(one.study.uid, {WAITING: [0]}, above=0) for one in (lab, other)]
        + [Believed(quiet.study.uid, {WAITING: [0, 1]}, above=1)]
    )
    assert {uid: [(t.number, t.state) for t in trials] for uid, trials in found.items()} == {
        lab.study.uid: [(0, "complete"), (1, "waiting")],
        other.study.uid: [(0, "running"), (1, "waiting")],
    }
    assert lab.store.ledger.all_changed([]) == {}


def test_trials_of_several_studies_are_inserted_at_once_each_number_once(lab, new_lab):
    other = new_lab()
    other.insert(1, x=0.25)

    def made(one, *numbers):
        proposed = Proposed(sampler="random")
        return one.lead, [
            Proposal(number=n, params={"x": 0.75}, proposed=proposed) for n in numbers
        ]

    added = lab.store.ledger.insert_all([made(lab, 1, 0), made(other, 0, 1, 2), made(lab)])
    assert [list(numbers) for numbers in added] == [[0, 1], [0, 2], []]
    assert lab.states() == {0: "waiting", 1: "waiting"}
    assert [other.trial(n).params["x"] for n in range(3)] == [0.75, 0.25, 0.75]
    assert list(lab.store.ledger.insert_all([])) == []


def test_expire_takes_back_only_what_ran_out(lab):
    lab.insert(0, 1)
    lab.claim(lost=True)
    lab.claim()

    assert lab.store.ledger.expire(lab.lead) == [0]

    trial = lab.trial(0)
    assert (trial.state, trial.claim) == (WAITING, None)
    lab.insert(7)
    assert trial.order < lab.trial(7).order
    assert trial.failures == {FailureKind.LOST: 1}
    attempt = trial.attempts[-1]
    assert (attempt.outcome, attempt.error.kind) == ("lost", FailureKind.LOST)
    assert attempt.ended_at is not None
    assert lab.store.ledger.expire(lab.lead) == []


def test_changed_tells_of_higher_numbers_too(lab):
    lab.insert(0, 1, 2)
    ledger, uid = lab.store.ledger, lab.study.uid
    changed = ledger.changed(uid, {WAITING: [0, 1]}, above=1)
    assert [(t.number, t.state) for t in changed] == [(2, "waiting")]
    assert ledger.changed(uid, {WAITING: [0, 1, 2]}, above=2) == []
    assert len(ledger.changed(uid, {}, above=-1)) == 3


def test_only_waiting_trials_from_a_number_on_are_cancelled(lab):
    lab.insert(0, 1, 2, 3)
    lab.claim()
    assert lab.store.ledger.cancel_waiting(lab.lead, 2) == [2, 3]
    assert lab.states() == {0: "running", 1: "waiting", 2: "cancelled", 3: "cancelled"}
    assert lab.store.ledger.cancel_waiting(lab.lead, 2) == []


@pytest.mark.parametrize("first", ["released", "lost"])
def test_a_trial_that_was_not_to_blame_goes_before_all_that_wait(new_lab, first):
    lab = new_lab(retries=Retries(exception=1))
    lab.insert(0, 1, 2, 3)
    failing, _ = [*lab.claim(), *lab.claim(lost=True)]
    (preempted,) = lab.claim()
    broken = Failed(error=Failure(kind=FailureKind.EXCEPTION, message="it broke"))
    lab.report((failing, broken))
    back = [
        lambda: lab.report((preempted, Released())),
        lambda: lab.store.ledger.expire(lab.lead),
    ]
    for give_back in back if first == "released" else reversed(back):
        give_back()
    lab.store.db.jobs.update_one(
        {"uid": lab.study.uid, "number": 0}, {"$set": {"due_at": lab.lead.now}}
    )
    assert lab.store.ledger.queue_due(lab.lead) == 1

    assert [claim.trial.number for claim in lab.claim(4)] == [1, 2, 0, 3]


def test_strays_are_ended_studies_that_still_hold_unfinished_trials(lab, new_lab):
    def strays():
        mine = {lab.study.name, other.study.name}
        return sorted(s.name for s in lab.store.ledger.strays() if s.name in mine)

    other = new_lab()
    lab.insert(0)
    other.insert(0, 1)
    other.claim()
    assert strays() == []

    for one in (lab, other):
        one.store.ledger.move(one.lead, StudyEvent.CANCEL)
    assert strays() == sorted([lab.study.name, other.study.name])

    for one in (lab, other):
        one.store.ledger.cancel_waiting(one.lead)
    assert strays() == [other.study.name]


def test_a_trial_lost_too_often_fails(new_lab):
    lab = new_lab(retries=Retries(lost=1))
    lab.insert(0)
    lab.claim(lost=True)
    lab.store.ledger.expire(lab.lead)
    lab.claim(lost=True)

    assert lab.store.ledger.expire(lab.lead) == [0]

    trial = lab.trial(0)
    assert (trial.state, trial.failures) == ("failed", {FailureKind.LOST: 2})
    assert trial.finished_at is not None
    assert trial.duration_s is not None


def test_a_trial_lost_while_its_study_stops_is_cancelled(lab):
    lab.insert(0)
    lab.claim(lost=True)
    lab.store.ledger.move(lab.lead, StudyEvent.STOP, ending=StudyStatus.COMPLETE)

    assert lab.store.ledger.expire(lab.lead) == [0]

    assert lab.trial(0).state == "cancelled"


def test_waiting_trials_are_cancelled_and_running_ones_are_not(lab):
    lab.insert(0, 1, 2)
    lab.claim()

    assert lab.store.ledger.cancel_waiting(lab.lead) == [1, 2]

    assert lab.states() == {0: "running", 1: "cancelled", 2: "cancelled"}
    assert lab.trial(1).finished_at is not None
    assert lab.store.ledger.cancel_waiting(lab.lead) == []


def test_a_former_leader_leaves_the_trials_of_a_later_one_alone(lab):
    ledger, uid = lab.store.ledger, lab.study.uid
    former = ledger.lead(uid, "former", -1.0)
    former = replace(former, study=replace(former.study, status=StudyStatus.STOPPING))
    later = ledger.lead(uid, "later", 60.0)
    for lead, number in ((former, 0), (later, 1), (later, 2)):
        proposed = Proposed(sampler="random", term=lead.term)
        ledger.insert(lead, [Proposal(number=number, params={"x": 0.5}, proposed=proposed)])
    lab.store.db.jobs.update_one({"uid": uid, "number": 1}, {"$set": {"order": -1}})
    assert [claim.trial.number for claim in lab.claim(lost=True)] == [1]

    assert list(ledger.expire(former)) == []
    assert list(ledger.cancel_waiting(former)) == [0]
    assert lab.states() == {0: "cancelled", 1: "running", 2: "waiting"}

    assert list(ledger.expire(former, later.term)) == [1]  # one that has seen them
    assert list(ledger.cancel_waiting(later)) == [2]


def test_other_studies_are_left_alone(lab, new_lab):
    other = new_lab()
    other.insert(0, 1)
    other.claim(lost=True)

    assert lab.store.ledger.expire(lab.lead) == []
    assert lab.store.ledger.cancel_waiting(lab.lead) == []
    assert lab.store.ledger.queue_due(lab.lead) == 0
    assert list(lab.store.ledger.history(lab.study.uid)) == []
    assert other.states() == {0: "running", 1: "waiting"}
