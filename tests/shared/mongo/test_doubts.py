from __future__ import annotations

import pytest

from parzen.shared.mongo import doubts
from parzen.shared.mongo.doubts import LOOK_S, Doubts


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(doubts, "time", clock)
    return clock


def test_a_claim_that_is_under_way_is_not_looked_for(clock):
    open_ones = Doubts()
    open_ones.ask({}, 60.0)
    assert not open_ones.due()


def test_one_whose_answer_will_not_come_is_looked_for_at_once_and_then_now_and_then(clock):
    open_ones = Doubts()
    doubt = open_ones.ask({}, 60.0)
    open_ones.fail(doubt)
    assert open_ones.due() == [doubt]
    assert not open_ones.due()
    clock.now += LOOK_S
    assert open_ones.due() == [doubt]


def test_what_is_known_is_not_looked_for(clock):
    open_ones = Doubts()
    doubt = open_ones.ask({}, 60.0)
    open_ones.fail(doubt)
    open_ones.settle(doubt)
    assert not open_ones.due()


def test_it_is_forgotten_when_its_lease_would_be_over(clock):
    open_ones = Doubts()
    open_ones.fail(open_ones.ask({}, 60.0))
    clock.now += 60.0
    assert not open_ones.due()
    clock.now -= 60.0
    assert not open_ones.due()


def test_each_claim_has_a_token_of_its_own(clock):
    open_ones = Doubts()
    assert open_ones.ask({}, 1.0).token != open_ones.ask({}, 1.0).token
