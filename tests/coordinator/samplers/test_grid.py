import math

import pytest
from scipy import stats

from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry
from parzen.coordinator.samplers.grid import GridSampler
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import SamplerSpec, Trial, Uid
from parzen.shared.space import Choice, Float, Int, Normal, Space

LINE = Space({"x": Float(0, 1)})
TREE = Space(
    {
        "opt": Choice(
            {"sgd": {"momentum": Float(0, 1), "nesterov": Choice([True, False])}, "a": {}}
        ),
        "n": Int(1, 3),
    }
)


def trial(number, params, state=TrialState.COMPLETE):
    loss = 1.0 if state is TrialState.COMPLETE else None
    return Trial(study="s", uid=Uid("u"), number=number, params=params, state=state, loss=loss)


def every(space, count=10_000, **options):
    """All that the grid of a space proposes."""
    return GridSampler(space.dimensions, **options).propose(
        History(space.dimensions), range(count), 0
    )


def column(parameter, **options):
    """The values of a space of one parameter, in order."""
    space = Space({"x": parameter})
    return [params["x"] for params in every(space, **options)]


def test_every_combination_is_met_once_the_last_parameter_varying_fastest():
    tried = [tuple(p.values()) for p in every(TREE, resolution=2)]
    assert tried == [
        *[("sgd", m, nesterov, n) for m in (0, 1) for nesterov in (True, False) for n in (1, 2, 3)],
        *[("a", n) for n in (1, 2, 3)],
    ]


def test_a_continuum_is_cut_evenly_its_bounds_among_them():
    assert column(Float(0, 1)) == [0, 0.25, 0.5, 0.75, 1]
    assert column(Float(-2, 1), resolution=3) == [-2, -0.5, 1]


def test_a_log_scale_is_cut_evenly_in_the_logarithm_and_its_values_are_round():
    assert column(Float(1e-5, 1e-1, log=True)) == [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]


def test_rounding_does_not_move_a_value_of_a_narrow_range():
    narrow = column(Float(1e6, 1e6 + 1e-6), resolution=3)
    assert len(set(narrow)) == 3
    assert narrow[1] == pytest.approx(1e6 + 5e-7, rel=0, abs=2e-9)


def test_an_unbounded_normal_stands_in_the_middles_of_equal_parts():
    expected = stats.norm(3, 2).ppf([0.1, 0.3, 0.5, 0.7, 0.9])
    assert column(Normal(3, 2)) == pytest.approx(expected)
    assert column(Normal(3, 2, low=3), resolution=1) == pytest.approx(
        [3 + 2 * stats.norm.ppf(0.75)]
    )


def test_a_normal_without_an_end_has_few_values_on_its_grid_and_each_once():
    assert column(Normal(0, 100, step=10), resolution=3) == [-100, 0, 100]
    assert column(Normal(0, 0.1, step=1), resolution=9) == [0]


def test_one_value_stands_for_a_continuum_in_its_middle():
    assert column(Float(0, 1), resolution=1) == [0.5]


def test_whole_numbers_steps_and_choices_have_all_their_values():
    assert column(Int(1, 100)) == list(range(1, 101))
    assert column(Float(0, 1, step=0.1))[3] == 0.3
    assert column(Choice([3, "a", None])) == [3, "a", None]


def test_an_option_of_weight_0_has_no_point_unless_it_is_listed():
    rare = Dimension(name="x", kind=Kind.CHOICE, choices=("a", "b"), weights=(1.0, 0.0))
    space = Space.compiled(None, (rare,))
    assert every(space) == [{"x": "a"}]
    assert every(space, values={"x": ["b", "a"]}) == [{"x": "b"}, {"x": "a"}]


def test_listed_values_are_tried_as_they_are_in_their_order():
    values = {"lr": [0.1, 0.01, 0.3], "n": [8, 2, 8], "c": [[1, 2]]}
    space = Space({"lr": Float(1e-3, 1, log=True), "n": Int(1, 9), "c": Choice([(1, 2), (3,)])})
    tried = [(p["lr"], p["n"], p["c"]) for p in every(space, values=values)]
    assert tried == [(lr, n, (1, 2)) for lr in (0.1, 0.01, 0.3) for n in (8, 2)]


def test_listed_values_of_a_branch_go_by_the_parameters_whole_name():
    tried = every(TREE, values={"opt": ["sgd"], "opt/sgd/momentum": [0.9], "n": [2]})
    assert [p["opt/sgd/nesterov"] for p in tried] == [True, False]
    assert {p["opt/sgd/momentum"] for p in tried} == {0.9}


def test_a_branch_that_is_not_listed_takes_no_part():
    sampler = GridSampler(TREE.dimensions, values={"opt": ["a"]})
    assert sampler.explain(History(TREE.dimensions)) == "point 1 of 3, in order"


def test_points_that_somebody_tried_are_passed_over_and_a_cancelled_one_comes_again():
    sampler, kept = GridSampler(LINE.dimensions), History(LINE.dimensions)
    kept.put(trial(0, {"x": 0.25}, TrialState.FAILED))
    kept.put(trial(1, {"x": 0.6}, TrialState.RUNNING))
    assert [p["x"] for p in sampler.propose(kept, [2, 3], 0)] == [0, 0.5]
    kept.put(trial(2, {"x": 0.0}, TrialState.RUNNING))
    kept.put(trial(3, {"x": 0.5}, TrialState.RUNNING))
    assert [p["x"] for p in sampler.propose(kept, [4], 0)] == [0.75]
    kept.put(trial(2, {"x": 0.0}, TrialState.CANCELLED))
    assert [p["x"] for p in sampler.propose(kept, [4, 5, 6], 0)] == [0, 0.75, 1]


def test_another_study_is_gone_through_from_its_beginning():
    sampler, first = GridSampler(LINE.dimensions), History(LINE.dimensions)
    first.put(trial(0, {"x": 0.0}))
    assert sampler.propose(first, [1], 0) == [{"x": 0.25}]
    assert sampler.propose(History(LINE.dimensions), [0], 0) == [{"x": 0.0}]


def test_it_says_where_it_is():
    sampler, kept = GridSampler(LINE.dimensions, resolution=2), History(LINE.dimensions)
    assert sampler.explain(kept) == "point 1 of 2, in order"
    kept.put(trial(0, {"x": 0.0}))
    assert sampler.explain(kept) == "point 2 of 2, in order"
    kept.put(trial(1, {"x": 1.0}))
    assert sampler.explain(kept) == "all 2 points of the grid were proposed"
    assert sampler.propose(kept, [2], 0) == []


def test_a_long_grid_is_walked_only_as_far_as_it_is_asked_for():
    space = Space({f"c{i}": Choice(list(range(10))) for i in range(6)})
    sampler, kept = GridSampler(space.dimensions), History(space.dimensions)
    for number in range(200):
        [params] = sampler.propose(kept, [number], 0)
        assert list(params.values()) == [int(digit) for digit in f"{number:06}"]
        kept.put(trial(number, params))


def test_far_out_in_a_tail_values_that_cannot_be_told_apart_are_one():
    space = Space({"x": Normal(0, 1, low=-100, high=100, step=1)})
    tried = [p["x"] for p in every(space)]
    assert len(set(tried)) == len(tried) < 201
    assert {-3, 0, 3} <= set(tried)


def refused(space, **options):
    with pytest.raises(InvalidStudy) as error:
        registry.make(SamplerSpec(name="grid", options=options), space.dimensions)
    return str(error.value)


def test_a_grid_that_nobody_could_finish_is_refused_with_what_makes_it_long():
    space = Space({"a": Int(1, 10_000), "b": Float(0, 1), "c": Int(1, 1000)})
    assert refused(space, resolution=8) == (
        "sampler 'grid': the grid has 80,000,000 points: expected at most 5,000,000; lower option "
        "resolution, now 8, or list fewer values with option values, such as for 'a' (10,000), "
        "'c' (1,000), 'b' (8)"
    )
    endless = refused(Space({f"n{i}": Int(0, 2**60) for i in range(500)}))
    assert "the grid has about 10^9030 points" in endless
    assert every(space, 3, resolution=1, values={"a": [5, 6]})[2] == {"a": 5, "b": 0.5, "c": 3}


def test_the_points_of_branches_are_counted_apart():
    wide = Choice({"a": {"n": Int(1, 2_000_000)}, "b": {"n": Int(1, 2_900_000)}})
    GridSampler(Space({"m": wide}).dimensions)
    assert "9,800,000 points" in refused(Space({"m": wide, "k": Int(1, 2)}))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (3, "option values is 3: expected a dict"),
        ({"m": [1]}, "names 'm', which is no parameter: expected one of lr, n, step"),
        ({"lr": []}, r"has \[\] for 'lr': expected a list of at least one value"),
        ({"lr": 0.1}, "has 0.1 for 'lr': expected a list"),
        ({"lr": [0.1, 3]}, r"parameter 'lr' is 3: expected a float in \[0.001, 1"),
        ({"lr": [math.nan]}, "lists nan for 'lr', which is not a number"),
        ({"lr": [{}]}, "lists {} for 'lr', which cannot be stored"),
        ({"n": [2.5]}, "parameter 'n' is 2.5"),
        ({"n": [True]}, "parameter 'n' is True"),
        ({"step": [0.15]}, "parameter 'step' is 0.15: expected a value on its grid, such as 0."),
    ],
)
def test_values_that_do_not_fit_are_refused_by_name(values, said):
    space = Space({"lr": Float(1e-3, 1, log=True), "n": Int(1, 9), "step": Float(0, 1, step=0.1)})
    with pytest.raises(InvalidStudy, match=said):
        GridSampler(space.dimensions, values=values)


def test_a_listed_number_may_be_off_its_grid_by_its_rounding():
    assert column(Float(0, 1, step=0.1), values={"x": [0.1 + 0.2]}) == [0.3]


@pytest.mark.parametrize("resolution", [0, 1.5, True, "5"])
def test_a_resolution_out_of_range_is_refused(resolution):
    with pytest.raises(InvalidStudy, match="resolution"):
        GridSampler(LINE.dimensions, resolution=resolution)


@pytest.mark.parametrize(
    ("parameter", "listed"),
    [(Float(0, 2.0**52, step=1), 450359962737049.0), (Int(-(2**62), 2**62, step=2), 2**53 + 2)],
)
def test_on_a_grid_too_fine_for_its_column_a_listed_value_is_tried_as_it_is(parameter, listed):
    space = Space({"x": parameter})
    sampler = GridSampler(space.dimensions, values={"x": [listed, 2]})
    kept = History(space.dimensions)
    [first] = sampler.propose(kept, [0], 0)
    kept.put(trial(0, first))
    assert [first["x"], *(p["x"] for p in sampler.propose(kept, [1, 2], 0))] == [listed, 2]
