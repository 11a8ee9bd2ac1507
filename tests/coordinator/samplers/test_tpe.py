import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.coordinator.history import History
from parzen.coordinator.samplers import rounds, tpe
from parzen.coordinator.samplers.random import RandomSampler
from parzen.coordinator.samplers.tpe import TPESampler, rank_weights
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Choice, Float, Int, LogNormal, Normal, Space

MIXED = Space(
    {
        "lr": Float(1e-5, 1.0, log=True),
        "n": Int(1, 300, log=True),
        "act": Choice(["relu", "tanh", "gelu"], weights=[2, 1, 1]),
        "step": Float(0, 1, step=0.25),
        "noise": Normal(0, 1),
        "scale": LogNormal(0, 2, step=1.0),
        "m": Choice({"a": {"k": Float(-1, 1)}, "b": {"q": Int(0, 2**60)}, "c": {}}),
    }
)


def trial(number, params, state="complete", loss=None):
    return Trial(
        study="s", uid=Uid("u"), number=number, params=params, state=TrialState(state), loss=loss
    )


def observed(space, states, losses):
    numbers = range(len(states))
    params = RandomSampler(space.dimensions).propose(History(space.dimensions), numbers, 1)
    return [
        trial(n, p, states[n], losses[n] if states[n] == "complete" else None)
        for n, p in zip(numbers, params, strict=False)
    ]


def history(space, trials):
    kept = History(space.dimensions)
    for one in trials:
        kept.put(one)
    return kept


STATES = st.lists(
    st.sampled_from(
        ["complete", "complete", "failed", "running", "waiting", "pruned", "cancelled"]
    ),
    min_size=1,
    max_size=30,
)
LOSSES = st.lists(st.sampled_from([0.0, 1.0, 1e308, -1e308, 5e-324, 2.5]), min_size=30, max_size=30)


@settings(max_examples=40, deadline=None)
@given(STATES, LOSSES, st.integers(-(2**40), 2**40))
def test_proposals_lie_in_the_space_whatever_was_seen(states, losses, seed):
    kept = history(MIXED, observed(MIXED, states, losses))
    proposed = TPESampler(MIXED.dimensions, n_startup_trials=0).propose(kept, range(40, 44), seed)
    assert len(proposed) == 4
    for params in proposed:
        MIXED.check(params)


@settings(max_examples=20, deadline=None)
@given(STATES, LOSSES, st.randoms(use_true_random=False))
def test_proposals_depend_on_the_set_of_trials_only(states, losses, random):
    trials = observed(MIXED, states, losses)
    shuffled = random.sample(trials, len(trials))
    sampler = TPESampler(MIXED.dimensions)
    used = sampler.propose(history(MIXED, trials), range(40, 43), 0)
    cold = TPESampler(MIXED.dimensions).propose(history(MIXED, shuffled), range(40, 43), 0)
    assert used == cold


@pytest.mark.parametrize(
    ("complete", "running", "count"), [(15, 0, 40), (5, 0, 12), (400, 120, 20)]
)
def test_a_batch_is_one_call_after_another(complete, running, count):
    """Within the low-discrepancy start and beyond, past all the caps, and past a block."""
    states = ["complete"] * complete + ["running"] * running
    trials = observed(MIXED, states, [float(n) for n in range(len(states))])
    sampler = TPESampler(MIXED.dimensions)
    numbers = range(len(states), len(states) + count)
    batch = sampler.propose(history(MIXED, trials), numbers, 7)
    kept = history(MIXED, trials)
    for number, expected in zip(numbers, batch, strict=True):
        (params,) = sampler.propose(kept, [number], 7)
        assert params == expected
        kept.put(trial(number, params, "waiting"))


def test_it_searches_near_the_good_and_away_from_the_bad():
    space = Space({"x": Float(0, 1)})
    trials = [trial(n, {"x": n / 40}, loss=abs(n / 40 - 0.7)) for n in range(40)]
    kept = history(space, trials)
    drawn = [TPESampler(space.dimensions).propose(kept, [n], 0)[0]["x"] for n in range(50, 80)]
    assert abs(np.median(drawn) - 0.7) < 0.1


def test_it_leaves_where_everything_failed():
    space = Space({"c": Choice(["bad", "good"]), "x": Float(0, 1)})
    trials = [trial(n, {"c": "bad", "x": n / 30}, "failed") for n in range(30)]
    proposed = TPESampler(space.dimensions).propose(history(space, trials), range(30, 34), 0)
    assert [p["c"] for p in proposed].count("good") >= 3


def test_pending_trials_keep_the_next_ones_away():
    space = Space({"x": Float(0, 1)})
    trials = [trial(n, {"x": n / 20}, loss=abs(n / 20 - 0.5)) for n in range(20)]
    crowd = [trial(20 + i, {"x": 0.45 + i / 1000}, "running") for i in range(50)]
    sampler = TPESampler(space.dimensions)
    alone = [sampler.propose(history(space, trials), [n], 0)[0]["x"] for n in range(90, 110)]
    kept = history(space, trials + crowd)
    apart = [sampler.propose(kept, [n], 0)[0]["x"] for n in range(90, 110)]
    assert np.mean(np.abs(np.array(apart) - 0.475) < 0.05) < np.mean(
        np.abs(np.array(alone) - 0.475) < 0.05
    )


def test_many_pending_trials_bring_noise(monkeypatch):
    trials = observed(MIXED, ["complete"] * 20 + ["running"] * 70, [float(n) for n in range(90)])
    calm = TPESampler(MIXED.dimensions).propose(history(MIXED, trials), range(90, 100), 0)
    monkeypatch.setattr(tpe, "MANY_PENDING", 10**6)
    assert TPESampler(MIXED.dimensions).propose(history(MIXED, trials), range(90, 100), 0) != calm


@pytest.mark.parametrize("n_startup_trials", [0, 10])
def test_a_finite_space_is_proposed_once_each_and_then_no_more(n_startup_trials):
    space = Space({"m": Choice({"a": {"k": Int(0, 20)}, "b": {}}), "z": Choice(["x", "y"])})
    kept, sampler, seen = (
        History(space.dimensions),
        TPESampler(space.dimensions, n_startup_trials=n_startup_trials),
        [],
    )
    while proposed := sampler.propose(kept, range(kept.created, kept.created + 5), 3):
        for params in proposed:
            seen.append(tuple(sorted(params.items())))
            kept.put(trial(kept.created, params, loss=float(len(seen) % 7)))
    assert len(seen) == len(set(seen)) == space.size == 44


def test_a_rare_branch_is_found_when_all_else_is_taken():
    space = Space({"m": Choice({"a": {}, "b": {"x": Float(0, 1)}}, weights=[1.0, 1e-9])})
    kept = history(space, [trial(0, {"m": "a"}, loss=1.0)])
    proposed = TPESampler(space.dimensions).propose(kept, range(20, 23), 0)
    assert [p["m"] for p in proposed] == ["b"] * 3


@pytest.fixture
def mixtures(monkeypatch):
    """The rows and weights of each good mixture that is made."""
    made, mixture = [], tpe.Mixture

    def spy(cube, rows, weights, prior):
        made.append((rows, weights))
        return mixture(cube, rows, weights, prior)

    monkeypatch.setattr(tpe, "Mixture", spy)
    return made


@pytest.fixture
def sums(monkeypatch):
    """The weights of the finished and of the pending in each bad density."""
    made, total = [], tpe.log_total

    def spy(parts, prior):
        made.append([weight for weight, _ in parts])
        return total(parts, prior)

    monkeypatch.setattr(tpe, "log_total", spy)
    return made


def test_the_bad_set_is_capped(monkeypatch, sums):
    sizes, kernels = [], rounds.Kernels
    space = Space({"x": Float(0, 1)})

    def spy(rows, scale):
        sizes.append(len(rows))
        return kernels(rows, scale)

    monkeypatch.setattr(tpe, "Kernels", spy)
    monkeypatch.setattr(rounds, "Kernels", spy)
    trials = observed(space, ["complete"] * 600 + ["running"] * 300, [float(n) for n in range(900)])
    TPESampler(space.dimensions).propose(history(space, trials), [900], 0)
    assert sizes == [256, 128], "finished, then pending"
    assert sums == [[0.5, 0.4]], "256 that are finished weigh 128, and 128 that are pending 51"


def test_the_best_trial_weighs_most(mixtures):
    space = Space({"x": Float(0, 1)})
    trials = [trial(n, {"x": n / 32}, loss=-float(n)) for n in range(32)]
    TPESampler(space.dimensions).propose(history(space, trials), [32], 0)
    rows, weights = mixtures[0]
    assert rows[:, 0].tolist() == [31 / 32, 30 / 32, 29 / 32, 28 / 32]
    assert (np.diff(weights) < 0).all()


def test_wide_spaces_and_long_choices():
    structure = {f"x{i}": Float(0, 1) for i in range(480)}
    structure |= {f"n{i}": Int(1, 9) for i in range(10)}
    structure |= {f"c{i}": Choice(list(range(1000))) for i in range(10)}
    space = Space(structure)
    kept = history(space, observed(space, ["complete"] * 40, [float(n) for n in range(40)]))
    for params in TPESampler(space.dimensions).propose(kept, [40, 41], 0):
        space.check(params)


def test_constant_columns_and_params_edited_by_hand_do_no_harm():
    dimensions = (
        Dimension(name="k", kind=Kind.INT, low=3, high=3),
        Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0),
    )
    kept = History(dimensions)
    for n in range(20):
        kept.put(trial(n, {"k": 3, "x": 0.5 if n else "half"}, loss=1.0))
    for params in TPESampler(dimensions).propose(kept, range(20, 25), 0):
        assert params["k"] == 3
        assert 0 <= params["x"] <= 1


def test_weights_fall_by_rank_with_mean_one():
    weights = rank_weights(4)
    np.testing.assert_allclose(
        weights / weights[0], [1, *(math.log(5 / r) / math.log(5) for r in (2, 3, 4))]
    )
    assert weights.mean() == pytest.approx(1)
    assert len(rank_weights(0)) == 0


@pytest.mark.parametrize(
    "options",
    [
        {"n_startup_trials": -1},
        {"n_ei_candidates": 0},
        {"n_ei_candidates": "64"},
        {"gamma": 1.5},
        {"gamma": 0},
        {"prior_weight": -1},
        {"prior_weight": float("nan")},
        {"prior_weight": "heavy"},
    ],
)
def test_options_out_of_range_are_refused_by_name(options):
    with pytest.raises(InvalidStudy, match=next(iter(options))):
        TPESampler(MIXED.dimensions, **options)
