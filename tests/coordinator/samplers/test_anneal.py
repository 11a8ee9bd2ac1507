import math

import numpy as np
import pytest
from scipy import stats

from parzen.coordinator.history import History
from parzen.coordinator.samplers.anneal import AnnealSampler, completed, neighbour
from parzen.coordinator.samplers.random import RandomSampler
from parzen.coordinator.unit import UnitCube
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Choice, Float, Int, Normal, Space

LINE = Space({"x": Float(0, 1)})
TREE = Space({"m": Choice({"a": {"x": Float(0, 1)}, "b": {"y": Float(0, 1)}, "c": {}})})


def trial(number, params, loss=None, state=None):
    state = state or (TrialState.WAITING if loss is None else TrialState.COMPLETE)
    return Trial(study="s", uid=Uid("u"), number=number, params=params, loss=loss, state=state)


def history(space, *trials):
    kept = History(space.dimensions)
    for number, (params, loss) in enumerate(trials):
        state = TrialState.FAILED if loss is None else TrialState.COMPLETE
        kept.put(trial(number, params, loss, state))
    return kept


def proposed(space, kept, count=400, **options):
    """One proposal for each of many numbers, all on the same trials."""
    sampler = AnnealSampler(space.dimensions, **options)
    return [sampler.propose(kept, [n], 3)[0] for n in range(kept.created, kept.created + count)]


def lowest(sampler, space, loss, trials, seed):
    kept = History(space.dimensions)
    for number in range(trials):
        [params] = sampler.propose(kept, [number], seed)
        kept.put(trial(number, params, loss(params)))
    return kept.best[1]


def test_a_bowl_in_five_dimensions_is_searched_far_better_than_by_chance():
    space = Space({f"x{i}": Float(-5, 5) for i in range(5)})

    def bowl(params):
        return sum((x - 1) ** 2 for x in params.values())

    found = [lowest(AnnealSampler(space.dimensions), space, bowl, 100, s) for s in range(3)]
    drawn = [lowest(RandomSampler(space.dimensions), space, bowl, 100, s) for s in range(3)]
    assert max(found) < min(drawn) / 4


def test_before_the_first_result_it_draws_from_the_prior():
    space = Space({"x": Normal(2, 3)})
    kept = history(space, ({"x": 0.0}, None), ({"x": 1.0}, None))
    kept.put(trial(2, {"x": 5.0}))
    drawn = [p["x"] for p in proposed(space, kept)]
    assert stats.kstest(drawn, stats.norm(2, 3).cdf).pvalue > 0.01


@pytest.mark.parametrize(("at", "low", "high"), [(0.5, 0.4, 0.6), (0.05, 0, 0.2), (1, 0.8, 1)])
def test_a_number_is_uniform_in_a_window_that_stays_within_its_range(at, low, high):
    kept = history(LINE, *[({"x": at}, 1.0)] * 5, *[({"x": 0.3}, None)] * 5)
    drawn = [p["x"] for p in proposed(LINE, kept, cooling=0.4)]  # 1 / (1 + 10 * 0.4)
    assert stats.kstest(drawn, stats.uniform(low, high - low).cdf).pvalue > 0.01


@pytest.mark.parametrize("mean_rank", [1, 1.5, 4.0])
def test_the_bases_rank_follows_a_geometric_law(mean_rank):
    kept = history(LINE, *[({"x": n / 100}, float(n)) for n in range(100)])
    drawn = [p["x"] for p in proposed(LINE, kept, cooling=1e6, mean_rank=mean_rank)]
    ranks = np.rint(np.array(drawn) * 100).astype(int)
    counts = np.bincount(np.minimum(ranks, 4), minlength=5)
    masses = stats.geom(1 / mean_rank).pmf(np.arange(1, 5))
    expected = 400 * np.append(masses, 1 - masses.sum())
    if mean_rank == 1:
        assert counts.tolist() == [400, 0, 0, 0, 0]
    else:
        assert stats.chisquare(counts, expected).pvalue > 0.01


def test_a_choice_is_the_bases_or_drawn_from_its_prior():
    space = Space({"c": Choice(["a", "b", "c"], weights=[1, 2, 1]), "x": Float(0, 1)})
    kept = history(space, *[({"c": "a", "x": 0.5}, 1.0)] * 10)
    options = [p["c"] for p in proposed(space, kept, cooling=0.3)]  # kept 3 times of 4
    counts = [options.count(option) for option in "abc"]
    assert stats.chisquare(counts, [325, 50, 25]).pvalue > 0.01


def test_what_the_base_lacks_is_taken_from_the_next_one_that_has_it():
    kept = history(
        TREE,
        ({"m": "a", "m/a/x": 0.9}, 1.0),
        ({"m": "c"}, 2.0),
        ({"m": "b", "m/b/y": 0.2}, 3.0),
        ({"m": "b", "m/b/y": 0.7}, 4.0),
    )
    drawn = proposed(TREE, kept, cooling=2.0, mean_rank=1)  # 1 / (1 + 4 * 2)
    others = [p["m/b/y"] for p in drawn if p["m"] == "b"]
    assert others
    assert max(abs(y - 0.2) for y in others) < 1 / 18 + 1e-9


def test_what_no_good_trial_has_is_drawn_from_its_prior():
    kept = history(TREE, *[({"m": "a", "m/a/x": 0.9}, 1.0)] * 10)
    others = [p["m/b/y"] for p in proposed(TREE, kept, 1200) if p["m"] == "b"]
    assert stats.kstest(others, stats.uniform().cdf).pvalue > 0.01


def test_the_next_in_rank_after_the_last_is_the_best():
    good = np.array([[0.1, math.nan], [0.2, 0.3], [math.nan, math.nan]])
    assert completed(good, 0).tolist() == [0.1, 0.3]
    assert completed(good, 1).tolist() == [0.2, 0.3]
    assert completed(good, 2).tolist() == [0.1, 0.3]


def test_a_grid_is_left_step_by_step_where_its_window_holds_one_value():
    space = Space({"n": Int(0, 999), "k": Int(0, 999)})
    kept = history(space, ({"n": 500, "k": 500}, 1.0))
    drawn = proposed(space, kept, 200, cooling=1e6)
    apart = [abs(p["n"] - 500) + abs(p["k"] - 500) for p in drawn]
    assert min(apart) > 0
    assert np.median(apart) < 20


def test_trials_that_are_pending_do_not_move_it_but_are_not_repeated():
    kept = history(LINE, ({"x": 0.5}, 1.0))
    [first] = AnnealSampler(LINE.dimensions).propose(kept, [7], 3)
    kept.put(trial(1, {"x": 0.9}))
    assert AnnealSampler(LINE.dimensions).propose(kept, [7], 3) == [first]
    kept.put(trial(2, first))
    assert AnnealSampler(LINE.dimensions).propose(kept, [7], 3) != [first]


def test_a_neighbour_at_the_width_of_everything_is_a_draw_from_the_prior():
    cube = UnitCube(TREE.dimensions)
    rng = np.random.default_rng(0)
    rows = np.array([neighbour(cube, np.array([0, 0.9, 0.1]), 1.0, rng) for _ in range(1200)])
    assert stats.chisquare(np.bincount(rows[:, 0].astype(int))).pvalue > 0.01
    assert stats.kstest(rows[rows[:, 0] == 0, 1], stats.uniform().cdf).pvalue > 0.01
    assert np.isnan(rows[rows[:, 0] == 0, 2]).all()


def test_the_fastest_cooling_there_is_still_proposes_new_points():
    kept = history(LINE, *[({"x": 0.5}, 1.0)] * 10)
    [params] = AnnealSampler(LINE.dimensions, cooling=1.7e308, mean_rank=1e300).propose(
        kept, [10], 0
    )
    assert params["x"] != 0.5


@pytest.mark.parametrize(
    "options",
    [
        {"mean_rank": 0.99},
        {"mean_rank": math.inf},
        {"mean_rank": "2"},
        {"mean_rank": True},
        {"cooling": 0},
        {"cooling": -1.0},
        {"cooling": math.nan},
    ],
)
def test_options_out_of_range_are_refused_by_name(options):
    with pytest.raises(InvalidStudy, match=next(iter(options))):
        AnnealSampler(LINE.dimensions, **options)
