from __future__ import annotations

import math
import os
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from problems import coco, smooth, suite, synthetic, tabulated
from problems.problem import HELD, TUNE, Problem

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Params

COCO = {name for half in suite.HALVES for name in coco.loaders(half)}
OTHERS = [name for name in suite.names() if name not in COCO]

load = cache(suite.load)


def at_random(problem: Problem, count: int) -> list[Params]:
    cube = UnitCube(problem.dimensions)
    rows = cube.from_uniform(np.random.default_rng(7).random((count, cube.width)))
    return [cube.params(row) for row in rows]


@pytest.mark.parametrize("name", OTHERS)
def test_no_loss_is_below_the_best(name: str) -> None:
    problem = load(name)
    losses = [problem.loss(params) for params in at_random(problem, 200)]
    assert all(map(math.isfinite, losses))
    assert min(losses) >= problem.best
    assert len(set(losses)) > 10  # something can be learnt


@pytest.mark.parametrize("half", suite.HALVES)
def test_names_are_those_of_the_problems_of_a_half(half: str) -> None:
    for name in suite.names(half):
        if name not in COCO:
            assert (load(name).name, load(name).half) == (name, half)


def test_all_names_are_those_of_both_halves() -> None:
    assert suite.names() == suite.names(TUNE) + suite.names(HELD)
    assert len(set(suite.names())) == len(suite.names()) == 44


def test_no_function_and_no_data_is_in_both_halves() -> None:
    functions = {
        half: [number for listed in (coco.BBOB, coco.MIXINT) for number, _ in listed[half]]
        for half in suite.HALVES
    }
    assert not set(functions[TUNE]) & set(functions[HELD])
    data = {half: {tabulated.read(t).about["data"] for t in tables(half)} for half in suite.HALVES}
    assert not data[TUNE] & data[HELD]
    for part in (synthetic, smooth):
        assert not set(part.loaders(TUNE).values()) & set(part.loaders(HELD).values())


def tables(half: str) -> set[str]:
    return {*tabulated.SINGLE[half]}.union(*tabulated.CHOICES[half].values())


@pytest.mark.parametrize("half", suite.HALVES)
def test_each_half_has_all_that_spaces_consist_of(half: str) -> None:
    problems = [load(name) for name in suite.names(half) if name not in COCO]
    families = {problem.family for problem in problems}
    assert families == {"model", "conditional", "categorical", "noisy", "smooth"}
    dimensions = [d for problem in problems for d in problem.dimensions]
    assert {d.kind.value for d in dimensions} == {"float", "int", "choice"}
    assert {len(d.active_when) for d in dimensions} >= {0, 1, 2}
    assert any(d.log for d in dimensions)
    assert any(d.step for d in dimensions)


@pytest.mark.parametrize("name", OTHERS)
def test_smooth_problems_tell_a_gradient_and_no_others(name: str) -> None:
    problem = load(name)
    assert (problem.gradient is not None) == (problem.family == "smooth")


@pytest.mark.parametrize("half", suite.HALVES)
def test_the_noise_is_a_twentieth_to_a_tenth_of_what_is_to_be_gained(half: str) -> None:
    noisy = [p for n in suite.names(half) if n not in COCO and (p := load(n)).noise]
    assert [problem.family for problem in noisy] == ["noisy"]
    for problem in noisy:
        gap = np.median([problem.loss(p) for p in at_random(problem, 500)]) - problem.best
        assert 0.05 <= problem.noise / gap <= 0.1


def test_what_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="no problem 'sphere'"):
        suite.load("sphere")
    with pytest.raises(ValueError, match="no half 'both'"):
        suite.names("both")


def test_cocoex_and_scikit_learn_are_not_needed_without_cocos_problems() -> None:
    script = (
        "import sys\n"
        "sys.modules.update(cocoex=None, sklearn=None)\n"
        "from problems import suite\n"
        f"for name in {OTHERS!r}: suite.load(name)"
    )
    path = os.pathsep.join(sys.path)
    subprocess.run(
        [sys.executable, "-c", script], check=True, env={**os.environ, "PYTHONPATH": path}
    )
