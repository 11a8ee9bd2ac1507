from __future__ import annotations

import pytest

from parzen.client.handle import StudyHandle
from parzen.client.importing import limits
from parzen.shared.home import StoreAddress
from parzen.shared.lifecycle import TrialState


def handle(flow):
    return StudyHandle(flow.store, StoreAddress(), flow.study)


def table(tmp_path, count):
    path = tmp_path / "x.csv"
    rows = "".join(f"{n / (count + 1)},{n}\n" for n in range(count))
    path.write_text(f"x,value\n{rows}")
    return path


@pytest.fixture(autouse=True)
def _nobody_steps_meanwhile(monkeypatch):
    """The coordinator of a flow lives, and hears a wish only when the test lets it step."""
    monkeypatch.setattr(limits, "HEARD_S", 0.0)


def test_a_led_study_takes_imported_trials_in_and_runs_as_many_as_before(new_flow, tmp_path):
    flow = new_flow(max_trials=4)
    held = flow.claim(1)  # so that the coordinator leads it
    done = handle(flow).import_trials(table(tmp_path, 20))
    assert done.max_trials == 24
    flow.step_until(lambda: flow.study.counts.get(TrialState.COMPLETE, 0) == 20)
    assert flow.study.best_number == done.trials[0]
    flow.hand.finish(held, 50.0)
    flow.run(value=50.0)
    assert flow.status == ("complete", "reached max_trials = 24")
    assert sum(trial.value == 50.0 for trial in flow.trials()) == 4
    assert flow.consistent()


def test_a_limit_that_is_kept_is_reached_by_what_was_imported(new_flow, tmp_path):
    flow = new_flow(max_trials=2)
    held = flow.claim(2)
    handle(flow).import_trials(table(tmp_path, 5), keep_limits=True)
    flow.hand.finish(held)
    flow.run()
    assert flow.status == ("complete", "reached max_trials = 2")
    assert flow.consistent()


def test_proposals_are_conditioned_on_imported_trials(new_flow, tmp_path):
    flow = new_flow(max_trials=40)
    flow.step_until(flow.trials)
    handle(flow).import_trials(table(tmp_path, 20))
    flow.step_until(lambda: flow.hand.work(flow.study) and flow.trials()[-1].proposed)
    assert flow.trials()[-1].proposed.seen >= 20
