import dataclasses
import heapq
import math
import sys
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers.cmaes import CMAESSampler
from parzen.coordinator.samplers.protocol import memo_of
from parzen.coordinator.samplers.random import RandomSampler
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
PLANE = Space({"x": Float(-5, 5), "y": Float(-5, 5)})
"""A population of it is 6."""
MIXED = Space(
    {
        "x": Float(-5, 5),
        "n": Int(0, 9),
        "m": Choice({"a": {"y": Float(0, 1)}, "b": {}}),
    }
)


def pending(number, params):
    memo = memo_of(params)
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params=params,
        state=TrialState.RUNNING,
        proposed=Proposed(sampler="cmaes", memo=memo) if memo else None,
    )


def ended(trial, loss, at=None):
    return dataclasses.replace(
        trial,
        state=TrialState.FAILED if loss is None else TrialState.COMPLETE,
        loss=loss,
        finished_at=NOON + timedelta(seconds=trial.number if at is None else at),
    )


def searched(sampler, space, loss, trials, seed=0):
    """One after another."""
    kept = History(space.dimensions)
    for number in range(trials):
        [params] = sampler.propose(kept, [number], seed)
        kept.put(ended(pending(number, params), loss(params)))
    return kept


def lowest(sampler, space, loss, trials, seed):
    return searched(sampler, space, loss, trials, seed).best[1]


def moves(kept):
    """How each trial was proposed: the restart it belongs to, None where TPE did."""
    memos = [kept.memo(number) for number in range(kept.created)]
    return [memo and memo["member"] for memo in memos]


def bowl(params):
    return sum((float(x) - 1) ** 2 for x in params.values())


def proposed(kept, numbers, **options):
    """One proposal for each number, all on the same trials, by a fresh sampler."""
    sampler = CMAESSampler(PLANE.dimensions, **options)
    found = [sampler.propose(kept, [n], 0)[0] for n in numbers]
    return np.array([[p["x"], p["y"]] for p in found])


def test_a_bowl_is_searched_far_better_than_by_chance():
    space = Space({f"x{i}": Float(-5, 5) for i in range(5)})
    found = [lowest(CMAESSampler(space.dimensions), space, bowl, 200, s) for s in range(3)]
    drawn = [lowest(RandomSampler(space.dimensions), space, bowl, 200, s) for s in range(3)]
    assert max(found) < min(drawn) / 100


def test_a_narrow_valley_across_the_axes_is_followed():
    def valley(params):
        return (params["x"] + params["y"]) ** 2 * 1e3 + (params["x"] - params["y"] - 4) ** 2

    found = [lowest(CMAESSampler(PLANE.dimensions), PLANE, valley, 150, s) for s in range(3)]
    drawn = [lowest(RandomSampler(PLANE.dimensions), PLANE, valley, 150, s) for s in range(3)]
    assert np.median(found) < min(drawn) / 10


def test_whole_numbers_are_not_left_where_the_rest_has_converged():
    space = Space({"x": Float(-5, 5), "y": Float(-5, 5), "b": Int(0, 1), "c": Int(0, 1)})

    def loss(params):
        near = params["x"] ** 2 + params["y"] ** 2
        return near - (params["b"] + params["c"] if near < 0.01 else 0)

    kept = searched(CMAESSampler(space.dimensions), space, loss, 160)
    assert kept.best[1] < -1.9


def test_all_that_it_does_not_move_is_what_tpe_proposes():
    kept = searched(TPESampler(MIXED.dimensions), MIXED, lambda p: abs(p["x"] - 3), 20)
    for number in range(20, 30):
        [ours] = CMAESSampler(MIXED.dimensions).propose(kept, [number], 0)
        [theirs] = TPESampler(MIXED.dimensions).propose(kept, [number], 0)
        assert {**theirs, "x": ours["x"], "n": ours["n"]} == ours


def test_any_number_of_proposals_is_made_at_once_from_the_first_distribution():
    points = proposed(History(PLANE.dimensions), range(300), sigma=0.1)
    assert len(np.unique(points, axis=0)) == 300
    assert np.abs(points.mean(axis=0)).max() < 0.2
    assert points.std(axis=0) == pytest.approx([1, 1], rel=0.2)


def test_the_distribution_moves_whenever_a_population_has_ended():
    kept = searched(CMAESSampler(PLANE.dimensions), PLANE, bowl, 5)
    [sixth] = CMAESSampler(PLANE.dimensions).propose(kept, [5], 0)
    before = proposed(kept, [99])
    kept.put(pending(5, sixth))
    assert (proposed(kept, [99]) == before).all()
    kept.put(ended(pending(5, sixth), 3.0))
    after = proposed(kept, [99])
    assert (after != before).all()
    [params] = CMAESSampler(PLANE.dimensions).propose(kept, [6], 0)
    kept.put(ended(pending(6, params), -1.0))
    assert (proposed(kept, [99]) == after).all()


def test_population_size_says_how_many_ended_trials_make_a_step():
    kept = searched(CMAESSampler(PLANE.dimensions), PLANE, bowl, 8)
    eight, nine = (proposed(kept, [99], population_size=size) for size in (8, 9))
    assert (eight != nine).all()
    assert (nine == proposed(kept, [99], population_size=50)).all()


def test_failed_trials_are_the_worst_of_their_population():
    def half(params):
        return None if params["x"] < 0 else 1.0

    kept = searched(CMAESSampler(PLANE.dimensions), PLANE, half, 60)
    assert np.median(proposed(kept, range(60, 100))[:, 0]) > 1


def test_it_begins_around_the_best_trial_that_others_proposed():
    kept = History(PLANE.dimensions)
    for number, (x, loss) in enumerate([(-4.0, 2.0), (3.0, 1.0), (0.0, 5.0), (1.0, None)]):
        kept.put(ended(pending(number, {"x": x, "y": x}), loss))
    points = proposed(kept, range(4, 104), sigma=0.05)
    assert np.median(points, axis=0) == pytest.approx([3, 3], abs=0.2)


def test_a_better_trial_that_others_proposed_draws_it():
    kept = searched(CMAESSampler(PLANE.dimensions), PLANE, bowl, 30)
    alone = np.median(proposed(kept, range(200, 240)), axis=0)
    kept.put(ended(pending(30, {"x": -4.0, "y": -4.0}), -100.0, at=-1))
    drawn = np.median(proposed(kept, range(200, 240)), axis=0)
    assert np.linalg.norm(drawn + 4) < np.linalg.norm(alone + 4) / 2


def test_the_first_trials_may_be_those_of_a_sobol_sequence():
    kept = searched(CMAESSampler(PLANE.dimensions, n_startup_trials=7), PLANE, bowl, 9)
    assert moves(kept) == [None] * 7 + [0] * 2


def test_a_run_that_sees_no_difference_is_followed_by_one_of_a_larger_population():
    kept = searched(CMAESSampler(PLANE.dimensions), PLANE, lambda _: 7.0, 160)
    runs = moves(kept)
    assert runs == sorted(runs)
    assert set(runs) == {0, 1}
    second = runs.index(1)
    assert second % 6 == 0
    numbers = range(second + 6, second + 13)
    steps = []
    for number in numbers:
        shown = History(PLANE.dimensions)
        for n in range(number):
            shown.put(kept.trial(n))
        steps.append(proposed(shown, [999]).tolist())
    assert steps == [steps[0]] * 6 + [steps[6]]
    assert steps[6] != steps[0]


@pytest.mark.parametrize("space", [PLANE, MIXED])
def test_with_workers_and_after_any_restart_it_proposes_the_same(space):
    """Trials end in any order; some fail, some are tried again and end otherwise."""
    rng = np.random.default_rng(0)
    kept, used, running, again = History(space.dimensions), CMAESSampler(space.dimensions), [], []
    for number in range(60):
        [params] = used.propose(kept, [number], 3)
        if number % 7 == 0:
            fresh = CMAESSampler(space.dimensions)
            batch = fresh.propose(kept, [number, number + 1], 3)
            assert (batch[0], memo_of(batch[0])) == (params, memo_of(params))
            with kept.supposing() as suppose:
                suppose(number, params)
                [second] = used.propose(kept, [number + 1], 3)
            assert (batch[1], memo_of(batch[1])) == (second, memo_of(second))
        kept.put(pending(number, params))
        heapq.heappush(running, (number + 10 * rng.random(), number))
        if len(running) == 8:
            at, done = heapq.heappop(running)
            loss = None if rng.random() < 0.2 else float(rng.normal())
            kept.put(ended(kept.trial(done), loss, at))
            again.append(done)
        if number % 25 == 24:
            kept.put(ended(kept.trial(again[3]), -float(number), 0.5))


@pytest.mark.parametrize("x", [[1e308, -1e308], [1e9, 1e9], [0.5], "ab", [math.nan, 0.1], None])
def test_a_memo_that_somebody_edited_leads_nowhere_far(x):
    kept = searched(CMAESSampler(PLANE.dimensions), PLANE, bowl, 90)
    for number in range(60, 90, 2):
        memo = {"by": "cmaes", "member": 0, "x": x}
        made = Proposed(sampler="cmaes", memo=memo)
        kept.put(dataclasses.replace(kept.trial(number), proposed=made, loss=-float(number)))
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        points = proposed(kept, range(90, 130))
    assert np.median(np.abs(points - 1)) < 5


def test_a_trial_that_took_very_long_does_not_undo_what_was_learnt():
    sampler, kept = CMAESSampler(PLANE.dimensions), History(PLANE.dimensions)
    [late] = sampler.propose(kept, [0], 0)
    kept.put(pending(0, late))
    for number in range(1, 241):
        [params] = sampler.propose(kept, [number], 0)
        kept.put(ended(pending(number, params), bowl(params)))
    narrow = proposed(kept, range(300, 340)).std()
    kept.put(ended(kept.trial(0), -1.0, at=500))
    for number in range(241, 250):
        [params] = sampler.propose(kept, [number], 0)
        kept.put(ended(pending(number, params), bowl(params), at=1000 + number))
    assert narrow < 0.01
    assert proposed(kept, range(300, 340)).std() < 10 * narrow


@pytest.mark.parametrize("loss", [1e308, -1e308, None, 5e-324])
def test_losses_of_any_size_are_told(loss):
    losses = iter([loss, -1e308, 1e308, None, 1.0] * 40)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        kept = searched(CMAESSampler(PLANE.dimensions), PLANE, lambda _: next(losses), 100)
    assert kept.taken == 100


@pytest.mark.parametrize(
    "space",
    [
        Space({"x": Float(0, 1), "c": Choice(["a", "b"])}),
        Space({"m": Choice({"a": {"x": Float(0, 1), "y": Float(0, 1)}, "b": {}})}),
    ],
)
def test_with_fewer_than_two_numbers_it_is_tpe_and_says_so(space):
    ours = searched(CMAESSampler(space.dimensions), space, len, 15)
    theirs = searched(TPESampler(space.dimensions), space, len, 15)
    assert (ours.rows(range(15)) == theirs.rows(range(15)))[:, 0].all()
    assert "TPE proposes" in CMAESSampler(space.dimensions).explain(ours)


def test_it_says_what_it_moves():
    told = CMAESSampler(MIXED.dimensions).explain(History(MIXED.dimensions))
    assert told == "CMA-ES moves 2 numbers, TPE proposes the 2 other parameters"
    told = CMAESSampler(PLANE.dimensions).explain(History(PLANE.dimensions))
    assert told == "CMA-ES moves all 2 numbers"


def test_without_the_package_a_study_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cmaes", None)
    with pytest.raises(InvalidStudy, match=r"pip install 'parzen\[cmaes\]'"):
        CMAESSampler(PLANE.dimensions)


@pytest.mark.parametrize(
    "options",
    [
        {"sigma": 0},
        {"sigma": 1.0},
        {"sigma": "0.2"},
        {"population_size": 3},
        {"population_size": 8.5},
        {"n_startup_trials": -1},
    ],
)
def test_options_out_of_range_are_refused_by_name(options):
    with pytest.raises(InvalidStudy, match=next(iter(options))):
        CMAESSampler(PLANE.dimensions, **options)


def test_a_result_that_comes_late_changes_as_little_as_if_it_had_been_known():
    space = Space({f"x{i}": Float(-1, 1) for i in range(3)})
    used, kept = CMAESSampler(space.dimensions), History(space.dimensions)
    for number in range(60):
        [params] = used.propose(kept, [number], 3)
        made = Proposed(sampler="cmaes", memo=memo_of(params))
        late = number in (20, 55)
        kept.put(
            Trial(
                study="s",
                uid=Uid("u"),
                number=number,
                params=params,
                proposed=made,
                state=TrialState.RUNNING if late else TrialState.COMPLETE,
                loss=None if late else sum(x * x for x in params.values()),
            )
        )
    for number in (55, 20):  # first one that a mark lies before, then one that none does
        trial = kept.trial(number)
        kept.put(dataclasses.replace(trial, state=TrialState.COMPLETE, loss=0.5))
        cold = CMAESSampler(space.dimensions).propose(kept, [60], 3)
        assert repr(used.propose(kept, [60], 3)) == repr(cold)
