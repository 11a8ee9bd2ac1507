import dataclasses
import math
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers.auto import AutoSampler
from parzen.coordinator.samplers.gradient import GradientSampler
from parzen.coordinator.samplers.protocol import memo_of
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Direction, Proposed, Trial, Uid
from parzen.shared.space import Choice, Float, Int, LogNormal, Normal, Space

LINE = Space({"x": Float(0, 1)})
FLAT = Space({f"x{i}": Float(-5, 5) for i in range(6)})
MIXED = Space(
    {
        "rate": Float(1e-6, 1, log=True),
        "shift": Normal(0, 2),
        "scale": LogNormal(0, 1),
        "n": Int(1, 50),
        "grid": Float(0, 1, step=0.1),
        "kind": Choice({"a": {"y": Float(0, 1)}, "b": {"z": Float(0, 1)}}),
    }
)


def bowl(params):
    """Of any parameters: the loss and the slopes."""
    terms = {name: (x - 1.0) * (1.0 + i) for i, (name, x) in enumerate(params.items())}
    return sum(0.5 * t**2 / (1 + i) for i, t in enumerate(terms.values())), terms


def mixed(params):
    y = params.get("kind/a/y", params.get("kind/b/z"))
    off = math.log(params["rate"] / 1e-3)
    loss = off**2 / 20 + (params["shift"] - 1) ** 2 + (params["scale"] - 2) ** 2
    loss += (params["n"] - 20) ** 2 / 400 + (y - 0.3) ** 2 + (params["kind"] == "b")
    slopes = {
        "rate": off / 10 / params["rate"],
        "shift": 2 * (params["shift"] - 1),
        "scale": 2 * (params["scale"] - 2),
        "kind/a/y" if params["kind"] == "a" else "kind/b/z": 2 * (y - 0.3),
        "no such parameter": 1.0,
    }
    return loss, slopes


def trial(number, params, loss=None, slopes=None, state=None, memo=None):
    state = state or (TrialState.WAITING if loss is None else TrialState.COMPLETE)
    memo = memo or memo_of(params)
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params=params,
        loss=loss,
        state=state,
        result={} if slopes is None else {"gradient": slopes},
        proposed=None if memo is None else Proposed(sampler="gradient", memo=memo),
    )


def search(space, objective, trials, sampler=None, *, seed=0, kept=None):
    """One after another."""
    sampler = sampler or GradientSampler(space.dimensions)
    kept = History(space.dimensions) if kept is None else kept
    for number in range(kept.created, kept.created + trials):
        [params] = sampler.propose(kept, [number], seed)
        kept.put(trial(number, params, *objective(params)))
    return kept


def test_a_bowl_is_descended_far_below_what_the_others_reach():
    for seed in range(2):
        ours = search(FLAT, bowl, 50, seed=seed).best[1]
        others = [
            search(FLAT, bowl, 50, sampler(FLAT.dimensions), seed=seed).best[1]
            for sampler in (TPESampler, AutoSampler)
        ]
        assert ours < min(others) / 10


def test_every_law_is_descended_and_what_has_no_slope_is_searched_beside_it():
    kept = search(MIXED, mixed, 60)
    best = kept.cube.params(kept.rows([kept.best[0]])[0])
    assert best["kind"] == "a"
    found = [math.log10(best["rate"]), best["shift"], best["scale"], best["kind/a/y"]]
    np.testing.assert_allclose(found, [-3, 1, 2, 0.3], atol=0.1)
    assert abs(best["n"] - 20) <= 2


def test_in_a_run_what_has_no_slope_stays_as_it_is():
    kept, runs = search(MIXED, mixed, 60), {}
    for number in range(60):
        params = kept.cube.params(kept.rows([number])[0])
        runs.setdefault(kept.memo(number)["member"], []).append(params)
    assert max(map(len, runs.values())) > 5
    for run in runs.values():
        assert len({(p["kind"], p["n"], p["grid"]) for p in run}) == 1


def test_what_has_no_slope_is_tried_beside_the_best_values_of_what_has_one():
    kept = search(MIXED, mixed, 40)
    best = kept.cube.params(kept.rows([kept.best[0]])[0])
    batch = GradientSampler(MIXED.dimensions).propose(kept, range(40, 100), 0)
    sloped = ("rate", "shift", "scale")
    beside = [p for p in batch if all(p[name] == best[name] for name in sloped)]
    assert 15 < len(beside) < 45  # 3 of 7 parameters have none
    assert len({(p["kind"], p["n"], p["grid"]) for p in beside}) > 10


def test_without_gradients_it_proposes_what_tpe_does_and_says_so():
    def without(params):
        return mixed(params)[0], None

    sampler = GradientSampler(MIXED.dimensions, n_startup_trials=10)
    ours = search(MIXED, without, 25, sampler)
    tpes = search(MIXED, without, 25, TPESampler(MIXED.dimensions))
    np.testing.assert_array_equal(ours.rows(range(25)), tpes.rows(range(25)))
    assert sampler.explain(ours) == "no trial has told a usable gradient yet: TPE proposes"


@pytest.mark.parametrize("slopes", [{}, {"grid": 1.0}, {"other": 2.0}, {"shift": 0.0}, "steep"])
def test_what_is_no_slope_of_a_continuous_parameter_is_not_used(slopes):
    kept = search(MIXED, lambda params: (mixed(params)[0], slopes), 12)
    assert {kept.memo(n)["step"] for n in range(12)} == {0}
    assert "no trial" in GradientSampler(MIXED.dimensions).explain(kept)


def test_it_says_when_it_descends():
    told = GradientSampler(LINE.dimensions).explain(search(LINE, bowl, 1))
    assert told == "runs descend along the gradients told, and TPE proposes where they begin"


def test_the_first_step_is_as_long_as_the_learning_rate_and_leads_down():
    sampler = GradientSampler(LINE.dimensions, n_startup_trials=1, learning_rate=0.07)
    kept = History(LINE.dimensions)
    [start] = sampler.propose(kept, [0], 0)
    for slope, sign in ((3.0, -1), (-1e-9, 1)):
        kept.put(trial(0, start, 1.0, {"x": slope}))
        [step] = sampler.propose(kept, [1], 0)
        assert step["x"] - start["x"] == pytest.approx(sign * 0.07)


def test_slopes_are_taken_by_u():
    space = Space({"x": Float(1e-4, 1, log=True), "y": Float(-3, 5)})
    kept = History(space.dimensions)
    kept.put(trial(0, {"x": 0.01, "y": 0.0}, 1.0, {"x": 3.0, "y": -2.0}))
    [step] = GradientSampler(space.dimensions).propose(kept, [7], 0)
    moments = [0.5 * 3 * 0.01 * math.log(1e4), 0.5 * -2 * 8]
    np.testing.assert_allclose(memo_of(step)["first"], moments)


def test_where_the_value_is_maximised_it_climbs():
    sampler = GradientSampler(LINE.dimensions, n_startup_trials=1)
    kept = History(LINE.dimensions, Direction.MAXIMIZE)
    [start] = sampler.propose(kept, [0], 0)
    kept.put(trial(0, start, -1.0, {"x": 2.0}))  # of the value, which rises with x
    [step] = sampler.propose(kept, [1], 0)
    assert step["x"] > start["x"]


def test_the_first_trials_are_a_sobol_sequence_and_the_best_of_them_goes_on():
    kept = search(FLAT, bowl, 8, GradientSampler(FLAT.dimensions, n_startup_trials=7))
    tpes = search(FLAT, bowl, 7, TPESampler(FLAT.dimensions))
    np.testing.assert_array_equal(kept.rows(range(7)), tpes.rows(range(7)))
    best = int(np.argmin(kept.losses(range(7))))
    assert (kept.memo(7)["member"], kept.memo(7)["step"]) == (best, 1)


def test_no_run_has_two_trials_at_once_and_new_ones_begin_meanwhile():
    kept = search(FLAT, bowl, 10, GradientSampler(FLAT.dimensions, n_startup_trials=4))
    batch = GradientSampler(FLAT.dimensions, n_startup_trials=4).propose(kept, range(10, 40), 0)
    steps = [memo_of(p)["member"] for p in batch if memo_of(p)["step"]]
    assert sorted(steps) == [0, 1, 2, 3]
    assert [memo_of(p)["member"] for p in batch[4:]] == list(range(14, 40))


def test_a_batch_is_one_call_after_another():
    kept = search(MIXED, mixed, 12)
    kept.put(trial(12, GradientSampler(MIXED.dimensions).propose(kept, [12], 0)[0]))
    batch = GradientSampler(MIXED.dimensions).propose(kept, range(13, 25), 0)
    for number, expected in enumerate(batch, start=13):
        [params] = GradientSampler(MIXED.dimensions).propose(kept, [number], 0)
        assert (params, memo_of(params)) == (expected, memo_of(expected))
        kept.put(trial(number, params))


def started(loss=1.0, sampler=None):
    """A run's beginning and its first step, of which nothing is known yet."""
    kept, sampler = History(LINE.dimensions), sampler or GradientSampler(LINE.dimensions)
    beginning = {"by": "gradient", "member": 0, "step": 0}
    kept.put(trial(0, {"x": 0.5}, loss, {"x": 1.0}, memo=beginning))
    [step] = sampler.propose(kept, [7], 0)
    assert step["x"] == pytest.approx(0.4)
    return kept, sampler, step


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.PRUNED, TrialState.COMPLETE])
def test_a_step_that_tells_nothing_is_taken_back_and_a_shorter_one_tried(state):
    kept, sampler, step = started()
    kept.put(trial(7, step, 0.5 if state is TrialState.COMPLETE else None, None, state))
    [after] = sampler.propose(kept, [8], 0)
    if state is TrialState.COMPLETE:  # the best one has no slope: the run is at its end
        assert memo_of(after)["member"] == 8
    else:
        assert memo_of(after)["member"] == 0
        assert after["x"] == pytest.approx(0.45)


def test_a_cancelled_step_is_proposed_again():
    kept, sampler, step = started()
    kept.put(trial(7, step, state=TrialState.CANCELLED))
    [again] = sampler.propose(kept, [8], 0)
    assert (again, memo_of(again)) == (step, memo_of(step))


def test_a_run_that_does_not_improve_goes_back_with_shorter_steps_and_ends():
    kept, sampler, step = started(loss=0.0, sampler=GradientSampler(LINE.dimensions, patience=2))
    for number in range(7, 40):
        kept.put(trial(number, step, 1.0, {"x": 1.0}))
        [step] = sampler.propose(kept, [number + 1], 0)
        if memo_of(step)["member"] != 0:
            break
    firsts = [n for n in range(7, kept.created) if kept.memo(n)["step"] == 1]
    moves = 0.5 - kept.rows(firsts)[:, 0]
    np.testing.assert_allclose(moves, 0.1 * 0.5 ** np.arange(7), rtol=1e-6)
    assert kept.created <= 7 + 2 * 7


def test_each_leg_has_as_many_steps_without_a_better_trial_as_patience_says():
    rng = np.random.default_rng(0)
    kept, sampler, step = started(9.0, GradientSampler(LINE.dimensions, patience=2))
    for number in range(7, 30):
        slope = {"x": rng.uniform(0.5, 2)}
        kept.put(trial(number, step, 15.0 - number if number < 9 else 50.0, slope))
        [step] = sampler.propose(kept, [number + 1], 0)
        if memo_of(step)["member"] != 0:
            break
    legs = [kept.memo(n)["leg"] for n in range(7, kept.created)]
    assert [legs.count(leg) for leg in range(4)] == [2 + 2, 2, 2, 2]


def test_what_was_proposed_last_goes_on_and_not_what_ended_last():
    kept, sampler, step = started()
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
    first = dataclasses.replace(kept.trial(0), finished_at=noon)
    kept.put(dataclasses.replace(first, result={"gradient": {"x": 1.0}}))
    ended = trial(7, step, 0.5, {"x": 1.0})
    kept.put(dataclasses.replace(ended, finished_at=noon - timedelta(seconds=9)))
    assert memo_of(sampler.propose(kept, [8], 0)[0])["step"] == 2


def test_a_run_that_stands_at_the_bound_is_at_its_end():
    kept, sampler = History(LINE.dimensions), GradientSampler(LINE.dimensions)
    beginning = {"by": "gradient", "member": 0, "step": 0}
    kept.put(trial(0, {"x": 0.0}, 1.0, {"x": 1.0}, memo=beginning))
    assert memo_of(sampler.propose(kept, [7], 0)[0])["member"] == 7


def test_the_best_trial_begins_a_run_whoever_proposed_it():
    kept = search(FLAT, bowl, 8)
    theirs = {f"x{i}": 1.2 for i in range(6)}
    kept.put(trial(8, theirs, *bowl(theirs), memo={"by": "swarm", "member": 3, "leg": 5}))
    [step] = GradientSampler(FLAT.dimensions).propose(kept, [9], 0)
    assert (memo_of(step)["member"], memo_of(step)["step"]) == (8, 1)
    np.testing.assert_allclose(list(step.values()), 0.2, rtol=1e-6)
    kept.put(trial(9, step, 99.0, bowl(step)[1]))
    [after] = GradientSampler(FLAT.dimensions).propose(kept, [10], 0)
    assert (memo_of(after)["member"], memo_of(after)["step"]) == (8, 2)


@pytest.mark.parametrize(
    "change",
    [
        {"member": "one"},
        {"member": -3},
        {"member": 10**18},
        {"step": -1},
        {"step": 2**62},
        {"leg": True},
        {"leg": 2**62},
        {"first": [math.inf] * 6},
        {"first": [1e308] * 6},
        {"first": "abcdef"},
        {"second": [-1.0] * 6},
        {"second": [0.0]},
        {"second": None},
    ],
)
def test_a_memo_that_somebody_edited_is_no_harm(change):
    kept = search(FLAT, bowl, 12)
    for number in range(12):
        old = kept.trial(number)
        edited = dataclasses.replace(old.proposed, memo={**old.proposed.memo, **change})
        kept.put(dataclasses.replace(old, proposed=edited))
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        proposed = GradientSampler(FLAT.dimensions).propose(kept, range(12, 16), 0)
    for params in proposed:
        FLAT.check(params)


@pytest.mark.parametrize("size", [1e-300, 1e100, 1.7e308])
def test_slopes_and_losses_of_any_size_are_no_harm(size):
    def objective(params):
        loss, slopes = mixed(params)
        return math.copysign(size, loss), {k: math.copysign(size, s) for k, s in slopes.items()}

    sampler = GradientSampler(MIXED.dimensions)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        kept = search(MIXED, objective, 25, sampler)
        proposed = sampler.propose(kept, range(25, 45), 0)
    for params in proposed:
        MIXED.check(params)
    assert len({repr(p) for p in proposed}) == 20


def test_what_the_sampler_remembers_stands_in_the_trials_alone():
    used, kept = GradientSampler(MIXED.dimensions), History(MIXED.dimensions)
    for number in range(30):
        [params] = used.propose(kept, [number], 4)
        [cold] = GradientSampler(MIXED.dimensions).propose(kept, [number], 4)
        assert (params, memo_of(params)) == (cold, memo_of(cold))
        kept.put(trial(number, params, *mixed(params)))


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 0},
        {"learning_rate": 1.0},
        {"n_startup_trials": -1},
        {"patience": 0},
        {"patience": 1.5},
    ],
)
def test_options_out_of_range_are_refused_by_name(options):
    with pytest.raises(InvalidStudy, match=next(iter(options))):
        GradientSampler(LINE.dimensions, **options)
