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


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, 2.0]), st.integers(0, 9)), max_size=40))
def test_an_order_is_that_of_a_sort(steps):
    order, there = Order(), set()
    for pair in steps:
        (order.remove if pair in there else order.add)(*pair)
        there ^= {pair}
    assert order.pairs == sorted(there)
    assert order.numbers == [number for _, number in sorted(there)]
    assert len(order) == len(there)
