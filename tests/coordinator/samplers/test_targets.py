import numpy as np
import pytest

from parzen.coordinator.samplers.targets import standardised

LOSSES = np.random.default_rng(0).normal(3.0, 2.0, 41)


def careful(losses):
    with np.errstate(all="raise", under="ignore"):
        return standardised(np.array(losses, dtype=float))


def test_they_are_of_mean_0_and_variance_1_and_in_the_same_order():
    scaled = careful(LOSSES)
    assert scaled.mean() == pytest.approx(0, abs=1e-12)
    assert scaled.var() == pytest.approx(1)
    assert np.argsort(scaled).tolist() == np.argsort(LOSSES).tolist()


def test_they_are_the_same_in_any_unit():
    np.testing.assert_allclose(careful(LOSSES * 1e-6), careful(LOSSES))
    np.testing.assert_allclose(careful(LOSSES * 4e200), careful(LOSSES))
    np.testing.assert_allclose(careful(LOSSES + 500), careful(LOSSES), atol=1e-10)


def test_distances_of_the_good_are_kept():
    good = np.argsort(LOSSES)[:20]
    shares = np.diff(careful(LOSSES)[good]) / np.diff(LOSSES[good])
    np.testing.assert_allclose(shares, shares[0])


def test_above_the_median_they_are_logarithms():
    losses = np.array([-1.0, -1.0, 0.0, 1.0, 7.0])  # the unit is 1
    scaled = careful(losses)
    steps = np.diff(scaled)
    np.testing.assert_allclose(steps[1:] / steps[1], [1, np.log(2), np.log(8 / 2)])


def test_how_bad_the_worst_is_hardly_matters_to_the_others():
    near, far = careful([*range(20), 40]), careful([*range(20), 1e6])
    assert np.ptp(far[:10]) > 0.25 * np.ptp(near[:10])


@pytest.mark.parametrize("value", [0.0, 7.5, -1e308, 1e308, 5e-324])
@pytest.mark.parametrize("count", [1, 2, 9])
def test_equal_losses_are_all_0(value, count):
    assert careful([value] * count).tolist() == [0.0] * count


@pytest.mark.parametrize(
    "losses",
    [
        [1e308, -1e308, 0.0],
        [1e308, 1.0, 2.0, 3.0],
        [-1e308, 1.0, 2.0, 3.0, 4.0],
        [5e-324, 0.0, 1e-323],
        [0.0] * 50 + [1.0],
        [0.0] * 50 + [-1.0],
        [0.0] * 50 + [1e-300, 1e308],
        [0.0, 5e-324, 1.0],
        [1.0, 1.0 + 2**-52],
        [1.0, 2.0],
    ],
)
def test_whatever_their_size_they_come_out_finite_and_in_order(losses):
    scaled = careful(losses)
    order = np.argsort(losses, kind="stable")
    assert (np.diff(scaled[order]) >= 0).all()
    assert scaled.mean() == pytest.approx(0, abs=1e-9)
    assert scaled.std() == pytest.approx(1)
