from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from parzen.coordinator.service import STRAYS_S, Coordinator
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Cancelled, Proposed, Want
from parzen.shared.store import Proposal


@pytest.fixture
def new_coordinator(store):
    made = []

    def make(name, **options):
        made.append(Coordinator(store, name=name, **options))
        return made[-1]

    yield make
    for coordinator in made:
        coordinator.close()


def step_until(met, *coordinators):
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        for coordinator in coordinators:
            coordinator.step()


def test_a_coordinator_that_falls_silent_is_followed_by_another(
    new_flow, new_coordinator, store, caplog
):
    caplog.set_level("INFO")
    flow = new_flow(max_trials=8)
    first, second = (new_coordinator(name, lease_s=1.0) for name in ("first", "second"))
    first.step()
    claims = flow.hand.claim(flow.study, 2)
    second.step()
    assert (first.leads, second.leads) == (["study"], [])
    flow.hand.finish(claims)  # reported while nobody led
    step_until(lambda: second.leads, second)
    assert "taken over from first" in caplog.text
    step_until(lambda: flow.hand.work(flow.study) * 0 or flow.study.status.ended, second)
    assert flow.states() == [TrialState.COMPLETE] * 8
    assert flow.consistent()


def test_one_that_stops_cleanly_is_followed_at_once(new_flow, new_coordinator, store):
    flow = new_flow(max_trials=8)
    first, second = (new_coordinator(name, lease_s=600.0) for name in ("first", "second"))
    first.step()
    second.step()
    first.close()
    second.step()
    assert second.leads == ["study"]
    assert [worker.id for worker in store.ledger.workers()] == ["hand", "second"]
    assert flow.study.lease.term == 2


def test_a_leader_that_does_not_know_it_was_replaced_harms_nothing(new_flow, new_coordinator):
    flow = new_flow(max_trials=30, slots=4)
    frozen = new_coordinator("frozen", lease_s=0.5, clock=lambda: 0.0)
    heir = new_coordinator("heir", lease_s=30.0)
    frozen.step()
    step_until(lambda: heir.leads, heir)
    step_until(lambda: flow.hand.work(flow.study, 3) * 0 or flow.study.status.ended, frozen, heir)
    assert flow.status == ("complete", "reached max_trials = 30")
    assert flow.states() == [TrialState.COMPLETE] * 30
    assert flow.consistent()


def test_two_coordinators_share_the_studies_and_overshoot_nothing(
    new_study, new_hand, new_coordinator, store
):
    names = [f"s{n}" for n in range(4)]
    for name in names:
        new_study(name, max_trials=12)
    one, two = (new_coordinator(name, lease_s=0.6) for name in ("one", "two"))
    hand = new_hand(slots=3)

    def done():
        live = store.queue.studies()
        for study in live:
            hand.work(study, 3)
        return not live

    step_until(done, one, two, two)
    for name in names:
        study = store.catalog.study(name)
        numbers = [trial.number for trial in store.catalog.trials(study)]
        assert (study.status, numbers) == (StudyStatus.COMPLETE, list(range(12)))
        assert study.counts[TrialState.COMPLETE] == 12


def test_a_number_that_stands_already_is_taken_in_and_not_proposed_twice(new_flow, store):
    flow = new_flow(max_trials=6, slots=1)
    flow.coordinator.step()
    known = len(flow.states())
    lead = store.ledger.lead(flow.study.uid, flow.coordinator.name, 10.0)
    late = Proposal(number=known, params={"x": 0.125}, proposed=Proposed(sampler="random"))
    assert store.ledger.insert(lead, [late]) == [known]
    flow.run()
    assert flow.trials()[known].params == {"x": 0.125}
    assert flow.status == ("complete", "reached max_trials = 6")
    assert flow.consistent()


def test_a_gap_that_a_broken_insert_left_is_filled(new_flow, store):
    flow = new_flow(max_trials=6, slots=1)
    lead = store.ledger.lead(flow.study.uid, "died", 0.01)
    late = Proposal(number=3, params={"x": 0.125}, proposed=Proposed(sampler="random"))
    store.ledger.insert(lead, [late])
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 6")
    assert flow.consistent()


def test_a_trial_that_cannot_be_read_counts_and_blocks_nothing(new_flow, store):
    flow = new_flow(max_trials=6, slots=1)
    flow.coordinator.step()
    known = len(flow.states())
    document = store.db.jobs.find_one({"uid": flow.study.uid, "number": 0})
    newer = {**document, "_id": f"{flow.study.uid}:{known}x", "number": known, "schema": 99}
    store.db.jobs.insert_one({**newer, "state": "complete"})
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 6")
    assert store.db.jobs.count_documents({"uid": flow.study.uid}) == 6


def test_one_that_comes_back_to_a_study_reads_it_afresh(new_flow, new_coordinator, caplog):
    caplog.set_level("INFO")
    flow = new_flow(max_trials=30)
    first, second = (new_coordinator(name, lease_s=0.5) for name in ("first", "second"))
    first.step()
    step_until(lambda: second.leads, second)
    step_until(lambda: flow.hand.work(flow.study) * 0 or len(flow.states()) > 9, second)
    second.close()
    known = len(flow.states())
    step_until(lambda: f"leading study 'study': {known} trials" in caplog.text, first)
    assert first.leads == ["study"]
    assert flow.study.lease.term == 3


def late_trial(flow, store, number):
    """What a leader leaves that was suspended between its look at the lease and its insert."""
    lead = store.ledger.lead(flow.study.uid, "late", 0.01)
    late = Proposal(number=number, params={"x": 0.125}, proposed=Proposed(sampler="random"))
    assert store.ledger.insert(lead, [late]) == [number]
    store.ledger.yield_lead(lead)


def test_a_trial_that_came_after_the_end_is_one_of_those_that_a_resumed_study_runs(new_flow, store):
    flow = new_flow(max_trials=3)
    flow.run()
    late_trial(flow, store, 3)
    flow.coordinator.step()
    assert flow.status == ("complete", "reached max_trials = 3")
    wanted = replace(flow.study.limits, max_trials=5)
    store.catalog.wish(flow.name, Want.RUN, wanted)
    flow.step_until(lambda: flow.study.status is StudyStatus.ACTIVE)
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 5")
    assert flow.states() == [TrialState.COMPLETE] * 5
    late = store.catalog.trial(flow.study, 3)
    assert (late.params, late.attempt) == ({"x": 0.125}, 1)
    assert flow.consistent()


def test_a_trial_that_came_after_the_end_is_cancelled_without_anybody_resuming(
    new_flow, new_coordinator, store
):
    flow = new_flow(max_trials=3, lease_s=0.01)
    flow.run()
    ended = flow.study
    late_trial(flow, store, 3)
    late_trial(flow, store, 4)
    (claim,) = flow.hand.claim(flow.study)  # by a worker that has not read of the end
    step_until(lambda: store.ledger.now() > claim.trial.claim.expires_at)
    later = new_coordinator("later")
    later.step()
    assert later.leads == []
    assert flow.states() == [TrialState.COMPLETE] * 3 + [TrialState.CANCELLED] * 2
    assert store.catalog.trial(flow.study, claim.trial.number).attempts[-1].outcome == "lost"
    assert replace(flow.study, lease=None, counts={}) == replace(ended, lease=None, counts={})
    assert flow.consistent()


def test_they_are_looked_for_now_and_then(new_flow, new_coordinator, store):
    flow = new_flow(max_trials=3)
    late_s = 0.0
    service = new_coordinator("me", clock=lambda: time.monotonic() + late_s)
    step_until(lambda: flow.hand.work(flow.study) * 0 or flow.study.status.ended, service)
    late_trial(flow, store, 3)
    service.step()
    assert flow.states()[3] is TrialState.WAITING
    late_s = STRAYS_S
    service.step()
    assert flow.states()[3] is TrialState.CANCELLED


def test_a_trial_that_came_late_to_an_active_study_is_known_at_once(
    new_flow, new_coordinator, store
):
    flow = new_flow(max_trials=8, slots=1)
    flow.coordinator.step()
    known = len(flow.states())
    lead = store.ledger.lead(flow.study.uid, flow.coordinator.name, 10.0)
    for number in (known, known + 1):
        late = Proposal(number=number, params={"x": 0.125}, proposed=Proposed(sampler="random"))
        store.ledger.insert(lead, [late])
    flow.step_until(lambda: sum(flow.study.counts.values()) == known + 2)
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 8")
    assert flow.states() == [TrialState.COMPLETE] * 8
    assert flow.consistent()


def test_a_late_trial_beyond_a_lowered_limit_is_cancelled_while_it_waits(new_flow, store):
    flow = new_flow(max_trials=9, slots=1)
    (claim,) = flow.claim()
    known = len(flow.states())
    store.catalog.wish(flow.name, Want.RUN, replace(flow.study.limits, max_trials=known))
    flow.step_until(lambda: flow.study.wish_done == 1)
    lead = store.ledger.lead(flow.study.uid, flow.coordinator.name, 10.0)
    late = Proposal(number=known + 1, params={"x": 0.125}, proposed=Proposed(sampler="random"))
    store.ledger.insert(lead, [late])
    flow.coordinator.step()
    assert store.catalog.trial(flow.study, known + 1).state is TrialState.CANCELLED
    flow.hand.finish([claim])
    flow.run()
    assert flow.status == ("complete", f"reached max_trials = {known}")
    assert flow.states() == [TrialState.COMPLETE] * known + [TrialState.CANCELLED]


class Stalled:
    """A real coordinator process that stops itself between its look at the lease and an insert."""

    SCRIPT = """
import os, signal, sys
from parzen.coordinator.service import Coordinator
from parzen.shared.mongo import connect

class Late:
    def __init__(self, ledger):
        self.ledger = ledger
    def __getattr__(self, name):
        return getattr(self.ledger, name)
    def insert_all(self, all_made):
        os.kill(os.getpid(), signal.SIGSTOP)
        (added,) = self.ledger.insert_all(all_made)
        print(*added, flush=True)
        sys.exit()

with connect(sys.argv[1]) as store:
    Coordinator(type("Seen", (), {"ledger": Late(store.ledger)}), lease_s=0.5).run()
"""

    def __init__(self, uri):
        self.child = subprocess.Popen(
            [sys.executable, "-c", self.SCRIPT, uri], stdout=subprocess.PIPE, text=True
        )
        os.waitid(os.P_PID, self.child.pid, os.WSTOPPED)

    def wake(self):
        """Let it insert; the numbers that it added."""
        self.child.send_signal(signal.SIGCONT)
        said, _ = self.child.communicate(timeout=30)
        return [int(number) for number in said.split()]


def test_a_suspended_leader_wakes_after_the_end_and_its_trials_are_cancelled(
    new_flow, new_coordinator, store, mongod_uri
):
    flow = new_flow(max_trials=2, slots=1)
    flow.coordinator.close()
    stalled = Stalled(mongod_uri.replace("/parzen?", f"/{store.db.name}?"))
    heir = new_coordinator("heir")
    store.catalog.wish(flow.name, Want.CANCEL)
    step_until(lambda: flow.study.status.ended, heir)
    assert flow.states() == []
    assert stalled.wake() == [0, 1]
    assert flow.states() == [TrialState.WAITING] * 2
    new_coordinator("later").step()
    assert flow.states() == [TrialState.CANCELLED] * 2
    assert flow.status == ("cancelled", "cancelled by its owner")
    assert flow.consistent()


def test_a_lease_that_somebody_removed_by_hand_blocks_no_end(new_flow, new_coordinator, store):
    flow = new_flow(max_trials=9, lease_s=0.01)
    flow.coordinator.close()
    for name in ("one", "two", "three"):
        service = new_coordinator(name)
        service.step()
        service.close()
    assert store.catalog.trial(flow.study, 0).proposed.term == 1
    store.db.jobs.update_many({}, {"$set": {"proposed.term": 3}})
    store.db.studies.update_one({"_id": flow.name}, {"$unset": {"lease": 1}})
    flow.hand.claim(flow.study)
    store.catalog.wish(flow.name, Want.CANCEL)
    heir = new_coordinator("heir")
    step_until(lambda: flow.study.status.ended, heir)
    assert flow.study.lease.term == 1
    assert set(flow.states()) == {TrialState.CANCELLED}


def test_no_worker_is_offered_a_trial_that_came_after_the_end(new_flow, store):
    flow = new_flow(max_trials=3)
    flow.run()
    late_trial(flow, store, 3)
    assert store.queue.studies() == []


@pytest.mark.parametrize("want", [Want.CANCEL, Want.PAUSE])
def test_a_wish_for_an_ended_study_leaves_no_late_trial_waiting(new_flow, store, want):
    flow = new_flow(max_trials=3)
    flow.run()
    late_trial(flow, store, 3)
    store.catalog.wish(flow.name, want)
    flow.step_until(lambda: flow.study.wish_done == flow.study.wish.serial)
    assert flow.status == ("complete", "reached max_trials = 3")
    assert flow.states() == [TrialState.COMPLETE] * 3 + [TrialState.CANCELLED]
    assert flow.consistent()


def test_a_successor_cancels_a_late_trial_of_a_study_that_is_stopping(
    new_flow, new_coordinator, store
):
    flow = new_flow(max_trials=10)
    claims = flow.claim(2)
    store.catalog.wish(flow.name, Want.CANCEL)
    flow.step_until(lambda: flow.study.status is StudyStatus.STOPPING)
    flow.coordinator.close()
    late_trial(flow, store, len(flow.states()))
    flow.hand.queue.report([(claim, Cancelled()) for claim in claims])
    heir = new_coordinator("heir")
    step_until(lambda: flow.study.status.ended, heir)
    assert set(flow.states()) == {TrialState.CANCELLED}
    assert flow.consistent()


def test_a_study_does_not_wait_for_trials_that_were_deleted_by_hand(
    new_flow, new_coordinator, store, caplog
):
    flow = new_flow(max_trials=4, max_running=4, slots=4)
    late_s = 0.0
    service = new_coordinator("me", clock=lambda: time.monotonic() + late_s)
    claims = []
    step_until(
        lambda: claims.extend(flow.hand.claim(flow.study, 4 - len(claims))) or len(claims) == 4,
        service,
    )
    service.step()
    flow.hand.finish(claims[2:])
    gone = [claim.trial.number for claim in claims[:2]]
    store.db.jobs.delete_many({"uid": flow.study.uid, "number": {"$in": gone}})
    for _ in range(3):
        late_s += 11.0
        service.step()
    step_until(lambda: flow.hand.work(flow.study) * 0 or flow.study.status.ended, service)
    assert flow.status == ("complete", "reached max_trials = 4")
    assert flow.states() == [TrialState.COMPLETE] * 4
    assert flow.consistent()
    (line,) = [r.getMessage() for r in caplog.records if "deleted" in r.getMessage()]
    assert line.startswith("trials 0, 1 of 'study' were deleted before the end")
