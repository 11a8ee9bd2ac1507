from __future__ import annotations

import math

import numpy as np
import pytest
from problems import trees_held

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import active

LOWEST = {
    "pipeline": {
        "scale": "standard",
        "features": "pca",
        "features/pca/kept": 16,
        "features/pca/whiten": True,
        "model": "svm",
        "model/svm/cost": 10.0,
        "model/svm/kernel": "rbf",
        "gamma": 0.01,
    },
    "bridge": {
        "span": 20 * math.exp(0.5),
        "material": "steel",
        "kind": "cable",
        "kind/cable/tower": 0.25,
        "kind/cable/cables": 16,
        "kind/cable/anchor": "earth",
        "kind/cable/anchor/earth/mass": 100.0,
    },
    "recipe": {
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
    problem, params = getattr(trees_held, name)(), LOWEST[name]
    assert {d.name for d in active(problem.dimensions, params)} == set(params)
    assert problem.loss(params) == pytest.approx(problem.best, abs=1e-12)


def test_most_losses_of_the_bridges_are_those_of_others_too() -> None:
    problem = trees_held.bridge()
    cube = UnitCube(problem.dimensions)
    rows = cube.from_uniform(np.random.default_rng(0).random((400, cube.width)))
    assert len({problem.loss(cube.params(row)) for row in rows}) < 200
