from __future__ import annotations

import logging

from parzen.shared.store import Proposal, Proposed


def insert(store, study, count):
    lead = store.ledger.lead(study.uid, "leader", 60.0)
    proposed = Proposed(sampler="random")
    store.ledger.insert(
        lead, [Proposal(number=n, params={}, proposed=proposed) for n in range(count)]
    )
    return lead


def test_one_broken_trial_harms_no_other_and_is_warned_of_once(store, new_study, caplog):
    study = new_study(store)
    insert(store, study, 3)
    store.db.jobs.update_one({"_id": f"{study.uid}:1"}, {"$set": {"failures": {"bored": 1}}})
    store.db.jobs.update_one({"_id": f"{study.uid}:2"}, {"$set": {"schema": 99}})

    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert [t.number for t in store.ledger.history(study.uid)] == [0]

    assert len(caplog.records) == 2
    assert f"{study.uid}:1" in caplog.text
    assert "has schema 99" in caplog.text


def test_a_broken_study_harms_no_other(store, new_study, caplog):
    broken, whole = new_study(store), new_study(store)
    store.db.studies.update_one({"_id": broken.name}, {"$set": {"sampler": 3}})

    assert [s.name for s in store.ledger.leadable()] == [whole.name]
    assert [s.name for s in store.catalog.all_studies()] == [whole.name]
    assert [s.name for s in store.queue.studies()] == [whole.name]
    assert store.ledger.lead(broken.uid, "leader", 60.0) is None
    assert len(caplog.records) == 1


def test_a_study_of_another_schema_is_not_led(store, new_study):
    study = new_study(store)
    store.db.studies.update_one({"_id": study.name}, {"$set": {"schema": 99}})

    assert store.ledger.lead(study.uid, "leader", 60.0) is None
    assert "lease" not in store.db.studies.find_one({"_id": study.name})


def test_a_trial_claimed_while_the_waiting_ones_are_cancelled_stays_claimed(
    recorded, new_study, worker
):
    led, commands = recorded
    study = new_study(led)
    lead = insert(led, study, 2)
    commands.before["update"] = lambda: led.queue.claim(worker, [study])

    assert led.ledger.cancel_waiting(lead) == [1]

    assert [t.state for t in led.ledger.history(study.uid)] == ["running", "cancelled"]


def test_back_off_ends_by_the_servers_clock(store, new_study):
    study = new_study(store)
    lead = insert(store, study, 3)
    for number, minutes in [(0, -1), (1, 1)]:
        due = [{"$set": {"due_at": {"$add": ["$$NOW", minutes * 60_000]}}}, {"$unset": "order"}]
        store.db.jobs.update_one({"_id": f"{study.uid}:{number}"}, due)

    assert store.ledger.queue_due(lead) == 1

    orders = {t.number: (t.order, t.due_at is None) for t in store.ledger.history(study.uid)}
    assert orders == {0: (0, True), 1: (None, False), 2: (2, True)}
