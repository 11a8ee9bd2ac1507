import math

import numpy as np
import pytest
from scipy import stats

from parzen.coordinator.law import Logarithmic, Normal, OnGrid, Uniform, at, normal

U = np.linspace(0.001, 0.999, 41)


@pytest.mark.parametrize(
    ("low", "high"),
    [(-math.inf, math.inf), (-1.0, 2.5), (3.0, 4.0), (-math.inf, 0.5), (4.0, math.inf)],
)
def test_a_truncated_normal_is_scipys(low, high):
    law, mu, sigma = Normal(0.5, 1.5, low, high), 0.5, 1.5
    reference = stats.truncnorm((low - mu) / sigma, (high - mu) / sigma, mu, sigma)
    x = reference.ppf(U)
    np.testing.assert_allclose(law.cdf(x), U, rtol=1e-9)
    np.testing.assert_allclose(law.quantile(U), x, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, math.inf), (0.5, 9.5), (0.0, 2.0), (20.0, math.inf)]
)
def test_a_truncated_log_normal_is_scipys(low, high):
    mu, sigma = 0.4, 1.2
    law = Logarithmic(normal(mu, sigma, math.log(low) if low else -math.inf, math.log(high)))
    whole = stats.lognorm(sigma, scale=math.exp(mu))
    outside = whole.cdf(low), whole.sf(high)
    x = np.geomspace(max(low, 0.01), min(high, 500.0), 50)
    upper = whole.sf(x) - outside[1]  # what 1 - cdf would lose in the tail
    np.testing.assert_allclose(1 - law.cdf(x), upper / (1 - sum(outside)), rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(law.cdf(law.quantile(U)), U, rtol=1e-9)


@pytest.mark.parametrize(("low", "high"), [(1e-5, 1.0), (3.0, 4.0), (1e-300, 1e300)])
def test_a_log_uniform_is_scipys(low, high):
    law, reference = (
        Logarithmic(Uniform(math.log(low), math.log(high))),
        stats.loguniform(low, high),
    )
    x = np.geomspace(low, high, 50)
    np.testing.assert_allclose(law.cdf(x), reference.cdf(x), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(law.quantile(U), reference.ppf(U), rtol=1e-9)


@pytest.mark.parametrize(("low", "high"), [(-2.0, 5.0), (-1e300, 1e300), (0.0, 1e-300)])
def test_a_uniform_is_scipys(low, high):
    law, reference = Uniform(low, high), stats.uniform(low, high - low)
    x = np.linspace(low, high, 50)
    np.testing.assert_allclose(law.cdf(x), reference.cdf(x), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(law.quantile(U), reference.ppf(U), rtol=1e-12)


def test_beyond_every_float_all_the_mass_lies_at_the_nearer_bound():
    for law in (normal(0.0, 1e-300, 1.0, math.inf), Normal(0.0, 1e-300, 1.0, 2.0)):
        assert law.quantile(np.array([0.0, 0.5, 1.0])).tolist() == [1.0] * 3
    below = normal(0.0, 1e-300, -math.inf, -1.0)
    assert below.quantile(np.array([0.0, 0.5, 1.0])).tolist() == [-1.0] * 3


def test_bounds_forty_deviations_out_keep_their_precision():
    law = Normal(0.0, 1.0, 40.0, math.inf)
    x = law.quantile(U)
    assert (x > 40).all()
    assert (np.diff(x) > 0).all()
    np.testing.assert_allclose(law.cdf(x), U, rtol=1e-6)


def test_an_interval_too_narrow_for_a_normal_is_uniform():
    assert normal(0.0, 1.0, 1.0, 1.0 + 1e-12) == Uniform(1.0, 1.0 + 1e-12)


def test_quantiles_are_finite_at_both_ends():
    for law in (
        Normal(0.0, 1.0, -math.inf, math.inf),
        Logarithmic(Normal(0.0, 1e3, -math.inf, math.inf)),
        Uniform(-1.7e308, 1.7e308),
    ):
        assert np.isfinite(law.quantile(np.array([0.0, 0.5, 1.0]))).all()


def test_the_logarithm_is_uniform_where_it_should_be():
    law = Logarithmic(Uniform(math.log(1e-4), math.log(1.0)))
    np.testing.assert_allclose(law.quantile(np.array([0.25, 0.5])), [1e-3, 1e-2])
    np.testing.assert_allclose(law.cdf(np.array([1e-3, 1e-2])), [0.25, 0.5])
    assert at(law.cdf, -1.0) == 0


def test_a_grid_counts_in_steps():
    law = OnGrid(Uniform(0.0, 10.0), origin=2.0, step=0.5)
    assert at(law.cdf, 6.0) == pytest.approx(0.5)
    assert at(law.quantile, 0.5) == pytest.approx(6.0)


@pytest.mark.parametrize(
    "law",
    [
        Uniform(-2.0, 5.0),
        Normal(0.5, 1.5, -math.inf, math.inf),
        Normal(0.5, 1.5, -1.0, 2.5),
        Normal(0.5, 1.5, 4.0, math.inf),
        Normal(0.0, 1.0, 40.0, math.inf),
        Logarithmic(Uniform(math.log(1e-5), 0.0)),
        Logarithmic(Normal(0.4, 1.2, -math.inf, 3.0)),
    ],
)
def test_the_slope_is_the_quantiles_derivative(law):
    h = 1e-6
    rise = (law.quantile(U + h) - law.quantile(U - h)) / (2 * h)
    np.testing.assert_allclose(law.slope(U), rise, rtol=1e-5)
    np.testing.assert_allclose([at(law.slope, u) for u in U], law.slope(U), rtol=1e-15)


@pytest.mark.parametrize(
    "law",
    [
        Uniform(-1.7e308, 1.7e308),
        Normal(0.0, 1e300, -math.inf, math.inf),
        Normal(0.0, 1e-300, -math.inf, -1.0),
        Logarithmic(Normal(0.0, 1e3, -math.inf, math.inf)),
        Logarithmic(Uniform(-700.0, 700.0)),
    ],
)
def test_slopes_are_finite_wherever_one_stands(law):
    with np.errstate(all="raise", under="ignore"):
        slopes = law.slope(np.array([0.0, 1e-300, 0.5, 1.0]))
    assert np.isfinite(slopes).all()
    assert (slopes >= 0).all()
