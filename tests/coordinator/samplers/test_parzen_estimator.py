import math

import numpy as np
import pytest
from scipy import stats

from parzen.coordinator.samplers.parzen_estimator import Mixture, Points, bandwidths, normal_mass
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Choice, Float, Int, Space

U = (np.arange(2000) + 0.5) / 2000


def cube_of(**structure):
    return UnitCube(Space(structure).dimensions)


def mixture(cube, *params):
    rows = np.array([cube.row(p) for p in params]).reshape(len(params), cube.width)
    return Mixture(cube, rows, np.ones(len(params)))


def density(mix, cube, rows):
    return np.exp(mix.log_density(Points(cube, rows)))


def test_one_kernel_and_the_prior_are_a_truncated_normal_and_a_uniform():
    cube = cube_of(x=Float(0, 1))
    mix = mixture(cube, {"x": 0.1})
    sigma = mix.bandwidths[0]
    kernel = stats.truncnorm(-0.1 / sigma, 0.9 / sigma, 0.1, sigma).pdf(U)
    np.testing.assert_allclose(density(mix, cube, U[:, None]), (kernel + 1) / 2, rtol=1e-9)


def test_densities_integrate_to_one():
    cube = cube_of(x=Float(0, 1))
    mix = mixture(cube, *({"x": x} for x in (0.0, 0.02, 0.4, 1.0)))
    assert density(mix, cube, U[:, None]).mean() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("parameter", [Int(1, 7), Int(1, 60, log=True), Int(0, 2999, log=False)])
def test_bin_masses_sum_to_one(parameter):
    cube = cube_of(n=parameter)
    mix = mixture(cube, {"n": 1}, {"n": 5}, {"n": 7})
    u = np.array([cube.axes[0].encode(k) for k in cube.axes[0].values()])
    low, high = cube.axes[0].edges(u)
    assert (density(mix, cube, u[:, None]) * (high - low)).sum() == pytest.approx(1, abs=1e-4)


def test_an_integers_density_is_scipys_bin_mass_over_its_width():
    cube = cube_of(n=Int(0, 9))
    mix = mixture(cube, {"n": 3})
    sigma = mix.bandwidths[0]
    kernel = stats.truncnorm(-0.35 / sigma, 0.65 / sigma, 0.35, sigma)
    expected = [(kernel.cdf((k + 1) / 10) - kernel.cdf(k / 10)) * 10 for k in range(10)]
    got = 2 * density(mix, cube, (np.arange(10)[:, None] + 0.5) / 10) - 1
    np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_a_fine_grid_and_a_continuum_agree():
    fine, smooth = cube_of(n=Int(0, 9999)), cube_of(n=Float(-0.5, 9999.5))
    params = [{"n": 3000}, {"n": 9000}]
    rows = np.array([fine.row({"n": n}) for n in (0, 3000, 4000, 9999)])
    np.testing.assert_allclose(
        density(mixture(fine, *params), fine, rows),
        density(mixture(smooth, *params), smooth, rows),
        rtol=1e-9,
    )


def test_the_same_option_has_the_probability_of_the_formula():
    cube = cube_of(c=Choice(list("abcd")))
    mix = mixture(cube, {"c": "b"}, {"c": "b"})
    same = (1 + 1 / 3) / (1 + 4 / 3)
    other = (1 - same) / 3
    kernel = np.array([other, same, other, other])
    expected = (2 * kernel + 0.25) / 3 * 4  # relative to 1/4
    np.testing.assert_allclose(density(mix, cube, np.arange(4.0)[:, None]), expected)


def test_weights_of_a_choice_are_its_prior():
    cube = cube_of(c=Choice(["a", "b"], weights=[0.9, 0.1]))
    relative = density(mixture(cube, {"c": "b"}), cube, np.array([[0.0], [1.0]]))
    assert relative @ [0.9, 0.1] == pytest.approx(1)
    assert relative[1] > 3 * relative[0]
    np.testing.assert_allclose(density(mixture(cube), cube, np.array([[0.0], [1.0]])), 1)


TREE = {"m": Choice({"a": {"x": Float(0, 1)}, "b": {"n": Int(0, 4)}})}


def test_a_parameter_inactive_in_the_kernel_contributes_a_factor_of_one():
    cube = cube_of(**TREE)
    mix = mixture(cube, {"m": "b", "m/b/n": 2})
    rows = np.array([cube.row({"m": "a", "m/a/x": x}) for x in (0.1, 0.9)])
    other = 2 * (1 - (1 + 1 / 2) / (1 + 2 / 2))  # the mismatch, relative to 1/2
    np.testing.assert_allclose(density(mix, cube, rows), (1 + other) / 2)


def test_a_tree_integrates_to_one():
    cube = cube_of(**TREE)
    mix = mixture(cube, {"m": "b", "m/b/n": 2}, {"m": "a", "m/a/x": 0.3}, {"m": "a", "m/a/x": 0.4})
    a = np.array([cube.row({"m": "a", "m/a/x": x}) for x in U])
    b = np.array([cube.row({"m": "b", "m/b/n": n}) for n in range(5)])
    total = density(mix, cube, a).mean() / 2 + density(mix, cube, b).mean() / 2
    assert total == pytest.approx(1, abs=1e-4)


def test_samples_follow_the_density():
    cube = cube_of(**TREE)
    mix = mixture(cube, {"m": "b", "m/b/n": 4}, {"m": "a", "m/a/x": 0.05})
    rows = mix.sample(20_000, np.random.default_rng(0))
    b = np.array([cube.row({"m": "b", "m/b/n": n}) for n in range(5)])
    expected = density(mix, cube, b) / 10
    counts = [(rows[:, 2] == u).mean() for u in b[:, 2]]
    np.testing.assert_allclose(counts, expected, atol=0.015)
    x = np.sort(rows[~np.isnan(rows[:, 1]), 1])
    a = np.array([cube.row({"m": "a", "m/a/x": u}) for u in U])
    cdf = np.cumsum(density(mix, cube, a))
    at = np.searchsorted(x, U) / len(x)
    np.testing.assert_allclose(at, cdf / cdf[-1], atol=0.02)


def test_the_bandwidth_is_the_formula():
    rows = np.array([[0.1, 0.5], [0.2, 0.5], [0.9, math.nan]])
    sigma = bandwidths(rows, ~np.isnan(rows), np.array([0, 1]))
    v = math.sqrt((2 * np.var([0.1, 0.2, 0.9], ddof=1) + 4 * 0.04) / 6)
    assert sigma[0] == pytest.approx(v * 3 ** (-1 / (2 / 3 + 4)))
    assert sigma[1] == pytest.approx(math.sqrt(4 * 0.04 / 5) * 2 ** (-1 / 5))


def test_a_crowd_at_one_point_keeps_the_narrowest_bandwidth():
    rows = np.full((10_000, 1), 0.3)
    assert bandwidths(rows, rows > 0, np.array([0])) == [0.03]


def test_masses_are_precise_in_both_tails():
    near = normal_mass(np.array([0.0]), np.array([0.01]), np.array([1.0]), 0.03)
    far = normal_mass(np.array([0.99]), np.array([1.0]), np.array([0.0]), 0.03)
    np.testing.assert_allclose(near, far, rtol=1e-9)
    assert 0 < near[0] < 1e-200
