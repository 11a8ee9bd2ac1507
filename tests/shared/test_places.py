import pytest

from parzen.shared.places import CLAIMABLE_FROM, FRONT, HELD, held, hindrance
from parzen.shared.records import Study, Trial, Uid


def a_trial(order):
    return Trial(study="s", uid=Uid("u"), number=3, params={}, order=order)


@pytest.mark.parametrize(
    ("order", "waits"),
    [(None, False), (3, False), (3 - FRONT, False), (3 - HELD, True), (3 - FRONT - HELD, True)],
)
def test_only_what_was_held_back_lies_below_all_that_may_be_claimed(order, waits):
    assert held(a_trial(order)) is waits
    assert waits is (order is not None and order < CLAIMABLE_FROM)


def test_being_held_back_and_let_go_leaves_the_place_as_exact_as_it_was():
    for place in (0, 7, FRONT - 1, 7 - FRONT):
        assert float(place - HELD) + HELD == place


def test_trials_of_a_bounded_study_are_held_back_when_they_come():
    assert hindrance(Study(name="s", uid=Uid("u"), dimensions=())) == 0
    assert hindrance(Study(name="s", uid=Uid("u"), dimensions=(), max_running=1)) == HELD
