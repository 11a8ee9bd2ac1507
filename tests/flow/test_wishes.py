from __future__ import annotations

from dataclasses import replace

from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Cancelled, Directive, Limits, Want
from parzen.shared.steering import Draft


def wish(flow, want, **limits):
    new = replace(flow.study.limits, **limits) if limits else None
    return flow.store.catalog.wish(flow.name, want, new)


def test_cancel_stops_what_runs_and_keeps_the_reason(new_flow):
    flow = new_flow(max_trials=10)
    claims = flow.claim(2)
    wish(flow, Want.CANCEL)
    flow.step_until(lambda: flow.study.status is StudyStatus.STOPPING)
    assert flow.hand.queue.renew(claims) == [Directive.STOP] * 2
    assert flow.hand.claim(flow.study) == []
    flow.hand.queue.report([(claim, Cancelled()) for claim in claims])
    flow.step_until(lambda: flow.study.status.ended)
    assert flow.status == ("cancelled", "cancelled by its owner")
    assert set(flow.states()) == {TrialState.CANCELLED}
    assert flow.consistent()


def test_cancel_before_anything_ran_ends_at_once(new_flow):
    flow = new_flow(max_trials=10)
    wish(flow, Want.CANCEL)
    flow.step_until(lambda: flow.study.status.ended)
    assert flow.status == ("cancelled", "cancelled by its owner")
    assert flow.study.wish_done == flow.study.wish.serial


def test_a_cancelled_studys_lost_trial_is_cancelled_too(new_flow):
    flow = new_flow(lease_s=0.2, max_trials=10)
    flow.claim()
    wish(flow, Want.CANCEL)
    flow.step_until(lambda: flow.study.status.ended)
    assert set(flow.states()) == {TrialState.CANCELLED}


def test_a_pause_keeps_what_waits_and_starts_nothing_until_resumed(new_flow):
    flow = new_flow(max_trials=6)
    (running,) = flow.claim()
    flow.step_until(lambda: TrialState.WAITING in flow.states())
    wish(flow, Want.PAUSE)
    flow.step_until(lambda: flow.study.status is StudyStatus.PAUSED)
    created = len(flow.states())
    flow.hand.finish([running])
    flow.step_until(lambda: flow.study.counts.get(TrialState.COMPLETE) == 1)
    assert len(flow.states()) == created
    assert TrialState.WAITING in flow.states()
    assert flow.status == ("paused", "paused by its owner")
    wish(flow, Want.RUN)
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 6")
    assert flow.states() == [TrialState.COMPLETE] * 6
    assert flow.consistent()


def test_a_complete_study_goes_on_with_a_larger_limit(new_flow):
    flow = new_flow(max_trials=3)
    flow.run()
    assert flow.coordinator.leads == []
    wish(flow, Want.RUN, max_trials=5)
    flow.step_until(lambda: flow.study.status is StudyStatus.ACTIVE)
    assert flow.study.status_reason is None
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 5")
    assert len(flow.states()) == 5
    assert flow.consistent()


def test_a_complete_studys_failed_trial_is_tried_again_and_counts(new_flow):
    flow = new_flow(max_trials=3)
    flow.hand.fail(flow.claim())
    flow.run()
    assert flow.states().count(TrialState.FAILED) == 1
    [number] = flow.store.catalog.retry(flow.study)
    flow.step_until(lambda: flow.study.status is StudyStatus.ACTIVE)
    flow.run(value=-1.0)
    assert flow.status == ("complete", "reached max_trials = 3")
    assert flow.states() == [TrialState.COMPLETE] * 3
    assert flow.study.best_number == number
    assert flow.consistent()


def test_an_active_studys_failed_trial_is_tried_again_and_waited_for(new_flow):
    flow = new_flow(max_trials=3)
    flow.hand.fail(flow.claim())
    flow.step_until(lambda: flow.study.counts.get(TrialState.FAILED) == 1)
    [number] = flow.store.catalog.retry(flow.study)
    flow.step_until(lambda: flow.study.wish_done == flow.study.wish.serial)
    claims = flow.claim(3)
    assert claims[0].trial.number == number
    flow.hand.finish(claims[1:])
    flow.step_until(lambda: flow.study.counts.get(TrialState.COMPLETE) == 2)
    assert not flow.study.status.ended
    flow.hand.finish(claims[:1], value=-1.0)
    flow.step_until(lambda: flow.study.status.ended)
    assert flow.study.best_number == number
    assert flow.consistent()


def test_points_and_earlier_trials_of_an_active_study_are_known_to_its_leader(new_flow):
    flow = new_flow(max_trials=6)
    flow.step_until(lambda: TrialState.WAITING in flow.states())
    earlier = Draft(params={"x": 0.5}, state=TrialState.COMPLETE, loss=-5.0, value=-5.0)
    known, point = flow.store.catalog.append(flow.study, [earlier, Draft(params={"x": 0.25})])
    [claim] = flow.claim()
    assert (claim.trial.number, claim.trial.params) == (point, {"x": 0.25})
    flow.hand.finish([claim])
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 6")
    assert flow.study.best_number == known
    assert flow.consistent()


def test_a_deleted_study_is_led_no_more(new_flow, caplog):
    flow = new_flow(max_trials=6)
    flow.claim()
    flow.store.catalog.delete(flow.study)
    flow.coordinator.step()
    flow.coordinator.step()
    assert flow.coordinator.leads == []
    assert flow.store.db["jobs"].find_one() is None
    assert "rror" not in caplog.text


def test_a_study_resumed_with_nothing_to_do_ends_again_and_says_why(new_flow):
    flow = new_flow(max_trials=3)
    flow.run()
    first = flow.study.ended_at
    wish(flow, Want.RUN)
    flow.step_until(lambda: flow.study.wish_done == 1 and flow.study.status.ended)
    assert flow.status == ("complete", "reached max_trials = 3")
    assert len(flow.states()) == 3
    assert flow.study.ended_at > first


def test_a_study_that_failed_gets_all_its_failures_again_when_resumed(new_flow):
    flow = new_flow(max_trials=9, max_consecutive_failures=2, slots=1)
    flow.hand.fail([*flow.claim(), *flow.claim()])
    flow.step_until(lambda: flow.study.status is StudyStatus.FAILED)
    wish(flow, Want.RUN)
    flow.step_until(lambda: flow.study.status is StudyStatus.ACTIVE)
    flow.hand.fail(flow.claim())
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 9")


def test_a_limit_lowered_below_what_was_created_starts_nothing_more(new_flow):
    flow = new_flow(max_trials=50, slots=3)
    flow.step_until(lambda: len(flow.states()) >= 3)
    wish(flow, Want.RUN, max_trials=1)
    flow.step_until(lambda: flow.study.wish_done == 1)
    created = len(flow.states())
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 1")
    assert len(flow.states()) == created


def test_two_wishes_at_once_leave_the_later(new_flow):
    flow = new_flow(max_trials=4)
    wish(flow, Want.PAUSE, max_trials=5)
    wish(flow, Want.RUN)
    flow.run()
    assert flow.study.limits == Limits(max_trials=5)
    assert len(flow.states()) == 5
