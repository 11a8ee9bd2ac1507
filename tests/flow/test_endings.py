from __future__ import annotations

import pytest

from parzen.coordinator.service import Coordinator
from parzen.shared import lifecycle
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import Retries, StudyStatus, TrialState
from parzen.shared.records import Cancelled, Direction, Directive, SamplerSpec, Want
from parzen.shared.steering import Draft

CHOICE = Dimension(name="x", kind=Kind.CHOICE, choices=(1, 2, 3, 4, 5))


def test_max_trials_are_run_and_not_one_more(new_flow):
    flow = new_flow(max_trials=7)
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 7")
    assert flow.states() == [TrialState.COMPLETE] * 7
    assert flow.consistent()
    best = min(flow.trials(), key=lambda trial: trial.loss)
    assert flow.study.best_number == best.number
    assert flow.study.ended_at is not None


def test_the_log_tells_the_best_value_in_the_studys_own_direction(new_flow, caplog):
    caplog.set_level("INFO")
    flow = new_flow(max_trials=1, direction=Direction.MAXIMIZE)
    flow.run(value=0.977)
    assert "complete: reached max_trials = 1; best value 0.977 (trial 0)" in caplog.text


def test_failed_trials_count_towards_max_trials(new_flow):
    flow = new_flow(max_trials=4)
    flow.hand.fail(flow.claim(3))
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 4")
    assert flow.states() == [TrialState.FAILED] * 3 + [TrialState.COMPLETE]
    assert flow.consistent()


def test_each_trial_says_how_it_was_proposed(new_flow):
    flow = new_flow(max_trials=6, sampler=SamplerSpec(name="tpe", seed=3))
    flow.run()
    first, *_, last = (trial.proposed for trial in flow.trials())
    assert (first.sampler, first.seen, first.pending, first.revision) == ("tpe", 0, 0, 0)
    assert first.term == 1
    assert last.seen + last.pending == 5
    assert last.seconds > 0


@pytest.mark.parametrize("sampler", ["random", "sobol", "tpe", "auto", "grid"])
def test_an_exhausted_space_completes_the_study(new_flow, sampler):
    flow = new_flow(dimensions=(CHOICE,), sampler=SamplerSpec(name=sampler), max_trials=60)
    flow.run()
    assert flow.status == ("complete", "every point that the sampler has was proposed")
    assert sorted(trial.params["x"] for trial in flow.trials()) == [1, 2, 3, 4, 5]
    assert flow.consistent()


def test_a_grid_over_a_continuum_is_gone_through_once_by_one_coordinator_after_another(
    new_flow, store
):
    line = Dimension(name="y", kind=Kind.FLOAT, low=0.0, high=1.0)
    grid = SamplerSpec(name="grid", options={"resolution": 3, "values": {"x": [4, 2]}})
    flow = new_flow(dimensions=(CHOICE, line), sampler=grid, max_trials=60)
    flow.hand.finish(flow.claim(2))
    (running,) = flow.claim()
    flow.coordinator.close()
    flow.coordinator = Coordinator(store, name="heir")
    flow.hand.finish([running])
    flow.run()
    flow.coordinator.close()
    assert flow.status == ("complete", "every point that the sampler has was proposed")
    tried = sorted((trial.number, trial.params["x"], trial.params["y"]) for trial in flow.trials())
    places = [(4, 0.0), (4, 0.5), (4, 1.0), (2, 0.0), (2, 0.5), (2, 1.0)]
    assert tried == [(number, x, y) for number, (x, y) in enumerate(places)]
    assert flow.consistent()


def test_a_target_cancels_what_waits_and_stops_what_runs(new_flow):
    flow = new_flow(max_trials=50, target_loss=0.5, slots=3)
    lucky, running = flow.claim(2)
    flow.step_until(lambda: TrialState.WAITING in flow.states())
    flow.hand.finish([lucky], value=0.25)
    flow.step_until(lambda: flow.study.status is StudyStatus.STOPPING)
    flow.step_until(lambda: TrialState.WAITING not in flow.states())
    assert flow.hand.queue.renew([running]) == [Directive.STOP]
    assert not flow.study.status.ended
    flow.hand.queue.report([(running, Cancelled())])
    flow.step_until(lambda: flow.study.status.ended)
    assert flow.status == ("complete", "reached target_loss = 0.5 with a loss of 0.25")
    assert flow.states().count(TrialState.COMPLETE) == 1
    assert flow.study.best_number == lucky.trial.number
    assert flow.consistent()


def test_no_improvement_for_long_ends_it(new_flow):
    flow = new_flow(max_trials=50, patience=3, slots=1)
    for value in (5.0, 4.0, 4.0, 6.0):
        flow.hand.finish(flow.claim(), value)
    flow.step_until(lambda: flow.study.counts.get(TrialState.COMPLETE) == 4)
    assert flow.study.status is StudyStatus.ACTIVE
    flow.hand.finish(flow.claim(), 4.5)
    flow.step_until(lambda: flow.study.status.ended)
    assert flow.status == ("complete", "no improvement in 3 trials (patience)")
    assert flow.consistent()


def test_a_time_out_is_counted_on_the_servers_clock(new_flow):
    flow = new_flow(timeout_s=0.5)
    (running,) = flow.claim()
    flow.step_until(lambda: flow.study.status is StudyStatus.STOPPING)
    flow.hand.finish([running])  # what finished in time to be reported counts
    flow.step_until(lambda: flow.study.status.ended)
    study = flow.study
    assert flow.status == ("complete", "reached timeout_s = 0.5")
    assert (study.ended_at - study.active_since).total_seconds() >= 0.5
    assert flow.states().count(TrialState.COMPLETE) == 1
    assert flow.consistent()


def test_a_study_that_only_fails_is_stopped_and_says_why(new_flow):
    flow = new_flow(max_trials=100, max_consecutive_failures=3, slots=1)
    for _ in range(3):
        flow.hand.fail(flow.claim(), "cannot open /data/train.npz")
    flow.step_until(lambda: flow.study.status.ended)
    assert flow.status == (
        "failed",
        (
            "3 trials in a row failed (max_consecutive_failures = 3); "
            "the last one: ValueError: cannot open /data/train.npz"
        ),
    )
    assert flow.consistent()


def test_it_is_the_last_failures_that_count_with_many_workers_and_what_runs_is_stopped(
    new_flow, new_hand
):
    flow = new_flow(max_trials=200, max_consecutive_failures=6, slots=4)
    others = [new_hand(slots=4, name=f"other-{n}") for n in range(3)]
    for hand in (flow.hand, *others):
        hand.held = []
        flow.step_until(
            lambda hand=hand: (
                hand.held.extend(hand.claim(flow.study, 3 - len(hand.held))) or len(hand.held) == 3
            )
        )
    for hand in others:
        hand.fail(hand.held[:1])
    flow.hand.finish(flow.hand.held[:1])  # after three failures, all seen in one look
    for hand in others:
        hand.fail(hand.held[1:2])
    for _ in range(3):
        flow.coordinator.step()
    assert flow.study.status is StudyStatus.ACTIVE
    for n, hand in enumerate(others):
        hand.fail(hand.held[2:], f"failure {n}")
    flow.step_until(lambda: flow.study.status is StudyStatus.STOPPING)
    flow.step_until(lambda: TrialState.WAITING not in flow.states())
    assert flow.hand.queue.renew(flow.hand.held[1:]) == [Directive.STOP] * 2
    assert flow.hand.claim(flow.study) == []
    flow.hand.queue.report([(claim, Cancelled()) for claim in flow.hand.held[1:]])
    flow.step_until(lambda: flow.study.status.ended)
    assert flow.status == (
        "failed",
        (
            "6 trials in a row failed (max_consecutive_failures = 6); "
            "the last one: ValueError: failure 2"
        ),
    )
    assert flow.consistent()


def test_the_reason_is_kept_when_another_coordinator_counts_the_failures(new_flow, store):
    flow = new_flow(max_trials=100, max_consecutive_failures=3, slots=3)
    flow.hand.fail(flow.claim(3), "cannot open /data/train.npz")
    flow.coordinator.close()
    flow.coordinator = Coordinator(store, name="heir")
    flow.step_until(lambda: flow.study.status.ended)
    flow.coordinator.close()
    assert flow.study.status_reason.endswith("one: ValueError: cannot open /data/train.npz")


def test_a_success_in_between_forgives_failures(new_flow):
    flow = new_flow(max_trials=6, max_consecutive_failures=3, slots=1)
    flow.hand.fail([*flow.claim(), *flow.claim()])
    flow.hand.finish(flow.claim())
    flow.step_until(lambda: flow.study.counts.get(TrialState.COMPLETE) == 1)
    flow.hand.fail([*flow.claim(), *flow.claim()])
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 6")


def test_a_lost_worker_costs_the_trial_its_budget_and_then_its_life(new_flow, caplog):
    flow = new_flow(lease_s=0.2, max_trials=1, retries=Retries(lost=1))
    (first,) = flow.claim()
    flow.step_until(lambda: flow.states() == [TrialState.WAITING])
    (again,) = flow.claim()
    assert (again.trial.number, again.trial.attempt) == (first.trial.number, 2)
    flow.step_until(lambda: flow.study.status.ended)
    assert flow.states() == [TrialState.FAILED]
    assert flow.status == ("complete", "reached max_trials = 1")
    assert flow.consistent()
    lines = [r.getMessage() for r in caplog.records if "lost by" in r.getMessage()]
    assert lines == [
        "trial 0 of 'study' was lost by worker hand: waiting again",
        "trial 0 of 'study' was lost by worker hand: failed",
    ]


def test_a_failure_with_budget_left_rests_and_is_run_again(new_flow):
    flow = new_flow(max_trials=1, retries=Retries(exception=1))
    flow.hand.fail(flow.claim())
    (again,) = flow.claim()
    assert (again.trial.number, again.trial.attempt) == (0, 2)
    flow.hand.finish([again])
    flow.run()
    assert flow.states() == [TrialState.COMPLETE]


def test_resting_trials_do_not_starve_idle_slots(new_flow, monkeypatch):
    monkeypatch.setattr(lifecycle, "BACKOFF_BASE_S", 300.0)  # none is due again during the test
    flow = new_flow(max_trials=20, retries=Retries(exception=1), slots=1)
    flow.coordinator.step()
    waiting = len(flow.states())
    flow.hand.fail(flow.claim(waiting))  # claimed and back in rest between two looks
    fresh = flow.claim()
    assert fresh[0].trial.attempt == 1
    assert fresh[0].trial.number >= waiting


def test_a_study_without_proposals_waits_for_points_and_ends_by_its_limit(new_flow):
    flow = new_flow(max_trials=3, sampler=SamplerSpec(name="enqueued"))
    catalog = flow.store.catalog
    for number, point in enumerate([0.5, 0.25, 0.75]):
        for _ in range(3):  # nothing is proposed, and nothing ends
            flow.coordinator.step()
        assert (len(flow.states()), flow.study.status.ended) == (number, False)
        assert list(catalog.append(flow.study, [Draft(params={"x": point})])) == [number]
        flow.step_until(lambda: flow.hand.work(flow.study))
    flow.step_until(lambda: flow.study.status.ended)
    assert flow.status == ("complete", "reached max_trials = 3")
    assert [trial.loss for trial in flow.trials()] == [0.5, 0.25, 0.75]


def test_another_sampler_proposes_once_the_owner_has_set_one(new_flow):
    flow = new_flow(max_trials=4, sampler=SamplerSpec(name="enqueued"))
    flow.coordinator.step()
    flow.store.catalog.amend(flow.study, {"sampler": SamplerSpec(name="sobol", seed=3)})
    flow.store.catalog.wish(flow.name, Want.RUN)
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 4")
    assert {trial.proposed.sampler for trial in flow.trials(slim=False)} == {"sobol"}
