import numpy as np
import pytest

from parzen.coordinator.samplers.strata import best_and_others, strata


def test_one_is_taken_of_each_stratum():
    taken = strata(1000, 10, np.random.default_rng(0))
    assert (taken // 100).tolist() == list(range(10))


@pytest.mark.parametrize("count", [0, 1, 3, 10])
def test_all_are_taken_where_there_are_few(count):
    assert strata(count, 10, np.random.default_rng(0)).tolist() == list(range(count))


@pytest.mark.parametrize(("count", "most"), [(11, 10), (257, 256), (1000, 3), (10**9, 128)])
def test_they_ascend_and_none_lies_beyond(count, most):
    taken = strata(count, most, np.random.default_rng(1))
    assert len(taken) == most
    assert (np.diff(taken) > 0).all()
    assert taken[0] >= 0
    assert taken[-1] < count


def test_each_index_is_taken_as_often_as_any_other():
    rng = np.random.default_rng(2)
    often = sum(np.bincount(strata(7, 3, rng), minlength=7) for _ in range(7000))
    np.testing.assert_allclose(often, 3000, rtol=0.07)


@pytest.mark.parametrize("most", [1, 2, 5, 10])
def test_the_best_half_is_taken_and_others_from_all_ranks(most):
    order = np.arange(100)[::-1]
    taken = best_and_others(order, most)
    half = (most + 1) // 2
    assert len(set(taken.tolist())) == most
    assert taken[:half].tolist() == order[:half].tolist()
    others = 100 - half - taken[half:]
    assert all(abs(apart - 100 / (most - half)) < 2 + half for apart in np.diff(others))


def test_of_a_few_all_are_taken_in_their_order():
    assert best_and_others(np.array([2, 0, 1]), 10).tolist() == [2, 0, 1]
    assert best_and_others(np.array([], dtype=int), 10).tolist() == []
