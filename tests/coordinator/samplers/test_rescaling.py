import numpy as np
import pytest

from parzen.coordinator.samplers.rescaling import Scale


@pytest.mark.parametrize(
    "losses",
    [
        [0.3, 0.1, 0.2, 5.0, 0.25],
        [-1.7e308, 1.7e308, 0.0, 1.0],
        [1e-310, 0.0, 5e-324],
        [1.0, 1.0, 1.0, 2.0],
        [3.0, -1e308],
    ],
)
def test_what_is_known_comes_back_in_its_order_and_nothing_lies_beyond_it(losses):
    losses = np.array(losses)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        scale = Scale(losses, 1.0)
        z = scale.of(losses)
        back = scale.back(z)
        beyond = scale.back(np.array([z.min() - 100, z.max() + 100]))
    assert (np.argsort(z, kind="stable") == np.argsort(losses, kind="stable")).all()
    assert back == pytest.approx(losses, rel=1e-6, abs=1e-9 * np.abs(losses).max())
    assert beyond.tolist() == pytest.approx([losses.min(), losses.max()])


def test_bad_losses_are_brought_near_by_their_logarithm():
    z = Scale(np.array([0.0, 1.0, 2.0, 3.0, 1e6]), 1.0).of(np.array([0.0, 2.0, 1e6]))
    assert z[2] - z[1] < 20 * (z[1] - z[0])


@pytest.mark.parametrize("loss", [0.0, 2.0, 1e308, -5e-324])
def test_where_all_are_equal_the_unit_given_tells_how_far_others_lie(loss):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        scale = Scale(np.full(3, loss), 0.5)
        assert scale.of(np.full(3, loss)) == pytest.approx(0)
        better, same, worse = scale.back(np.array([-1.0, 0.0, 1.0]))
    assert better <= same <= worse
    if abs(loss) == 2.0:
        assert (better, same) == pytest.approx((1.5, 2.0))
