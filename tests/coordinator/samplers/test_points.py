import numpy as np
import pytest
from scipy import stats

from parzen.coordinator.samplers.parzen_estimator import Kernels, Mixture, Scale
from parzen.coordinator.samplers.points import Points
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Choice, Float, Int, Normal, Space

MIXED = UnitCube(
    Space(
        {
            "x": Float(0, 1),
            "coarse": Int(0, 9),
            "fine": Int(1, 800, log=True),
            "endless": Int(1, 10**6, log=True),
            "z": Normal(0, 1, step=0.01),
            "c": Choice(list("abc")),
            "m": Choice({"a": {"k": Int(0, 20)}, "b": {"y": Float(0, 1)}}),
        }
    ).dimensions
)


def rows(count, seed=0):
    return MIXED.from_uniform(np.random.default_rng(seed).random((count, MIXED.width)))


@pytest.mark.parametrize("last", [20, 160, 170, 300, 2000])
def test_bins_of_every_width_have_scipys_masses(last):
    cube = UnitCube(Space({"n": Int(0, last)}).dimensions)
    middle = cube.row({"n": last // 3})
    crowd = np.tile(middle, (1000, 1))
    mix = Mixture(cube, crowd, np.full(1000, 1e9))  # the prior disappears
    sigma = mix.bandwidths[0]
    assert sigma == pytest.approx(0.03)
    law = stats.truncnorm(-middle[0] / sigma, (1 - middle[0]) / sigma, middle[0], sigma)
    u = np.array([cube.axes[0].encode(k) for k in cube.axes[0].values()])
    u = u[np.abs(u - middle[0]) < 4 * sigma]
    low, high = cube.axes[0].edges(u)
    expected = (law.cdf(high) - law.cdf(low)) / (high - low)
    got = np.exp(mix.log_density(Points(cube, u[:, None])))
    np.testing.assert_allclose(got, expected, rtol=3e-4)
    near = np.abs(u - middle[0]) < sigma
    np.testing.assert_allclose(got[near], expected[near], rtol=2e-6)


def test_a_group_has_the_same_bits_alone_and_among_others():
    drawn = rows(6 * 64)
    kernels = Kernels(rows(100, seed=1), Scale(MIXED, rows(50, seed=2)))
    together = kernels.log_densities(Points(MIXED, drawn, 64))
    groups = Points(MIXED, drawn, 64)
    for i in range(6):
        part = slice(i * 64, (i + 1) * 64)
        alone = Kernels(rows(100, seed=1), Scale(MIXED, rows(50, seed=2)))
        np.testing.assert_array_equal(
            alone.log_densities(Points(MIXED, drawn[part])), together[part]
        )
        np.testing.assert_array_equal(kernels.log_densities(groups.group(i)), together[part])


def test_inactive_points_fall_into_no_bin():
    points = Points(MIXED, rows(200))
    off = ~points.active[:, 7]
    assert off.any()
    assert (points.bins[7].of[off] == len(points.bins[7].low)).all()
    assert (points.bins[7].of[~off] < len(points.bins[7].low)).all()
