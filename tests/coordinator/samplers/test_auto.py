import math
from dataclasses import replace

import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers import branches, choosing
from parzen.coordinator.samplers.auto import AutoSampler
from parzen.coordinator.samplers.random import RandomSampler
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

MIXED = Space(
    {
        "lr": Float(1e-5, 1.0, log=True),
        "n": Int(1, 300, log=True),
        "m": Choice({"a": {"k": Float(-1, 1)}, "b": {"c": Choice(list("pqr"))}, "c": {}}),
    }
)


def trial(number, params, state="complete", loss=None, seconds=None):
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params=params,
        state=TrialState(state),
        loss=loss,
        duration_s=seconds,
    )


def observed(space, states, seconds=None):
    numbers = range(len(states))
    params = RandomSampler(space.dimensions).propose(History(space.dimensions), numbers, 1)
    return [
        trial(n, p, s, float(n % 11) if s == "complete" else None, seconds)
        for n, p, s in zip(numbers, params, states, strict=True)
    ]


def history(space, trials):
    kept = History(space.dimensions)
    for one in trials:
        kept.put(one)
    return kept


@pytest.mark.parametrize(
    ("complete", "running", "seconds"), [(3, 0, None), (15, 2, None), (60, 40, None), (40, 8, 0.3)]
)
def test_a_batch_is_one_call_after_another(complete, running, seconds):
    trials = observed(MIXED, ["complete"] * complete + ["running"] * running, seconds)
    sampler, kept = AutoSampler(MIXED.dimensions), history(MIXED, trials)
    numbers = range(len(trials), len(trials) + 10)
    batch = AutoSampler(MIXED.dimensions).propose(history(MIXED, trials), numbers, 7)
    for number, expected in zip(numbers, batch, strict=True):
        [params] = sampler.propose(kept, [number], 7)
        assert params == expected
        kept.put(trial(number, params, "waiting"))


def test_what_is_pending_keeps_what_is_ranked_away(monkeypatch):
    monkeypatch.setattr(choosing, "CROWD_SHARE", 0.0)
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    trials = [
        replace(one, loss=(one.params["x"] - 0.7) ** 2 + (one.params["y"] - 0.3) ** 2)
        for one in observed(space, ["complete"] * 12)
    ]
    sampler, kept = AutoSampler(space.dimensions), history(space, trials)
    [alone], [best] = (sampler.propose(kept, [n], 0) for n in (13, 12))
    assert math.dist(alone.values(), best.values()) < 1e-3
    kept.put(trial(12, best, "running"))
    [apart] = sampler.propose(kept, [13], 0)
    assert math.dist(apart.values(), best.values()) > 0.02


OPTIONS = {"n_startup_trials": 40, "n_ei_candidates": 9, "gamma": 0.3, "prior_weight": 2.5}


@pytest.mark.parametrize("option", OPTIONS)
def test_where_trials_are_fast_it_proposes_what_tpe_does_with_those_options(option):
    kept = history(MIXED, observed(MIXED, ["complete"] * 30 + ["running"] * 5, 1e-9))
    given, numbers = {option: OPTIONS[option]}, range(35, 41)
    fast = AutoSampler(MIXED.dimensions, **given).propose(kept, numbers, 3)
    assert fast == TPESampler(MIXED.dimensions, **given).propose(kept, numbers, 3)
    assert fast != AutoSampler(MIXED.dimensions).propose(kept, numbers, 3)


def test_where_trials_are_slow_it_proposes_something_else_than_tpe():
    kept = history(MIXED, observed(MIXED, ["complete"] * 30, 60.0))
    free = [n for n in range(30, 40) if branches.visited(kept.cube, 3, n) is None][:2]
    ours = AutoSampler(MIXED.dimensions).propose(kept, free, 3)
    tpes = TPESampler(MIXED.dimensions).propose(kept, free, 3)
    for mine, theirs in zip(ours, tpes, strict=True):
        MIXED.check(mine)
        assert mine != theirs


@pytest.mark.parametrize("n_startup_trials", [10, 25])
def test_the_first_trials_are_tpes(n_startup_trials):
    kept, numbers = history(MIXED, observed(MIXED, ["complete"] * 8)), range(8, n_startup_trials)
    ours, tpes = (
        sampler(MIXED.dimensions, n_startup_trials=n_startup_trials).propose(kept, numbers, 3)
        for sampler in (AutoSampler, TPESampler)
    )
    assert ours == tpes


@pytest.mark.parametrize(
    "options",
    [
        {"n_startup_trials": -1},
        {"n_startup_trials": 2.5},
        {"n_ei_candidates": 0},
        {"gamma": 1.5},
        {"prior_weight": float("nan")},
    ],
)
def test_options_out_of_range_are_refused_by_name(options):
    with pytest.raises(InvalidStudy, match=next(iter(options))):
        AutoSampler(MIXED.dimensions, **options)


def lowest(sampler, space, loss, seed, trials=30):
    kept = History(space.dimensions)
    for number in range(trials):
        [params] = sampler.propose(kept, [number], seed)
        kept.put(trial(number, params, loss=loss(params)))
    return kept.best[1]


def test_a_bowl_is_searched_far_better_than_by_tpe():
    space = Space({f"x{i}": Float(-5, 5) for i in range(4)})

    def bowl(params):
        return sum((x - i) ** 2 for i, x in enumerate(params.values()))

    by = {
        sampler: np.mean(
            [np.log(lowest(sampler(space.dimensions), space, bowl, seed)) for seed in range(3)]
        )
        for sampler in (AutoSampler, TPESampler)
    }
    assert by[AutoSampler] < by[TPESampler] - np.log(4)
