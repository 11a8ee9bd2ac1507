from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers import branches, registry, tpe
from parzen.coordinator.samplers.branches import visited
from parzen.coordinator.samplers.random import RandomSampler
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.coordinator.unit import UnitCube
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import SamplerSpec, Trial, Uid
from parzen.shared.space import Choice, Float, LogNormal, Space

TRIAL = Trial(study="s", uid=Uid("u"), number=0, params={}, state=TrialState.COMPLETE)
NUMBERS = range(4000)

SCHEDULE = Choice({"flat": {}, "step": {"every": Float(1, 9)}}, name="schedule")
TREE = Space(
    {
        "rate": Float(0, 1),
        "plain": Choice(["x", "y"]),
        "net": Choice(
            {
                "deep": {"depth": Float(1, 8), "schedule": SCHEDULE},
                "wide": {"width": Float(8, 64), "schedule": SCHEDULE},
                "none": {},
            },
            weights=[2, 1, 1],
        ),
    }
)
FLAT = Space({"x": Float(0, 1), "c": Choice(["p", "q"])})


def history(space, trials):
    kept = History(space.dimensions)
    for one in trials:
        kept.put(one)
    return kept


def observed(space, count, loss):
    params = RandomSampler(space.dimensions).propose(History(space.dimensions), range(count), 1)
    return [
        replace(TRIAL, number=number, params=p, loss=loss(p)) for number, p in enumerate(params)
    ]


def option(space, branch):
    """The name and the option of a branch."""
    dimension = space.dimensions[branch.column]
    return dimension.name, dimension.choices[int(branch.option)]


def visits(space, name, value, first, count):
    """The numbers, ``first`` or above, of so many visits to a branch."""
    cube = UnitCube(space.dimensions)
    found = (
        n
        for n in NUMBERS[first:]
        if (b := visited(cube, 0, n)) and option(space, b) == (name, value)
    )
    return [next(found) for _ in range(count)]


def test_where_nothing_depends_on_a_choice_no_proposal_is_a_visit():
    cube = UnitCube(FLAT.dimensions)
    assert not any(visited(cube, 0, number) for number in NUMBERS)


def test_a_fifth_of_all_visits_a_branch_as_often_as_the_prior_takes_it():
    cube = UnitCube(TREE.dimensions)
    found = [b for number in NUMBERS if (b := visited(cube, 3, number))]
    assert len(found) / len(NUMBERS) == pytest.approx(0.2, abs=0.03)
    counts = Counter(option(TREE, b) for b in found)
    assert {name for name, _ in counts} == {"net", "schedule"}, "a choice without branches is none"
    deep, wide, none = (counts["net", net] for net in ("deep", "wide", "none"))
    nested = counts["schedule", "flat"] + counts["schedule", "step"]
    assert none / len(found) == pytest.approx(1 / 4, abs=0.06)
    assert deep / (deep + wide) == pytest.approx(2 / 3, abs=0.1)
    assert nested / len(found) == pytest.approx(3 / 8, abs=0.06), "half of where it takes part"


def test_which_branch_a_trial_visits_is_for_its_number_and_the_seed_to_say():
    cube = UnitCube(TREE.dimensions)
    once, again, other = (
        [b and option(TREE, b) for b in (visited(cube, seed, n) for n in NUMBERS[:200])]
        for seed in (0, 0, 1)
    )
    assert once == again != other


@pytest.mark.parametrize("seen", [0, 1, 40])
def test_a_visit_is_a_point_of_its_branch(seen):
    """Nested, in a choice of two parents, and where no trial has the option yet."""
    trials = observed(TREE, 200, lambda p: p["rate"] + len(p))
    kept = history(TREE, [t for t in trials if t.params["net"] == "none"][: seen or 1])
    for one in trials[:seen]:
        kept.put(one)
    checked = set()
    for number in range(300, 500):
        branch = visited(kept.cube, 0, number)
        if branch:
            name, value = option(TREE, branch)
            [params] = TPESampler(TREE.dimensions).propose(kept, [number], 0)
            TREE.check(params)
            assert params[name] == value
            checked.add((name, value))
    assert len(checked) == 5


def test_a_visit_goes_by_what_is_good_within_its_branch():
    space = Space({"m": Choice({"a": {"x": Float(0, 1)}, "b": {"x": Float(0, 1)}})})
    kept = history(
        space,
        observed(
            space, 80, lambda p: p.get("m/a/x", 0) if p["m"] == "a" else 9 + abs(p["m/b/x"] - 0.7)
        ),
    )
    for name in ("tpe", "auto"):
        sampler = registry.make(SamplerSpec(name=name), space.dimensions)
        proposed = [sampler.propose(kept, [n], 0)[0] for n in visits(space, "m", "b", 80, 10)]
        assert {p["m"] for p in proposed} == {"b"}
        assert np.median([abs(p["m/b/x"] - 0.7) for p in proposed]) < 0.1


def test_who_should_visit_an_exhausted_branch_is_free():
    space = Space({"m": Choice({"a": {"x": Float(0, 1)}, "b": {}})})
    kept = history(space, observed(space, 30, lambda p: p.get("m/a/x", 5.0)))
    [number] = visits(space, "m", "b", 30, 1)
    [params] = TPESampler(space.dimensions).propose(kept, [number], 0)
    assert params["m"] == "a"


def test_a_branch_that_only_crashes_is_left():
    space = Space({"m": Choice({"a": {"x": Float(0, 1)}, "b": {"x": Float(0, 1)}})})
    trials = observed(space, 60, lambda p: p.get("m/a/x", 0.0))
    failed = [
        one if one.params["m"] == "a" else replace(one, state=TrialState.FAILED, loss=None)
        for one in trials
    ]
    numbers = visits(space, "m", "b", 60, 30)
    there, left = (
        [
            TPESampler(space.dimensions).propose(history(space, seen), [n], 0)[0]["m"]
            for n in numbers
        ].count("b")
        for seen in (trials, failed)
    )
    assert there == 30
    assert left < 10


def test_a_visit_looks_at_so_many_trials_at_most(monkeypatch):
    monkeypatch.setattr(branches, "SEEN", 100)
    sizes, rounds = [], tpe.Round

    def spy(cube, good, bad, failed, numbers, **rest):
        sizes.append(len(bad))
        return rounds(cube, good, bad, failed, numbers, **rest)

    kept = history(TREE, observed(TREE, 1000, lambda p: p["rate"]))
    monkeypatch.setattr(tpe, "Round", spy)
    [number] = visits(TREE, "net", "deep", 1000, 1)
    TPESampler(TREE.dimensions).propose(kept, [number], 0)
    assert 30 < sizes[-1] < 60, "half of 100, less the good"


UNLUCKY = Space({"case": Choice({"1": {"c1": LogNormal(0, 1)}, "2": {"c2": Float(-10, 10)}})})
"""The first example of Hyperopt's documentation: the better branch is the one that looks worse."""


def unlucky(params):
    """At least 1 in case 1; 0 in the valley of case 2."""
    return 1 + params["case/1/c1"] if params["case"] == "1" else params["case/2/c2"] ** 2


@pytest.mark.parametrize(
    ("name", "trials", "seeds"), [("auto", 40, (0, 3, 4)), ("tpe", 100, (3, 17, 21))]
)
def test_the_valley_of_an_unlucky_branch_is_found(name, trials, seeds):
    """With these seeds neither found it by what is good in the whole space."""
    for seed in seeds:
        sampler, kept = (
            registry.make(SamplerSpec(name=name), UNLUCKY.dimensions),
            history(UNLUCKY, []),
        )
        for number in range(trials):
            [params] = sampler.propose(kept, [number], seed)
            kept.put(replace(TRIAL, number=number, params=params, loss=unlucky(params)))
        assert kept.best[1] < 0.5
