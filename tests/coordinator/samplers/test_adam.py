import numpy as np
import pytest

from parzen.coordinator.samplers import adam

BOWL = np.array([1.0, 100.0, 1e-6])
"""How steep it is by each parameter."""


def descent(u, slopes_at, steps, rate=0.05):
    moments, path = adam.fresh(len(u)), [u]
    for _ in range(steps):
        u, moments = adam.moved(u, slopes_at(u), rate, moments)
        path.append(u)
    return np.array(path), moments


def test_steps_are_those_of_the_paper():
    first, second = np.array([0.3, -0.1]), np.array([0.09, 0.04])
    slopes = np.array([0.5, 2.0])
    u, after = adam.moved(np.full(2, 0.5), slopes, 0.1, adam.Moments(2, first, second))
    mean = (0.5 * first + 0.5 * slopes) / (1 - 0.5**3)
    spread = (0.99 * second + 0.01 * slopes**2) / (1 - 0.99**3)
    np.testing.assert_allclose(u, 0.5 - 0.1 * mean / np.sqrt(spread), rtol=1e-6)
    assert after.step == 3
    np.testing.assert_allclose(after.first, 0.5 * first + 0.5 * slopes)


def test_the_first_step_is_as_long_as_the_rate_however_steep_it_is():
    u, _ = adam.moved(np.full(3, 0.5), np.array([-1e-6, 3.0, 0.5]), 0.1, adam.fresh(3))
    np.testing.assert_allclose(u, [0.6, 0.4, 0.4], rtol=0.01)


def test_a_bowl_is_descended_though_it_is_steeper_by_one_parameter():
    path, _ = descent(np.array([0.9, 0.1]), lambda u: np.array([1.0, 300.0]) * (u - 0.3), 60)
    np.testing.assert_allclose(path[-1], 0.3, atol=0.02)


@pytest.mark.parametrize("size", [1e-140, 1e-30, 1e30, 1e140])
def test_the_size_of_a_loss_does_not_matter(size):
    def slopes_at(u):
        return BOWL * (u - 0.3)

    start = np.array([0.9, 0.1, 0.5])
    path, _ = descent(start, slopes_at, 20)
    scaled, _ = descent(start, lambda u: size * slopes_at(u), 20)
    np.testing.assert_allclose(scaled, path, rtol=1e-6)


def test_it_stays_between_0_and_1_and_leaves_the_bound_at_once_when_it_may():
    path, moments = descent(np.array([0.9]), lambda u: np.array([-1.0]), 20, rate=0.1)
    assert path[1:].max() == path[-1] == 1
    back, _ = adam.moved(path[-1], np.array([1.0]), 0.1, moments)
    assert back < 0.95


@pytest.mark.parametrize("slope", [0.0, 1e200, np.inf])
def test_where_there_is_no_usable_slope_nothing_moves(slope):
    u, before = np.array([0.4, 0.5]), adam.fresh(2)
    with np.errstate(all="raise"):
        to, after = adam.moved(u, np.array([slope, 0.0]), 0.1, before)
    assert to.tolist() == u.tolist()
    assert after is before


def test_without_parameters_nothing_moves():
    to, _ = adam.moved(np.empty(0), np.empty(0), 0.1, adam.fresh(0))
    assert not len(to)
