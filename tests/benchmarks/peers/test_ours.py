from __future__ import annotations

import pytest
import simulation
from benchmarks.toys import PROBLEMS, TREE_SPACE
from peers.ours import START, Ours
from peers.searcher import Exhausted

from parzen.client.optimizer import Optimizer
from parzen.coordinator.samplers import registry
from parzen.shared.lifecycle import TrialState
from parzen.shared.parameters import Float, Int


def test_it_proposes_what_the_public_optimizer_proposes():
    public = Optimizer({"x": Float(-1, 3), "n": Int(1, 64, log=True)}, "tpe", seed=7)
    ours = Ours("tpe", public.space.dimensions, 7, {})
    for number in range(16):
        params = ours.ask(number)
        assert params == public.ask()[0].params
        loss = (params["x"] - 1) ** 2 + params["n"]
        ours.tell(number, loss, at=60.0 * number, seconds=60.0)
        public.tell(number, loss)


class Spy:
    """A sampler that keeps what it was shown."""

    def __init__(self):
        self.seen = []

    def propose(self, history, numbers, seed):
        self.seen.append((list(history.pending()), list(history.ranked_numbers), seed))
        return [{"model": None, "depth": 3, "fixed": 4, "offset": 0.5}] * len(numbers)


def test_what_was_asked_is_pending_until_it_was_told(monkeypatch):
    spy = Spy()
    monkeypatch.setattr(registry, "make", lambda spec, dimensions: spy)
    ours = Ours("any", TREE_SPACE, 5, {})
    ours.ask(0)
    ours.ask(1)
    ours.tell(0, 1.0, at=61.0, seconds=60.0)
    ours.ask(2)
    assert spy.seen == [([], [], 5), ([0], [], 5), ([1], [0], 5)]


def test_a_told_trial_carries_its_times(monkeypatch):
    put = []
    ours = Ours("random", TREE_SPACE, 0, {})
    ours.ask(0)
    monkeypatch.setattr(ours._history, "put", put.append)
    ours.tell(0, 0.25, at=100.0, seconds=40.0)
    (trial,) = put
    assert (trial.state, trial.loss, trial.duration_s) == (TrialState.COMPLETE, 0.25, 40.0)
    assert (trial.finished_at - START).total_seconds() == 100
    assert (trial.finished_at - trial.started_at).total_seconds() == 40


@pytest.mark.parametrize(
    ("gradient", "result"), [(None, {}), ({"x": 2.0}, {"gradient": {"x": 2.0}})]
)
def test_a_gradient_stands_in_what_the_objective_returned(monkeypatch, gradient, result):
    put = []
    ours = Ours("random", TREE_SPACE, 0, {})
    ours.ask(0)
    monkeypatch.setattr(ours._history, "put", put.append)
    ours.tell(0, 0.25, at=100.0, seconds=40.0, gradient=gradient)
    assert put[0].result == result


def test_the_same_seed_gives_the_same_run_with_many_workers():
    def run(seed):
        problem = PROBLEMS["tree"]
        return simulation.run(problem, Ours("tpe", problem.dimensions, seed, {}), 8, 30, 0)

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_an_exhausted_space_is_said():
    dimensions = [d for d in TREE_SPACE if d.name == "fixed"]
    ours = Ours("random", dimensions, 0, {})
    ours.ask(0)
    with pytest.raises(Exhausted, match="nothing is left to propose as trial 1"):
        ours.ask(1)
