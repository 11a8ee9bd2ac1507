from __future__ import annotations

import math

import numpy as np
import pytest
from problems import trees_tune

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import active

LOWEST = {
    "optimiser": {
        "width": 128,
        "decay": 1e-3,
        "optimiser": "sgd",
        "optimiser/sgd/rate": 0.1 / math.sqrt(10),
        "optimiser/sgd/momentum": 0.9,
        "optimiser/sgd/schedule": "step",
        "optimiser/sgd/schedule/step/drop": 0.1,
        "optimiser/sgd/schedule/step/every": 25,
    },
    "blocks": {
        "depth": 6,
        "norm": "layer",
        "block": "attention",
        "block/attention/heads": 4,
        "block/attention/ratio": 4.0,
        "dropout": 0.2,
        "smoothing": 0.1,
    },
    "crop": {
        "nitrogen": 64.0,
        "water": 5.0,
        "spacing": 20,
        "sowing": 115,
        "variety": "middle",
        "tillage": True,
        "acidity": 6.5,
    },
}


@pytest.mark.parametrize("name", LOWEST)
def test_the_best_is_reached_where_every_term_vanishes(name: str) -> None:
    problem, params = getattr(trees_tune, name)(), LOWEST[name]
    assert {d.name for d in active(problem.dimensions, params)} == set(params)
    assert problem.loss(params) == pytest.approx(problem.best, abs=1e-12)


def test_most_losses_of_the_blocks_are_those_of_others_too() -> None:
    problem = trees_tune.blocks()
    cube = UnitCube(problem.dimensions)
    rows = cube.from_uniform(np.random.default_rng(0).random((400, cube.width)))
    assert len({problem.loss(cube.params(row)) for row in rows}) < 80
