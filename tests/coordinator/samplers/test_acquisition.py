import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from parzen.coordinator.samplers.acquisition import FAR, NEAR, LogImprovement, log_h
from parzen.coordinator.samplers.features import Features
from parzen.coordinator.samplers.gaussian_process import View, posterior
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Choice, Float, Space

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1), "c": Choice(["p", "q"])})
THETA = np.array([-1.0, -0.5, 0.3, 0.2, -7.0])


def careful(u):
    with np.errstate(all="raise", under="ignore"):
        return log_h(np.array(u, dtype=float))


def integral(u):
    """h(u) = φ(u) ∫ t exp(u t - t² / 2) dt, t > 0, with t = s / k."""
    k = max(1.0, -u)

    def inner(s):
        return s * math.exp(u * s / k - s * s / (2 * k * k))

    area, _ = quad(inner, 0, 40 + max(u, 0), epsabs=0, epsrel=1e-12, limit=200)
    return math.log(area / k**2) - u * u / 2 - math.log(2 * math.pi) / 2


@pytest.mark.parametrize(
    "u", [10, 3, 1, 0.1, 0, -0.5, NEAR + 1e-9, NEAR, NEAR - 1e-9, -2, -5, -10, -30, -300]
)
def test_the_improvement_is_the_integral(u):
    assert careful([u])[0] == pytest.approx(integral(u), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("u", [-500.0, FAR + 1, FAR - 1, -1e4, -1e6])
def test_far_below_it_is_what_it_tends_to(u):
    density = -u * u / 2 - math.log(2 * math.pi) / 2
    assert careful([u])[0] == pytest.approx(density - 2 * math.log(-u), abs=2e-5, rel=1e-15)


def test_it_rises_everywhere_and_is_finite_however_small_it_is():
    u = np.concatenate([-np.geomspace(1e8, 1e-3, 2000), np.geomspace(1e-3, 1e8, 500)])
    logs = careful(u)
    assert np.isfinite(logs).all()
    assert (np.diff(logs) > 0).all()
    assert np.isfinite(careful([-1e300])).all()


@pytest.fixture
def belief():
    """What is believed after a few losses."""
    rng = np.random.default_rng(0)
    cube = UnitCube(SPACE.dimensions)
    rows = cube.from_uniform(rng.random((9, 3)))
    features = Features(cube, rows)
    vectors = features.of(rows)
    targets = (rows[:, 0] - 0.4) ** 2 * 8 + rows[:, 1] + 0.3 * rows[:, 2] - 1
    return posterior(features, THETA, vectors, targets), features.of(
        cube.from_uniform(rng.random((6, 3)))
    )


@pytest.mark.parametrize("incumbent", [2.0, 0.0, -0.6, -3.0, -20.0])
def test_the_slope_is_the_gradient(belief, incumbent):
    improvement = LogImprovement(belief[0], incumbent)
    for vector in belief[1]:
        value, gradient = improvement.slope(vector)
        assert value == pytest.approx(improvement.at(vector[None, :])[0])
        by_steps = approx_fprime(vector, lambda v: improvement.at(v[None, :])[0], 1e-7)
        size = np.abs(by_steps).max()
        np.testing.assert_allclose(gradient / size, by_steps / size, atol=1e-4)


def test_it_is_the_mean_of_what_draws_improve(belief):
    beliefs, vectors = belief
    view = beliefs.view(vectors)
    mean, sd = view.mean, np.sqrt(view.variance)
    incumbent = float(mean.mean())
    losses = np.random.default_rng(1).normal(mean, sd, (400_000, len(mean)))
    drawn = np.maximum(incumbent - losses, 0)
    expected = np.exp(LogImprovement(beliefs, incumbent).at(vectors))
    error = drawn.std(axis=0) / math.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - expected) < 5 * error).all()
    assert (error < 0.1 * expected).all()


def test_more_is_expected_where_the_mean_is_lower_or_less_is_known(belief):
    class Known:
        def view(self, vectors):
            return View(vectors, vectors[:, 0], vectors.T, vectors[:, 1] ** 2)

    merit = LogImprovement(Known(), 0.0).at(np.array([[1.0, 0.5], [0.9, 0.5], [0.9, 0.6]]))
    assert (np.diff(merit) > 0).all()
