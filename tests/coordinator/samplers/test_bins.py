import numpy as np
import pytest
from scipy import stats

from parzen.coordinator.samplers.bins import normal_mass
from parzen.coordinator.samplers.parzen_estimator import Mixture
from parzen.coordinator.samplers.points import Points
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Int, Space


def test_masses_are_precise_in_both_tails():
    near = normal_mass(np.array([0.0]), np.array([0.01]), np.array([1.0]), 0.03)
    far = normal_mass(np.array([0.99]), np.array([1.0]), np.array([0.0]), 0.03)
    np.testing.assert_allclose(near, far, rtol=1e-9)
    assert 0 < near[0] < 1e-200


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
