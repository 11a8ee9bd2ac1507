from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from problems import smooth
from problems.problem import HELD, TUNE

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Kind

LOADERS = {**smooth.loaders(TUNE), **smooth.loaders(HELD)}
NAMES = sorted(LOADERS)


@cache
def load(name):
    return LOADERS[name]()


def points(problem, count):
    cube = UnitCube(problem.dimensions)
    rows = cube.from_uniform(np.random.default_rng(3).random((count, cube.width)))
    return [dict(cube.params(row)) for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_the_slope_of_the_loss_by_every_number(name):
    problem = load(name)
    numbers = [d.name for d in problem.dimensions if d.kind is not Kind.CHOICE]
    for params in points(problem, 12):
        gradient = problem.gradient(params)
        assert sorted(gradient) == sorted(numbers)
        for number in numbers:
            h = 1e-5 * abs(params[number])
            beside = (problem.loss({**params, number: params[number] + s * h}) for s in (1, -1))
            rise = (next(beside) - next(beside)) / (2 * h)
            assert gradient[number] * h == pytest.approx(rise * h, rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_best_is_below_what_a_descent_from_a_random_point_reaches(name):
    problem = load(name)
    for at in points(problem, 3):
        for _ in range(200):
            slopes = problem.gradient(at)
            to = {**at, **{n: _nudged(problem, at, n, s) for n, s in slopes.items()}}
            at.update(min(at, to, key=problem.loss))
        assert problem.best <= problem.loss(at)


def _nudged(problem, params, name, slope):
    """A step down of a hundredth of the range, or of a factor."""
    low, high, log = next((d.low, d.high, d.log) for d in problem.dimensions if d.name == name)
    by = np.sign(slope)
    to = params[name] * 0.9**by if log else params[name] - 0.01 * by * (high - low)
    return float(np.clip(to, low, high))


@pytest.mark.parametrize("name", ["process-evidence", "logistic-penalties"])
def test_no_option_is_all_the_same(name):
    problem = load(name)
    choice = next(d for d in problem.dimensions if d.kind is Kind.CHOICE)
    [params] = points(problem, 1)
    assert len({problem.loss({**params, choice.name: option}) for option in choice.choices}) == 3


def test_the_fitted_weights_are_where_the_penalised_loss_is_flat():
    rng = np.random.default_rng(0)
    x, y, penalties = rng.normal(size=(30, 4)), (rng.random(30) < 0.5) * 1.0, np.full(4, 0.7)
    w, curvature = smooth._fitted(x, y, penalties)
    chance = 1 / (1 + np.exp(-x @ w))
    np.testing.assert_allclose(x.T @ (chance - y) + penalties * w, 0, atol=1e-9)
    expected = (x.T * (chance * (1 - chance))) @ x + 0.7 * np.eye(4)
    np.testing.assert_allclose(curvature, expected, rtol=1e-6)
