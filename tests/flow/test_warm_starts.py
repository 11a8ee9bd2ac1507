"""Studies that begin with what others found, and with points: from the store to the proposals."""

from __future__ import annotations

import dataclasses

import pytest

from parzen.client import warming
from parzen.client.points import drafted
from parzen.coordinator.samplers import registry
from parzen.coordinator.service import Coordinator
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import SamplerSpec

PLANE = tuple(Dimension(name=name, kind=Kind.FLOAT, low=0.0, high=1.0) for name in "xy")
TPE = SamplerSpec(name="tpe", seed=3)


def loss(params):
    return (params["x"] - 0.3) ** 2 + (params["y"] - 0.8) ** 2


def finish(flow, trials):
    """Work until so many trials have ended."""
    while sum(state is TrialState.COMPLETE for state in flow.states()) < trials:
        for claim in flow.claim(1):
            flow.hand.finish([claim], loss(claim.trial.params))


@pytest.fixture
def old(new_flow):
    """A study that has found where the loss is low."""
    flow = new_flow("old", dimensions=PLANE, sampler=TPE, max_trials=30, slots=1)
    finish(flow, 30)
    return flow


@pytest.fixture
def warm(new_flow, store, old):
    """Make a study that begins with what ``old`` found."""

    def make(name):
        earlier = warming.read(["old"], store.catalog)
        spec, _ = warming.composed(dataclasses.replace(TPE, seed=5), PLANE, earlier)
        options = {"max_trials": 16, "max_running": 1}  # each is proposed on all before it
        return new_flow(name, dimensions=PLANE, sampler=spec, slots=1, **options)

    return make


def test_a_second_study_begins_where_the_first_ended(warm, old, store):
    flow = warm("second")
    finish(flow, 16)
    best = min(old.trials(), key=lambda trial: trial.loss)
    first, *rest = flow.trials()
    assert loss(first.params) < 0.02
    assert min(trial.loss for trial in flow.trials()) <= best.loss
    flow.step_until(lambda: flow.study.status.ended)
    told = flow.study.proposing
    assert told.startswith("source 'old' (30 trials) agrees: weight")
    assert told.endswith("; tpe proposes")
    assert store.catalog.delete(old.study)  # nothing is read from it any more
    assert len({tuple(trial.params.values()) for trial in (first, *rest)}) == 16


def test_a_coordinator_that_takes_over_proposes_what_the_one_before_would_have(warm, store):
    one, other = warm("one"), warm("other")
    finish(one, 16)
    finish(other, 7)
    other.coordinator.close()
    other.coordinator = Coordinator(store)
    finish(other, 16)
    other.coordinator.close()
    assert [trial.params for trial in other.trials()] == [trial.params for trial in one.trials()]


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN))
def test_points_are_tried_first_whoever_proposes(new_flow, store, name):
    options = {"values": {"x": [0.1, 0.2, 0.3, 0.4], "y": [0.5, 0.6]}} if name == "grid" else {}
    spec = SamplerSpec(name=name, options=options, seed=1)
    flow = new_flow(f"by-{name}", dimensions=PLANE, sampler=spec, max_trials=6, slots=1)
    points = [{"x": 0.25, "y": 0.75}, {"x": 0.5}]
    store.catalog.append(flow.study, drafted(flow.study, points, None, 0))
    finish(flow, 2 if name == "enqueued" else 6)
    params = [trial.params for trial in flow.trials()]
    assert params[0] == points[0]
    assert params[1]["x"] == 0.5
    assert len({tuple(each.values()) for each in params}) == len(params)
