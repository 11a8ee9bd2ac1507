from __future__ import annotations

import math

import numpy as np
import pytest
from problems import suite

from parzen.coordinator.unit import UnitCube


@pytest.mark.parametrize("name", ["landscape", "glass"])
def test_the_best_of_categories_is_reached_by_climbing_from_many_points(name: str) -> None:
    problem = suite.load(name)
    cube = UnitCube(problem.dimensions)
    rng = np.random.default_rng(3)
    assert min(_climb(problem, cube, rng) for _ in range(40)) == pytest.approx(problem.best)


def _climb(problem, cube, rng) -> float:
    params = dict(cube.params(cube.from_uniform(rng.random((1, cube.width)))[0]))
    lowest, before = problem.loss(params), math.inf
    while lowest < before:
        before = lowest
        for dimension in problem.dimensions:
            name = dimension.name
            each = {o: problem.loss({**params, name: o}) for o in dimension.choices}
            params[name] = min(each, key=each.get)
            lowest = each[params[name]]
    return lowest


@pytest.mark.parametrize("name", ["landscape", "glass"])
def test_options_of_different_choices_depend_on_each_other(name: str) -> None:
    problem = suite.load(name)
    first, *rest = problem.dimensions
    rng = np.random.default_rng(0)
    best = set()
    for _ in range(30):
        params = {d.name: d.choices[rng.integers(len(d.choices))] for d in rest}
        best.add(min(first.choices, key=lambda o: problem.loss({first.name: o, **params})))
    assert len(best) > 1
