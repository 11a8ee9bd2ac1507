from __future__ import annotations

import pytest

from parzen.shared.dimensions import Dimension, Kind

pytest.importorskip("cmaes")

import cmaes
import numpy as np
from benchmarks.peers.adapters import check_all, keep_inside
from benchmarks.toys import BOWL_SPACE, PROBLEMS
from peers.cmaes_library import SIGMA, CmaesSearcher


def maker(seed=0, **options):
    return lambda dimensions: CmaesSearcher(dimensions, seed, options)


def test_proposals_lie_in_the_space_and_follow_its_conditions():
    asked = check_all(maker(), 60)
    assert {params["model"] for params in asked} == {"tree", "kernel", None}


def test_the_seed_decides():
    runs = [keep_inside(PROBLEMS["bowl"], maker(seed), 3, 40) for seed in (4, 4, 5)]
    assert runs[0] == runs[1] != runs[2]


def test_it_runs_as_the_librarys_own_loop_does():
    ours = CmaesSearcher(
        [Dimension(name=n, kind=Kind.FLOAT, low=-1.0, high=3.0) for n in "xy"], 3, {}
    )
    theirs = cmaes.CMA(mean=np.full(2, 0.5), sigma=SIGMA, bounds=np.array([[0.0, 1.0]] * 2), seed=3)
    number = 0
    for _ in range(12):
        told = []
        for _ in range(theirs.population_size):
            at, params = theirs.ask(), ours.ask(number)
            assert [params["x"], params["y"]] == pytest.approx(list(4 * at - 1))
            loss = params["x"] ** 2 + params["y"] ** 2
            ours.tell(number, loss, at=0.0, seconds=1.0)
            told.append((at, loss))
            number += 1
        theirs.tell(told)


def test_the_first_that_are_told_make_a_generation_whoever_is_asked_meanwhile():
    searcher = CmaesSearcher(BOWL_SPACE, 0, {"population_size": 5})
    for number in range(12):
        searcher.ask(number)
    for count, number in enumerate((11, 3, 7, 0, 5, 1, 2, 4, 6, 8), start=1):
        assert searcher._cma.generation == (count - 1) // 5
        searcher.tell(number, float(number), at=0.0, seconds=1.0)
    assert searcher._cma.generation == 2


def test_whole_numbers_are_steps_and_all_of_them_are_drawn():
    searcher = CmaesSearcher(BOWL_SPACE, 0, {})
    drawn = [searcher.ask(number) for number in range(300)]
    assert {params["share"] for params in drawn} == {0.0, 0.25, 0.5, 0.75, 1.0}
    assert {params["even"] for params in drawn} == {3, 5, 7, 9}
    assert {params["width"] for params in drawn} >= {1, 2, 60}


def test_choices_are_drawn_by_their_weights_and_without_numbers_nothing_else_is():
    dimensions = [Dimension(name="c", kind=Kind.CHOICE, choices=("a", "b"), weights=(0.9, 0.1))]
    searcher = CmaesSearcher(dimensions, 0, {})
    drawn = []
    for number in range(100):
        drawn.append(searcher.ask(number)["c"])
        searcher.tell(number, float(drawn[-1] == "a"), at=0.0, seconds=1.0)
    assert 80 < drawn.count("a") < 98


def test_what_has_no_bounds_is_said():
    with pytest.raises(ValueError, match="dimension 'z' of kind normal is not handled here"):
        CmaesSearcher([Dimension(name="z", kind=Kind.NORMAL, mu=0.0, sigma=1.0)], 0, {})
