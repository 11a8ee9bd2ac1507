from __future__ import annotations

from dataclasses import replace

from parzen.shared.records import Order, Uid


def seen(lab):
    return {w.id: w for w in lab.store.catalog.workers()}


def test_a_process_lives_from_its_first_beat_until_it_leaves(lab):
    worker = replace(lab.worker, role="coordinator", versions={"ruamel.yaml": "1"})
    assert worker.id not in seen(lab)

    lab.store.queue.beat(worker)
    first = seen(lab)[worker.id]
    assert first == replace(worker, started_at=first.started_at, seen_at=first.seen_at)

    lab.store.ledger.beat(replace(worker, busy=2, quarantined={Uid("u"): "no torch"}))
    second = seen(lab)[worker.id]
    assert (second.busy, second.quarantined) == (2, {"u": "no torch"})
    assert second.started_at == first.started_at
    assert second.seen_at >= first.seen_at

    lab.store.queue.leave(worker.id)
    assert worker.id not in seen(lab)
    lab.store.queue.leave(worker.id)


def test_a_process_that_was_not_seen_for_long_counts_as_gone(lab):
    lab.store.queue.beat(lab.worker)
    past = [{"$set": {"seen_at": {"$subtract": ["$$NOW", 16_000]}}}]
    lab.store.db.workers.update_one({"_id": lab.worker.id}, past)

    assert lab.worker.id not in seen(lab)
    [silent] = lab.store.catalog.remaining([lab.worker.id, "nobody"])
    assert silent.id == lab.worker.id
    lab.store.queue.leave(lab.worker.id)
    assert lab.store.catalog.remaining([lab.worker.id]) == []


def test_the_servers_clock_is_what_dates_are_set_by(lab):
    lab.insert(0)
    before = lab.store.catalog.now()
    lab.claim()

    assert before <= lab.trial(0).started_at <= lab.store.catalog.now()


def test_an_order_is_told_with_each_sign_of_life_until_it_has_gone(lab):
    queue, worker = lab.store.queue, replace(lab.worker, id=f"{lab.worker.id}-asked")
    assert not lab.store.catalog.ask(worker.id, Order.DRAIN)  # nobody is there
    assert queue.beat(worker) is None
    assert lab.store.catalog.ask(worker.id, Order.DRAIN)
    assert [queue.beat(worker), queue.beat(replace(worker, busy=1))] == [Order.DRAIN] * 2
    assert lab.store.catalog.ask(worker.id, Order.STOP)
    assert queue.beat(worker) is Order.STOP
    queue.leave(worker.id)
    assert queue.beat(worker) is None
    queue.leave(worker.id)
