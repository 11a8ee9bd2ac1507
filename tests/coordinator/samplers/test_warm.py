"""Warm starts as whoever proposes sees them: sources that help, that mislead, that say nothing."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from models.histories import searches

from parzen.coordinator.history import History
from parzen.coordinator.samplers import agreement, registry
from parzen.coordinator.samplers.protocol import memo_of
from parzen.coordinator.samplers.warm import PROBES, START, WarmSampler
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import same_value
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Direction, Proposed, SamplerSpec, Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

BOWL = Space({"x": Float(-5, 5), "y": Float(-5, 5), "z": Float(-5, 5), "c": Choice(["a", "b"])})
TRIAL = Trial(study="s", uid=Uid("u"), number=0, params={})


def bowl(params):
    return sum((params[name] - 1) ** 2 for name in "xyz") + 5 * (params["c"] == "b")


def ended(number, params, loss, name="warm"):
    made = Proposed(sampler=name, memo=memo_of(params))
    return dataclasses.replace(
        TRIAL, number=number, params=params, state=TrialState.COMPLETE, loss=loss, proposed=made
    )


def source(space, loss, count=80, seed=9, study="old"):
    """Trials at random."""
    cube = UnitCube(space.dimensions)
    rows = cube.from_uniform(np.random.default_rng(seed).random((count, cube.width)))
    return source_of([cube.params(row) for row in rows], loss, space, study)


def source_of(points, loss, space, study="old"):
    names = [d.name for d in space.dimensions]
    return {
        "study": study,
        "losses": [float(loss(point)) for point in points],
        "params": {name: [point.get(name) for point in points] for name in names},
    }


def search(sampler, space, loss, trials, seed=0):
    history = History(space.dimensions)
    for number in range(trials):
        [params] = sampler.propose(history, [number], seed)
        history.put(ended(number, params, float(loss(params))))
    return history


def warm(space, *sources, sampler="tpe", **options):
    return WarmSampler(space.dimensions, sampler=sampler, options=options, sources=sources)


def cold(space, sampler="tpe"):
    return registry.make(SamplerSpec(name=sampler), space.dimensions)


@pytest.mark.parametrize("name", ["tpe", "anneal", "random"])
def test_without_sources_it_is_the_wrapped_sampler_to_the_bit(name):
    one = search(warm(BOWL, sampler=name), BOWL, bowl, 15)
    other = search(cold(BOWL, name), BOWL, bowl, 15)
    assert np.array_equal(one.rows(range(15)), other.rows(range(15)))


@pytest.mark.parametrize("name", ["tpe", "auto", "gp", "anneal"])
def test_a_source_that_agrees_leads_to_good_points_at_once(name):
    found, alone = [], []
    for seed in range(4):
        sampler = warm(BOWL, source(BOWL, bowl, seed=50 + seed), sampler=name)
        found.append(search(sampler, BOWL, bowl, 12, seed).best[1])
        alone.append(search(cold(BOWL, name), BOWL, bowl, 12, seed).best[1])
    assert np.mean(found) < np.mean(alone) / 2


def test_every_other_trial_of_the_beginning_is_what_it_would_be_without():
    found = search(warm(BOWL, source(BOWL, bowl)), BOWL, bowl, START)
    alone = search(cold(BOWL), BOWL, bowl, START)
    same = [n for n in range(START) if np.array_equal(found.rows([n]), alone.rows([n]))]
    assert same == list(range(1, START, 2))


def test_the_first_trials_are_the_best_points_of_the_sources_in_turns():
    there = source(BOWL, bowl, seed=1), source(BOWL, bowl, seed=2)
    cube = UnitCube(BOWL.dimensions)
    known = [
        {cube.key(cube.row(dict(zip(one["params"], values, strict=True))))
         for values in zip(*one["params"].values(), strict=True)}
        for one in there
    ]  # fmt: skip
    history = search(warm(BOWL, *there), BOWL, bowl, PROBES)
    taken = [cube.key(row) for row in history.rows(range(0, PROBES, 2))]
    assert [[key in keys for keys in known] for key in taken] == [[True, False], [False, True]]


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (lambda p: -bowl(p), "does not agree: left out"),
        (lambda p: math.sin(1e3 * bowl(p)), "has losses that do not tell of each other"),
    ],
)
def test_a_source_that_misleads_or_says_nothing_changes_nothing_in_the_end(loss, told):
    sampler = warm(BOWL, source(BOWL, loss))
    history = search(cold(BOWL), BOWL, bowl, 30)
    assert told in sampler.explain(history)
    for number in range(30, 35):
        proposed = sampler.propose(history, [number], 0)
        assert proposed == cold(BOWL).propose(history, [number], 0)


def test_a_study_with_trials_enough_goes_on_alone():
    history = search(cold(BOWL, "random"), BOWL, bowl, agreement.FORGOTTEN)
    sampler = warm(BOWL, source(BOWL, bowl))
    assert sampler.propose(history, range(200, 210), 0) == cold(BOWL).propose(
        history, range(200, 210), 0
    )
    assert "is left, since there are trials enough" in sampler.explain(history)


def test_of_two_sources_the_one_that_agrees_is_followed():
    there = source(BOWL, lambda p: -bowl(p), study="bad"), source(BOWL, bowl, study="good")
    sampler = warm(BOWL, *there)
    history = search(sampler, BOWL, bowl, 25)
    told = sampler.explain(history)
    assert "source 'bad' (80 trials) does not agree: left out" in told
    assert "source 'good' (80 trials) agrees: weight 1.0" in told
    assert history.best[1] < 1


def test_it_says_what_it_makes_of_its_sources_before_what_the_wrapped_sampler_says():
    sampler = warm(BOWL, source(BOWL, bowl), sampler="auto")
    told = sampler.explain(History(BOWL.dimensions))
    assert told.startswith("source 'old' (80 trials) is not tested yet: weight 1.0; a Sobol")
    assert warm(BOWL).explain(History(BOWL.dimensions)) == "tpe proposes"


def test_points_that_a_source_has_tried_are_tried_here_too_and_none_twice():
    space = Space({"k": Int(0, 6), "m": Choice({"a": {"c": Choice([1, 2, 3])}, "b": {}})})
    points = list(map(UnitCube(space.dimensions).params, UnitCube(space.dimensions).points(
        np.random.default_rng(0)
    )))  # fmt: skip
    sampler = warm(space, source_of(points, lambda p: (p["k"] - 3) ** 2, space))
    history = History(space.dimensions)
    while proposed := sampler.propose(history, [history.created], 1):
        history.put(ended(history.created, proposed[0], (proposed[0]["k"] - 3.0) ** 2))
    assert history.taken == history.created == space.size == 28


def test_a_source_in_some_of_the_parameters_is_followed_in_those():
    part = Space({"x": Float(-5, 5), "y": Float(-5, 5)})
    there = source(part, lambda p: (p["x"] - 1) ** 2 + (p["y"] - 1) ** 2)
    history = search(warm(BOWL, there), BOWL, bowl, 25)
    late = [history.params(n) for n in range(START, 25)]
    assert np.median([abs(p["x"] - 1) + abs(p["y"] - 1) for p in late]) < 2
    assert bowl(late[-1]) < bowl(history.params(0))


def test_what_is_maximised_stays_the_studys_own_affair():
    history = History(BOWL.dimensions, Direction.MAXIMIZE)
    sampler = warm(BOWL, source(BOWL, bowl))
    for number in range(12):
        [params] = sampler.propose(history, [number], 0)
        done = ended(number, params, bowl(params))
        history.put(dataclasses.replace(done, value=-bowl(params)))
    assert history.best[1] < 3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"sampler": "warm"}, "option sampler is 'warm'"),
        ({"sampler": "enqueued"}, "option sampler is 'enqueued'"),
        ({"sampler": 3}, "option sampler is 3"),
        ({"sampler": "tep"}, "there is no sampler 'tep'"),
        ({"options": ["gamma"]}, "option options is"),
        ({"options": {"gama": 1}}, "has no option 'gama'"),
        ({"sources": 3}, "option sources is 3"),
    ],
)
def test_options_that_are_none_are_refused_by_name(options, says):
    with pytest.raises(InvalidStudy, match=says):
        WarmSampler(BOWL.dimensions, **options)


LOSSES = {
    "ordinary": lambda rng, n: rng.normal(size=n),
    "equal": lambda rng, n: np.zeros(n),
    "huge": lambda rng, n: rng.choice([-1.7e308, 1.7e308, 1e-320, 0.0], n),
}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    search=searches(),
    inner=st.sampled_from(["tpe", "auto", "anneal", "random"]),
    counts=st.lists(st.sampled_from([1, 2, 7, 30]), min_size=1, max_size=2),
    losses=st.sampled_from(sorted(LOSSES)),
    seed=st.integers(0, 1000),
)
def test_whatever_the_sources_are_proposals_are_new_and_repeat(search, inner, counts, losses, seed):
    cube, rng = UnitCube(search.space.dimensions), np.random.default_rng(seed)
    sources = []
    for count in counts:
        drawn = [cube.params(row) for row in cube.from_uniform(rng.random((count, cube.width)))]
        there = source_of(drawn, lambda _: 0, search.space)
        names = [name for name in there["params"] if rng.random() < 0.7]
        there["params"] = {name: there["params"][name] for name in names or there["params"]}
        sources.append({**there, "losses": LOSSES[losses](rng, count).tolist()})
    first = warm(search.space, *sources, sampler=inner)
    kept, known = History(search.space.dimensions), []
    for one in search.trials:
        kept.put(one)
        if one.state is not TrialState.CANCELLED:
            known.append(one.params)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        batch = first.propose(kept, search.numbers, search.seed)
        first.explain(kept)
        used = warm(search.space, *sources, sampler=inner)
        for number, params in zip(search.numbers, batch, strict=False):
            search.space.check(params)
            assert not any(same(params, old) for old in known)
            [again] = used.propose(kept, [number], search.seed)
            assert (repr(again), memo_of(again)) == (repr(params), memo_of(params))
            made = Proposed(sampler="warm", memo=memo_of(params))
            kept.put(dataclasses.replace(TRIAL, number=number, params=params, proposed=made))
            known.append(params)


def same(a, b):
    return a.keys() == b.keys() and all(same_value(a[name], b[name]) for name in a)
