import pytest

from parzen.shared.records import Uid
from parzen.worker.holdings import LAG_S, Holdings

A, B = Uid("a"), Uid("b")


@pytest.fixture
def clock(monkeypatch):
    moment = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    return moment


def told(held):
    return {uid: n for uid, n in held.items() if n}


def test_what_changed_since_the_counts_is_known(clock):
    holdings = Holdings()
    holdings.since(100.0, [A, A])
    clock[0] += 10
    assert told(holdings.since(110.0, [A, A])) == {}
    clock[0] += 0.2
    assert told(holdings.since(110.0, [A, B])) == {A: -1, B: 1}
    clock[0] += 0.2
    assert told(holdings.since(110.0, [B, B])) == {A: -2, B: 2}


def test_counts_may_be_older_than_their_reading(clock):
    holdings = Holdings()
    holdings.since(100.0, [A])
    clock[0] += 10
    holdings.since(110.0, [A, B])
    clock[0] += LAG_S / 2
    assert told(holdings.since(clock[0], [A, B])) == {B: 1}
    clock[0] += LAG_S
    assert told(holdings.since(clock[0], [A, B])) == {}


def test_nothing_is_known_before_the_first_note(clock):
    assert told(Holdings().since(100.0, [A])) == {A: 1}
