from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from problems import coco
from problems.problem import HELD, TUNE, Problem

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Kind

pytest.importorskip("cocoex")

LOADERS = {**coco.loaders(TUNE), **coco.loaders(HELD)}
NAMES = sorted(LOADERS)


def load(name: str) -> Problem:
    return LOADERS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_cocos_problems_are_as_low_as_they_say_and_nowhere_lower(name: str) -> None:
    before = Path.cwd()
    problem = load(name)
    assert Path.cwd() == before
    assert problem.name == name
    cube = UnitCube(problem.dimensions)
    rows = cube.from_uniform(np.random.default_rng(7).random((200, cube.width)))
    assert min(problem.loss(cube.params(row)) for row in rows) >= problem.best


def test_many_of_cocos_problems_live_side_by_side() -> None:
    problems = [load(name) for name in NAMES]
    corners = [{d.name: d.low for d in problem.dimensions} for problem in problems]
    losses = [problem.loss(params) for problem, params in zip(problems, corners, strict=True)]
    alone = [load(n).loss(params) for n, params in zip(NAMES, corners, strict=True)]
    assert losses == alone


def test_four_fifths_of_a_mixed_problem_are_whole_numbers() -> None:
    dimensions = load("mixint-f09-d10").dimensions
    assert [d.kind for d in dimensions] == [Kind.INT] * 8 + [Kind.FLOAT] * 2
    assert [(d.low, d.high) for d in dimensions[::3]] == [(0, 1), (0, 3), (0, 15), (-5, 5)]
