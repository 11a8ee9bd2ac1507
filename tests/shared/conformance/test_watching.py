"""A watch wakes for its news; how long it may take is bounded only by the test's patience."""

from __future__ import annotations

import threading

import pytest

from parzen.shared.records import Completed, Want

PATIENCE_S = 20.0


@pytest.fixture
def watching():
    opened = []

    def keep(watch):
        opened.append(watch)
        return watch

    yield keep
    for watch in opened:
        watch.close()


def test_new_trials_wake_who_waits_for_work(lab, watching):
    lab.lead  # noqa: B018 - takes the lease before the watch is opened
    watch = watching(lab.store.queue.watch_work())
    lab.insert(0)

    assert watch.wait(PATIENCE_S)


def test_a_wish_wakes_the_coordinator_and_the_worker(lab, watching):
    work = watching(lab.store.queue.watch_work())
    results = watching(lab.store.ledger.watch_results())
    lab.store.catalog.wish(lab.study.name, Want.CANCEL)

    assert work.wait(PATIENCE_S)
    assert results.wait(PATIENCE_S)


def test_a_result_wakes_the_coordinator_and_who_watches_the_study(lab, watching):
    lab.insert(0)
    (claim,) = lab.claim()
    results = watching(lab.store.ledger.watch_results())
    study = watching(lab.store.catalog.watch_study(lab.study))
    lab.report((claim, Completed(value=1.0)))

    assert results.wait(PATIENCE_S)
    assert study.wait(PATIENCE_S)


def test_a_coordinator_is_told_whose_trials_have_changed(lab, new_lab, watching):
    """Where nobody can tell, everything may have; what was told is not told again."""
    other = new_lab()
    lab.insert(0)
    other.insert(0)
    results = watching(lab.store.ledger.watch_results())
    assert results.changes().everything
    (claim,) = lab.claim()
    lab.report((claim, Completed(value=1.0)))

    seen = set()
    while lab.study.uid not in seen:
        assert results.wait(PATIENCE_S)
        changes = results.changes()
        if changes.everything:
            return
        seen |= changes.trials
    assert other.study.uid not in seen
    other.claim()
    while other.study.uid not in (told := results.changes().trials):
        assert lab.study.uid not in told or seen == {lab.study.uid}
        assert results.wait(PATIENCE_S)


def test_waiting_ends_without_news(lab, watching):
    watch = watching(lab.store.queue.watch_work())

    assert not watch.wait(0.0)


def test_closing_ends_a_wait_in_another_thread(lab, watching):
    watch = watching(lab.store.queue.watch_work())
    woken = []
    waiter = threading.Thread(target=lambda: woken.append(watch.wait(600.0)))
    waiter.start()

    watch.close()
    waiter.join(PATIENCE_S)

    assert woken == [False]
    assert not watch.wait(600.0)
    watch.close()
