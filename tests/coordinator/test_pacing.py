from __future__ import annotations

import signal

from parzen.coordinator.pacing import BACKOFF_S, QUIET, STREAMING, Backoff, News, Stopping
from parzen.shared.errors import StoreDenied, StoreUnreachable


class Ledger:
    """Counts the watches that are open."""

    def __init__(self):
        self.open = 0

    def watch_results(self):
        self.open += 1
        return self

    def close(self):
        self.open -= 1


def test_the_watch_is_closed_while_results_stream_in_and_open_before_anybody_waits():
    ledger, stopping = Ledger(), Stopping()
    stopping.set()  # no pause is waited out
    news = News(ledger, stopping)
    assert (ledger.open, news.ready()) == (1, True)
    for _ in range(STREAMING):
        news.streaming(0.0, 1)
    assert ledger.open == 0
    for _ in range(QUIET):
        assert not news.ready()
    assert ledger.open == 1
    assert news.ready()
    news.close()
    news.close()
    assert ledger.open == 0


def test_an_outage_is_said_once_and_waited_for_ever_longer(caplog):
    caplog.set_level("INFO")
    backoff = Backoff()
    pauses = []
    for _ in range(10):
        backoff.failed(StoreUnreachable("gone"))
        pauses.append(backoff.pause_s)
    assert (pauses[0], pauses[-1]) == BACKOFF_S
    assert pauses == sorted(pauses)
    backoff.worked()
    backoff.worked()
    assert len(caplog.records) == 2
    backoff.failed(StoreUnreachable("gone"))
    assert backoff.pause_s == BACKOFF_S[0]


def test_a_store_that_refuses_is_not_said_to_be_silent(caplog):
    Backoff().failed(StoreDenied("not authorized"))
    assert "the store refuses, and is asked again: not authorized" in caplog.text


def test_a_handler_may_wish_to_stop_in_the_middle_of_the_wait_that_it_ends():
    stopping = Stopping()
    before = signal.signal(signal.SIGALRM, lambda *_: stopping.set())
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        stopping.wait(60.0)  # far within the test's time limit, or not at all
    finally:
        signal.signal(signal.SIGALRM, before)
    assert stopping.is_set()
