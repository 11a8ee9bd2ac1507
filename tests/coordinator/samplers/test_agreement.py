import numpy as np
import pytest

from parzen.coordinator.samplers.agreement import FADES, FORGOTTEN, concordance, need, trust


def test_the_same_order_agrees_in_full_the_opposite_disagrees_and_equals_say_nothing():
    predicted = np.array([0.0, 1.0, 2.0, 5.0])
    assert concordance(predicted, np.exp(predicted)) == pytest.approx(1)
    assert concordance(predicted, -predicted) == pytest.approx(-1)
    assert concordance(np.full(4, 3.0), predicted) == 0
    assert concordance(predicted, np.full(4, 3.0)) == 0
    assert concordance(np.empty(0), np.empty(0)) == 0


def test_pairs_that_are_predicted_as_good_as_equal_hardly_count():
    predicted = np.array([0.0, 0.001, 10.0])
    assert concordance(predicted, np.array([2.0, 1.0, 5.0])) > 0.99
    assert concordance(predicted, np.array([5.0, 1.0, 2.0])) < 0.01


def test_what_was_not_tested_is_trusted_and_what_misleads_soon_not_at_all():
    rng = np.random.default_rng(0)
    predicted = rng.normal(size=20)
    assert trust(np.empty(0), np.empty(0)) == pytest.approx(1)
    assert trust(predicted, predicted + rng.normal(0, 0.3, 20)) == 1
    assert trust(predicted[:5], -predicted[:5]) == 0
    unrelated = [trust(predicted, rng.normal(size=20)) for _ in range(200)]
    assert np.mean(unrelated) < 0.05


def test_losses_of_any_size_have_an_order():
    with np.errstate(over="raise", invalid="raise"):
        assert concordance(np.array([0.0, 1.0]), np.array([-1.7e308, 1.7e308])) == 1


def test_a_study_with_trials_enough_needs_no_source():
    assert need(0) == need(FADES) == 1
    assert 0 < need((FADES + FORGOTTEN) // 2) < 1
    assert need(FORGOTTEN) == need(10 * FORGOTTEN) == 0
