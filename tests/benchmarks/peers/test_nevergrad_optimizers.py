from __future__ import annotations

import pytest

from parzen.shared.dimensions import Dimension, Kind

pytest.importorskip("nevergrad")

import nevergrad as ng
import numpy as np
from benchmarks.peers.adapters import check_all, keep_inside
from benchmarks.toys import BOWL_SPACE, PROBLEMS
from peers.nevergrad_optimizers import NevergradSearcher

NAMES = ("PSO", "DE")


def maker(name, seed=0, workers=1):
    return lambda dimensions: NevergradSearcher(dimensions, seed, {}, name, workers)


@pytest.mark.parametrize("name", NAMES)
def test_proposals_lie_in_the_space_and_follow_its_conditions(name):
    asked = check_all(maker(name, workers=6), 60)
    assert {params["model"] for params in asked} == {"tree", "kernel", None}


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name):
    runs = [keep_inside(PROBLEMS["bowl"], maker(name, seed, 3), 3, 60) for seed in (4, 4, 5)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_as_nevergrads_own_loop_does(name):
    ours = NevergradSearcher(
        [Dimension(name=n, kind=Kind.FLOAT, low=-1.0, high=3.0) for n in "xy"], 3, {}, name, 1
    )
    space = ng.p.Dict(**{n: ng.p.Scalar(lower=-1.0, upper=3.0) for n in "xy"})
    space.random_state = np.random.RandomState(3)
    theirs = ng.optimizers.registry[name](space)
    for number in range(80):
        candidate, params = theirs.ask(), ours.ask(number)
        assert params == candidate.value
        loss = params["x"] ** 2 + params["y"] ** 2
        theirs.tell(candidate, loss)
        ours.tell(number, loss, at=0.0, seconds=1.0)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_of_a_grid_is_drawn_as_often_at_first(name):
    searcher = NevergradSearcher(BOWL_SPACE, 0, {}, name, 400)  # a population of 400
    drawn = [searcher.ask(number) for number in range(400)]
    shares = [sum(params["share"] == value for params in drawn) for value in (0, 0.25, 0.5, 1)]
    assert min(shares) > 55  # of 80; half bins at the ends would give 50
    assert {params["even"] for params in drawn} == {3, 5, 7, 9}
    assert {params["width"] for params in drawn} >= {1, 2, 64}


def test_a_swarm_is_as_large_as_the_crowd_of_workers():
    searcher = NevergradSearcher(BOWL_SPACE, 0, {}, "PSO", 100)
    assert searcher._optimizer.llambda == 100


@pytest.mark.parametrize(
    ("dimension", "message"),
    [
        (Dimension(name="z", kind=Kind.NORMAL, mu=0.0, sigma=1.0), "of kind normal is not handled"),
        (
            Dimension(name="z", kind=Kind.CHOICE, choices=(1, 2), weights=(0.1, 0.9)),
            "dimension 'z' has weights",
        ),
    ],
)
def test_what_nevergrad_cannot_search_is_said(dimension, message):
    with pytest.raises(ValueError, match=message):
        NevergradSearcher([dimension], 0, {}, "DE", 1)


def test_an_option_is_refused():
    with pytest.raises(ValueError, match="Nevergrad's PSO has no option 'omega': expected none"):
        NevergradSearcher(BOWL_SPACE, 0, {"omega": 1.0}, "PSO", 1)
