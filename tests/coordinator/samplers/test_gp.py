import math

import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers.gp import GPSampler
from parzen.coordinator.samplers.random import RandomSampler
from parzen.coordinator.samplers.sobol import SobolSampler
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

PLANE = Space({"x": Float(0, 1), "y": Float(0, 1)})
TREE = Space(
    {
        "lr": Float(1e-5, 1.0, log=True),
        "n": Int(1, 300, log=True),
        "m": Choice({"a": {"k": Float(-1, 1)}, "b": {"c": Choice(list("pqr"))}, "c": {}}),
    }
)


def trial(number, params, loss=None, state=None):
    state = state or (TrialState.WAITING if loss is None else TrialState.COMPLETE)
    return Trial(study="s", uid=Uid("u"), number=number, params=params, loss=loss, state=state)


def bowl(params):
    return (params["x"] - 0.7) ** 2 + (params["y"] - 0.3) ** 2


def drawn(space, count, loss):
    """A history of random trials."""
    kept = History(space.dimensions)
    proposed = RandomSampler(space.dimensions).propose(kept, range(count), 1)
    for number, params in enumerate(proposed):
        kept.put(trial(number, params, loss(params)))
    return kept


def lowest(sampler, space, loss, seed, trials=30):
    kept = History(space.dimensions)
    for number in range(trials):
        [params] = sampler.propose(kept, [number], seed)
        kept.put(trial(number, params, loss(params)))
    return kept.best[1]


def test_a_bowl_is_searched_far_better_than_by_tpe():
    space = Space({f"x{i}": Float(-5, 5) for i in range(4)})

    def loss(params):
        return sum((x - i) ** 2 for i, x in enumerate(params.values()))

    by = {
        sampler: np.mean(
            [np.log(lowest(sampler(space.dimensions), space, loss, s)) for s in (0, 1)]
        )
        for sampler in (GPSampler, TPESampler)
    }
    assert by[GPSampler] < by[TPESampler] - np.log(10)


def test_the_better_branch_of_a_tree_is_found_with_its_numbers():
    def loss(params):
        own = {"a": abs(params.get("m/a/k", 0) - 0.5), "b": 0.6 + (params.get("m/b/c") == "p")}
        return (math.log10(params["lr"]) + 3) ** 2 / 9 + own.get(params["m"], 0.8)

    assert lowest(GPSampler(TREE.dimensions), TREE, loss, 0, 40) < 0.1


@pytest.mark.parametrize("n_startup_trials", [10, 23])
def test_the_first_trials_are_a_sobol_sequence(n_startup_trials):
    kept, numbers = drawn(TREE, 15, lambda params: params["lr"]), range(15, 26)
    ours = GPSampler(TREE.dimensions, n_startup_trials=n_startup_trials).propose(kept, numbers, 3)
    sobol = SobolSampler(TREE.dimensions).propose(kept, numbers, 3)
    same = [mine == its for mine, its in zip(ours, sobol, strict=True)]
    assert same == [number < n_startup_trials for number in numbers]


@pytest.mark.parametrize("complete", [0, 3])
def test_what_too_few_have_told_is_not_gone_by(complete):
    kept = drawn(PLANE, complete, bowl)
    for number in range(complete, 20):
        kept.put(trial(number, {"x": number / 40, "y": 0.5}, state=TrialState.FAILED))
    ours = GPSampler(PLANE.dimensions).propose(kept, range(20, 24), 3)
    assert ours == SobolSampler(PLANE.dimensions).propose(kept, range(20, 24), 3)


def test_a_batch_is_one_call_after_another():
    kept = drawn(TREE, 20, lambda params: params["lr"])
    batch = GPSampler(TREE.dimensions).propose(kept, range(20, 26), 7)
    sampler = GPSampler(TREE.dimensions)
    for number, expected in enumerate(batch, start=20):
        assert sampler.propose(kept, [number], 7) == [expected]
        kept.put(trial(number, expected))


def test_what_is_pending_is_kept_away_from():
    kept = drawn(PLANE, 15, bowl)
    sampler = GPSampler(PLANE.dimensions)
    [best] = sampler.propose(kept, [15], 0)
    [alone] = sampler.propose(kept, [16], 0)
    assert math.dist(alone.values(), best.values()) < 1e-3
    kept.put(trial(15, best))
    [apart] = sampler.propose(kept, [16], 0)
    assert math.dist(apart.values(), best.values()) > 0.02


def test_beyond_what_a_sobol_sequence_holds_the_start_is_random():
    space = Space({f"x{i}": Float(0, 1) for i in range(21_202)})
    [params] = GPSampler(space.dimensions).propose(History(space.dimensions), [0], 0)
    assert 0 < params["x21201"] < 1


def test_nothing_asked_for_is_nothing_proposed():
    assert GPSampler(PLANE.dimensions).propose(drawn(PLANE, 12, bowl), [], 0) == []


@pytest.mark.parametrize("n_startup_trials", [-1, 2.5, True, "4"])
def test_an_option_out_of_range_is_refused_by_name(n_startup_trials):
    with pytest.raises(InvalidStudy, match="n_startup_trials"):
        GPSampler(PLANE.dimensions, n_startup_trials=n_startup_trials)
