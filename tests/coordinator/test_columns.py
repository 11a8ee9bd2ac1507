import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.coordinator.columns import Order, Table


def test_places_of_dropped_trials_are_used_again():
    table = Table(2)
    for n in range(1000):
        table.put(n, np.full(2, float(n)), float(n))
        if n >= 5:
            table.drop(n - 5)
    assert table.rows([999, 995]).tolist() == [[999, 999], [995, 995]]
    assert len(table._rows) == 16, "the table must not grow with what it forgot"


def test_a_trial_may_lose_its_row_and_have_one_again():
    table = Table(1)
    table.put(0, np.array([0.5]), 1.0)
    table.put(0, None, 2.0)
    assert not table.has_row(0)
    assert table.rows([0]).shape == (0, 1)
    assert table.losses([0]).tolist() == [2.0]
    table.put(0, np.array([0.25]), None)
    assert table.rows([0]).tolist() == [[0.25]]
    assert np.isnan(table.losses([0])).all()


def in_order(order):
    return list(zip(order.keys, order.numbers, strict=True))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, 2.0]), st.integers(0, 9)), max_size=40))
def test_an_order_is_that_of_a_sort(steps):
    order, there = Order(), set()
    for pair in steps:
        (order.remove if pair in there else order.add)(*pair)
        there ^= {pair}
    assert in_order(order) == sorted(there)
    assert len(order) == len(there)


@settings(max_examples=50, deadline=None)
@given(
    st.sets(st.tuples(st.sampled_from([-1.0, 0.0, 2.0]), st.integers(-3, 9))),
    st.sets(st.tuples(st.sampled_from([-1.0, 0.0, 2.0]), st.integers(10, 19))),
)
def test_an_order_sorts_what_was_appended_among_what_it_had(before, appended):
    order = Order()
    for pair in before:
        order.add(*pair)
    for pair in appended:
        order.append(*pair)
    order.sort()
    assert in_order(order) == sorted(before | appended)
    for place, pair in enumerate(sorted(before | appended)):
        assert order.place(*pair) == place


def test_many_rows_are_loaded_into_the_places_that_are_free_and_behind_them():
    table = Table(1, 1)
    for n in range(3):
        table.put(n, np.array([float(n)]), None, [0.0])
    table.drop(1)
    numbers = range(10, 40)
    rows = np.array([[float(n)] for n in numbers])
    having = np.array([n != 12 for n in numbers])
    table.load(numbers, rows, having, rows[:, 0], rows * 2)
    assert table.rows([0, 10, 39, 12, 2]).tolist() == [[0], [10], [39], [2]]
    assert table.losses([12, 39]).tolist() == [12, 39]
    assert table.exact(39).tolist() == [78]
    assert not table.has_row(12)
    table.put(50, np.array([5.0]), 1.0, [1.0])
    assert table.rows([50, 39]).tolist() == [[5], [39]]
