import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers.genetic import GeneticSampler
from parzen.coordinator.samplers.random import RandomSampler
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Choice, Float, Space

PLANE = Space({"x": Float(0, 1), "y": Float(0, 1)})
OPTIONS = Space({f"c{i}": Choice(list("abcdefgh")) for i in range(6)})
TREE = Space({"m": Choice({"a": {"x": Float(0, 1)}, "b": {"y": Float(0, 1)}})})
QUIET = {"n_startup_trials": 0, "mutation": 1e-9}
"""No start and no mutations: what is left is crossover."""


def trial(number, params, loss):
    state = TrialState.COMPLETE
    return Trial(study="s", uid=Uid("u"), number=number, params=params, loss=loss, state=state)


def history(space, *points):
    kept = History(space.dimensions)
    for number, (params, loss) in enumerate(points):
        kept.put(trial(number, params, loss))
    return kept


def children(space, kept, count=200, **given):
    """One for each of many numbers, all on the same trials."""
    sampler = GeneticSampler(space.dimensions, **given)
    return [sampler.propose(kept, [n], 5)[0] for n in range(kept.created, kept.created + count)]


def lowest(sampler, space, loss, trials, seed):
    kept = history(space)
    for number in range(trials):
        [params] = sampler.propose(kept, [number], seed)
        kept.put(trial(number, params, loss(params)))
    return kept.best[1]


def test_a_combination_of_options_is_found_that_chance_would_miss():
    def wrong(params):
        return sum(params[f"c{i}"] != letter for i, letter in enumerate("badcfe"))

    found = [lowest(GeneticSampler(OPTIONS.dimensions), OPTIONS, wrong, 150, s) for s in range(3)]
    drawn = [lowest(RandomSampler(OPTIONS.dimensions), OPTIONS, wrong, 150, s) for s in range(3)]
    assert max(found) < min(drawn)


def test_a_mutation_moves_a_number_by_the_spread_of_the_population():
    for spread in (0.02, 0.2):
        points = [({"x": 0.5 + spread * sign, "y": 0.5}, 1.0) for sign in (-1, 1)]
        given = {"crossover": 0, "mutation": 2, "n_startup_trials": 0}
        made = children(PLANE, history(PLANE, *points), 400, **given)
        apart = [min(abs(p["x"] - q["x"]) for q, _ in points) for p in made]
        assert 0.4 * spread < np.median(apart) < spread


def test_before_anything_is_complete_all_are_points_of_the_start():
    made = children(PLANE, history(PLANE), 64)
    assert np.histogram([p["x"] for p in made], bins=8, range=(0, 1))[0].tolist() == [8] * 8


def test_a_branch_within_a_branch_that_is_left_takes_no_part():
    inner = {"a": {"z": Float(0, 1)}, "b": {}}
    space = Space({"m": Choice({"a": {"deep": Choice(inner)}, "b": {}})})
    params = {"m": "a", "m/a/deep": "a", "m/a/deep/a/z": 0.5}
    kept = history(space, (params, 1.0), ({"m": "b"}, 2.0))
    for made in children(space, kept, 100, **QUIET):
        space.check(made)


def test_a_childs_options_are_those_of_its_parents():
    mother, father = ({f"c{i}": letter for i in range(6)} for letter in "ab")
    kept = history(OPTIONS, (mother, 1.0), (father, 2.0), ({f"c{i}": "h" for i in range(6)}, 3.0))
    made = children(OPTIONS, kept, population_size=2, **QUIET)
    ours = [p for p in made if set(p.values()) <= {"a", "b"}]
    assert len(ours) > 150  # the others are draws from the prior, or next to a known point
    assert {p["c0"] for p in ours} == {"a", "b"}


def test_a_childs_numbers_lie_about_its_parents():
    kept = history(PLANE, ({"x": 0.2, "y": 0.8}, 1.0), ({"x": 0.4, "y": 0.7}, 2.0))
    made = children(PLANE, kept, 400, **QUIET)
    x, y = (np.array([p[name] for p in made]) for name in "xy")
    assert 0.2 < np.median(x) < 0.4
    assert 0.7 < np.median(y) < 0.8
    assert np.mean(np.abs(x - 0.3) < 0.15) > 0.8


def test_the_better_of_the_population_have_more_children():
    points = [({"x": 0.9, "y": i / 40}, 1.0 + i) for i in range(5)]
    points += [({"x": 0.1, "y": i / 40}, 10.0 + i) for i in range(5)]
    points += [({"x": 0.5, "y": i / 40}, 20.0 + i) for i in range(9)]
    kept = history(PLANE, *points)
    x = np.array([p["x"] for p in children(PLANE, kept, population_size=10, crossover=0, **QUIET)])
    near = [np.mean(np.abs(x - at) < 0.02) for at in (0.9, 0.1, 0.5)]
    assert near[0] > 2 * near[1] > 10 * near[2]


def test_a_parameter_of_another_branch_is_a_parents_that_has_it():
    kept = history(TREE, *[({"m": "a", "m/a/x": 0.9}, 1.0), ({"m": "b", "m/b/y": 0.25}, 2.0)])
    made = children(TREE, kept, **QUIET)
    inner = [p["m/b/y"] for p in made if p["m"] == "b"]
    assert len(inner) > 50
    assert np.median(np.abs(np.array(inner) - 0.25)) < 0.05


@pytest.mark.parametrize(
    "options",
    [
        {"population_size": 1},
        {"crossover": 1.5},
        {"crossover": -0.1},
        {"mutation": 0},
        {"n_startup_trials": -1},
    ],
)
def test_options_out_of_range_are_refused_by_name(options):
    with pytest.raises(InvalidStudy, match=next(iter(options))):
        GeneticSampler(PLANE.dimensions, **options)
