import math

import numpy as np
import pytest
from scipy import stats

from parzen.coordinator.samplers.parzen_estimator import Mixture, Scale, bandwidths
from parzen.coordinator.samplers.points import Points
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Choice, Float, Int, LogNormal, Normal, Space

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
        rtol=1e-8,
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


def test_a_factor_narrows_what_kernels_reach_but_not_below_the_narrowest():
    rows = np.array([[0.1, 0.5], [0.2, 0.5], [0.9, math.nan]])
    cube = cube_of(x=Float(0, 1), y=Float(0, 1))
    assert Scale(cube, rows, 0.5).bandwidths == pytest.approx(0.5 * Scale(cube, rows).bandwidths)
    assert list(Scale(cube, rows, 1e-9).bandwidths) == [0.03, 0.03]


def test_a_crowd_at_one_point_keeps_the_narrowest_bandwidth():
    rows = np.full((10_000, 1), 0.3)
    assert bandwidths(rows, rows > 0, np.array([0])) == [0.03]


EVERYTHING = {
    "x": Float(0, 1),
    "n": Int(1, 6, log=True),
    "c": Choice(list("abc"), weights=[5, 1, 2]),
    "z": Normal(0, 1, step=0.5),
    "m": Choice({"a": {"y": LogNormal(0, 1)}, "b": {"k": Int(0, 2), "q": Choice([1, 2])}}),
}


def crowd(cube, count):
    """Kernels from the prior, some of them at the bounds, and their weights."""
    rng = np.random.default_rng(5)
    r = rng.random((count, cube.width))
    r[0], r[1] = 0.0, 1 - 2.0**-53
    return cube.from_uniform(r), rng.uniform(0.1, 3, count)


class Definition:
    """The density relative to the prior, one kernel and one parameter after another."""

    def __init__(self, cube, kernels, weights, sigma):
        self.cube, self.kernels, self.weights, self.sigma = cube, kernels, weights, sigma
        self.counts = (~np.isnan(kernels)).sum(axis=0)

    def density(self, point):
        total = 1.0
        for kernel, weight in zip(self.kernels, self.weights, strict=True):
            both = np.flatnonzero(~np.isnan(kernel + point))
            total += weight * math.prod(self.factor(j, kernel[j], point[j]) for j in both)
        return total / (1 + self.weights.sum())

    def factor(self, j, centre, at):
        axis, sigma = self.cube.axes[j], self.sigma[j]
        if axis.options:
            share = axis.options / (self.counts[j] + 1)
            uniform = share / (1 + share)
            return uniform + (1 - uniform) * (at == centre) / axis.probabilities[int(at)]
        law = stats.truncnorm(-centre / sigma, (1 - centre) / sigma, centre, sigma)
        if not axis.binned:
            return law.pdf(at)
        low, high = (edge[0] for edge in axis.edges(np.array([at])))
        return (law.cdf(high) - law.cdf(low)) / (high - low)


def test_the_density_is_that_of_its_definition():
    cube = cube_of(**EVERYTHING)
    kernels, weights = crowd(cube, 8)
    mix = Mixture(cube, kernels, weights)
    defined = Definition(cube, kernels, weights, mix.bandwidths)
    points = cube.from_uniform(np.random.default_rng(6).random((10, cube.width)))
    expected = [defined.density(point) for point in points]
    np.testing.assert_allclose(density(mix, cube, points), expected, rtol=1e-6)


def test_the_integral_over_everything_is_one():
    """A sum over all options and bins, and a quadrature over each continuum."""
    cube = cube_of(**{name: EVERYTHING[name] for name in "xcm"})
    mix = Mixture(cube, *crowd(cube, 12))
    nodes, widths = np.polynomial.legendre.leggauss(60)
    nodes, widths = (nodes + 1) / 2, widths / 2
    r = [
        (nodes, widths) if axis.options == 0 and not axis.binned else middles(axis)
        for axis in cube.axes
    ]
    grid = np.stack(np.meshgrid(*(at for at, _ in r), indexing="ij"), axis=-1).reshape(
        -1, cube.width
    )
    mass = np.stack(np.meshgrid(*(w for _, w in r), indexing="ij"), axis=-1).reshape(-1, cube.width)
    total = (density(mix, cube, cube.prune(grid)) * mass.prod(axis=1)).sum()
    assert total == pytest.approx(1, abs=1e-6)


def middles(axis):
    """The column's numbers and the prior's mass at each."""
    u = np.array([axis.encode(value) for value in axis.values()])
    if axis.options:
        return u, axis.probabilities
    low, high = axis.edges(u)
    return u, high - low


def test_samples_of_a_continuum_follow_the_truncated_normals():
    cube = cube_of(x=Float(0, 1))
    kernels, weights = np.array([[0.0], [0.02], [0.5], [1.0]]), np.array([3.0, 1.0, 0.5, 2.0])
    mix = Mixture(cube, kernels, weights)
    sigma = mix.bandwidths[0]

    def cdf(x):
        parts = [stats.truncnorm(-m / sigma, (1 - m) / sigma, m, sigma).cdf(x) for (m,) in kernels]
        return (weights @ parts + x) / (weights.sum() + 1)

    rows = mix.sample(5000, np.random.default_rng(0))
    assert stats.kstest(rows[:, 0], cdf).pvalue > 0.01


@pytest.mark.parametrize("name", ["n", "c", "z"])
def test_samples_of_bins_and_options_follow_their_masses(name):
    cube = cube_of(**{name: EVERYTHING[name]})
    mix = Mixture(cube, *crowd(cube, 5))
    at, prior = middles(cube.axes[0])
    expected = density(mix, cube, at[:, None]) * prior * 5000
    seen = [(mix.sample(5000, np.random.default_rng(0))[:, 0] == u).sum() for u in at]
    assert chance(seen, expected) > 0.01


def test_samples_of_a_tree_follow_the_density_in_each_branch_and_together():
    """Cells of a branch, a bin and a half of a continuum: kernels are joint, not one by one."""
    cube = cube_of(x=Float(0, 1), m=EVERYTHING["m"])
    kernels, weights = crowd(cube, 6)
    mix = Mixture(cube, kernels, weights)
    chance_rows = cube.from_uniform(np.random.default_rng(1).random((40_000, cube.width)))
    weight = density(mix, cube, chance_rows)
    expected = cells(chance_rows, weight) / weight.sum() * 8000
    seen = cells(mix.sample(8000, np.random.default_rng(2)), np.ones(8000))
    assert chance(seen, expected) > 0.01


def cells(rows, weight):
    quarters = [np.minimum(np.nan_to_num(column, nan=9) * 2, 3).astype(int) for column in rows.T]
    return np.bincount(
        np.ravel_multi_index(quarters, (4,) * len(quarters)), weight, 4 ** len(quarters)
    )


def chance(seen, expected):
    """How likely counts are as far from what is expected; cells that expect little are one."""
    seen, expected = np.asarray(seen, dtype=float), np.asarray(expected)
    rare = expected < 5
    seen = np.append(seen[~rare], seen[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum() + 1e-9)
    return stats.chi2.sf(((seen - expected) ** 2 / expected).sum(), len(seen) - 1)
