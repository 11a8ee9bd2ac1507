import pytest
from dispatching import instant


def test_the_loss_is_least_where_it_says():
    best = instant.loss(instant.X_BEST, instant.Y_BEST, 1e-3)
    assert best == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("x", "y", "lr", "loss"),
    [(0.8, 0.7, 1e-3, 0.25), (0.3, 0.2, 1e-3, 0.25), (0.3, 0.7, 1e-1, 0.4)],
)
def test_each_parameter_counts(x, y, lr, loss):
    assert instant.loss(x, y, lr) == pytest.approx(loss)
