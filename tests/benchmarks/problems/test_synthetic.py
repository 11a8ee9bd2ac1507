from __future__ import annotations

import math

import numpy as np
import pytest
from problems import suite

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import active

LOWEST = {
    "optimiser-tree": {
        "width": 128,
        "decay": 1e-3,
        "optimiser": "sgd",
        "optimiser/sgd/rate": 0.1 / math.sqrt(10),
        "optimiser/sgd/momentum": 0.9,
        "optimiser/sgd/schedule": "step",
        "optimiser/sgd/schedule/step/drop": 0.1,
        "optimiser/sgd/schedule/step/every": 25,
    },
    "blocks-tree": {
        "depth": 6,
        "norm": "layer",
        "block": "attention",
        "block/attention/heads": 4,
        "block/attention/ratio": 4.0,
        "dropout": 0.2,
        "smoothing": 0.1,
    },
    "crop-noisy": {
        "nitrogen": 64.0,
        "water": 5.0,
        "spacing": 20,
        "sowing": 115,
        "variety": "middle",
        "tillage": True,
        "acidity": 6.5,
    },
    "pipeline-tree": {
        "scale": "standard",
        "features": "pca",
        "features/pca/kept": 16,
        "features/pca/whiten": True,
        "model": "svm",
        "model/svm/cost": 10.0,
        "model/svm/kernel": "rbf",
        "gamma": 0.01,
    },
    "bridge-tree": {
        "span": 20 * math.exp(0.5),
        "material": "steel",
        "kind": "cable",
        "kind/cable/tower": 0.25,
        "kind/cable/cables": 16,
        "kind/cable/anchor": "earth",
        "kind/cable/anchor/earth/mass": 100.0,
    },
    "recipe-noisy": {
        "flour": "rye",
        "water": 0.85,
        "leaven": "sour",
        "leaven/sour/share": 0.2,
        "leaven/sour/warmth": 26,
        "oven": 230,
        "minutes": 40,
    },
}


@pytest.mark.parametrize("name", LOWEST)
def test_the_best_is_reached_where_every_term_vanishes(name: str) -> None:
    problem, params = suite.load(name), LOWEST[name]
    assert {d.name for d in active(problem.dimensions, params)} == set(params)
    assert problem.loss(params) == pytest.approx(problem.best, abs=1e-12)


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


@pytest.mark.parametrize(("name", "share"), [("blocks-tree", 0.8), ("bridge-tree", 0.5)])
def test_plateaus_are_most_of_what_is_seen(name: str, share: float) -> None:
    problem = suite.load(name)
    cube = UnitCube(problem.dimensions)
    rows = cube.from_uniform(np.random.default_rng(0).random((400, cube.width)))
    losses = [problem.loss(cube.params(row)) for row in rows]
    assert len(set(losses)) < (1 - share) * len(losses)
