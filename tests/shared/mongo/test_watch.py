from __future__ import annotations

import uuid

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from parzen.shared.errors import StoreDenied
from parzen.shared.lifecycle import StudyEvent, TrialState
from parzen.shared.mongo import connect, watch
from parzen.shared.records import Completed, Want
from parzen.shared.store import Changes, Hearing, Kept, Proposal, Proposed

PATIENCE_S = 20.0


def insert(store, study, number, by=None):
    lead = store.ledger.lead(study.uid, "leader", 60.0)
    proposed = Proposed(sampler="random")
    proposal = Proposal(number=number, params={}, proposed=proposed, enqueued_by=by)
    store.ledger.insert(lead, [proposal])
    return lead


@pytest.fixture
def events(store):
    """What passes a filter: the changed documents' ids with the kind of change, in order."""

    def follow(match, act, last):
        with store.db.watch([{"$match": match}]) as stream:
            act()
            found = []
            for event in stream:
                found.append((event["operationType"], event["documentKey"]["_id"]))
                if found[-1] == last:
                    return found
        raise AssertionError(found)

    return follow


def test_only_what_may_be_claimed_wakes_a_worker(store, new_study, worker, events):
    study = new_study(store)
    zero, one, two = (f"{study.uid}:{n}" for n in range(3))

    def act():
        lead = insert(store, study, 0)
        (claim,) = store.queue.claim(worker, [study])
        store.queue.renew([claim])
        store.queue.report([(claim, Completed(value=1.0))])
        insert(store, study, 1)
        store.db.jobs.update_one({"_id": one}, {"$unset": {"order": 1}})
        store.ledger.queue_due(lead)
        insert(store, study, 2)

    assert events(watch.CLAIMABLE, act, ("insert", two)) == [
        ("insert", zero),
        ("insert", one),
        ("update", one),
        ("insert", two),
    ]


def test_only_changes_of_state_wake_a_coordinator(store, new_study, worker, events):
    study = new_study(store)
    zero, one = (f"{study.uid}:{n}" for n in range(2))

    def act():
        insert(store, study, 0)
        (claim,) = store.queue.claim(worker, [study])
        store.queue.renew([claim])
        store.queue.report([(claim, Completed(value=1.0))])
        insert(store, study, 1, by="ann")

    either = {"$or": [watch.STATE_CHANGED, watch.ENQUEUED]}
    assert events(either, act, ("insert", one)) == [
        ("update", zero),
        ("update", zero),
        ("insert", one),
    ]


def test_a_leaders_own_bookkeeping_wakes_nobody(store, new_study, events):
    study, last = new_study(store), None

    def act():
        nonlocal last
        lead = store.ledger.lead(study.uid, "leader", 60.0)
        for _ in range(3):
            lead = store.ledger.lead(study.uid, "leader", 60.0)
            store.ledger.keep_counts(
                [
                    Kept(
                        lead=lead,
                        counts={TrialState.COMPLETE: 1},
                        best_number=1,
                        proposing="stage 1 of 2",
                    )
                ]
            )
        store.ledger.keep_counts([Kept(lead=lead, counts={})])
        store.catalog.wish(study.name, Want.PAUSE)
        store.catalog.wish(study.name, Want.PAUSE)
        store.ledger.move(lead, StudyEvent.PAUSE)
        last = new_study(store).name
        store.db.studies.delete_one({"_id": last})
        store.db.studies.insert_one(
            {**store.db.studies.find_one({"_id": study.name}), "_id": "end", "uid": "end"}
        )

    assert events(watch.STUDY_MOVED, act, ("insert", "end")) == [
        ("update", study.name),
        ("update", study.name),
        ("update", study.name),
        ("insert", last),
        ("delete", last),
        ("insert", "end"),
    ]


def test_a_stream_that_was_invalidated_is_opened_again(store, new_study):
    with_news = store.queue.watch_work()
    store.db.client.drop_database(store.db.name)
    assert with_news.wait(PATIENCE_S)

    store.prepare()
    study = new_study(store)
    insert(store, study, 0)
    assert with_news.wait(PATIENCE_S)
    with_news.close()
    assert store.hearing.streams
    assert store.hearing.resumes >= 1


def test_a_stream_that_cannot_be_had_for_a_while_comes_back(store, new_study, monkeypatch):
    opens, real = [], type(store.db).watch

    def failing(self, *args, **kwargs):
        opens.append(1)
        if len(opens) < 3:
            raise OperationFailure("no majority yet", 1)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(type(store.db), "watch", failing)
    late = store.ledger.watch_results()

    assert late.wait(PATIENCE_S)
    assert len(opens) == 3
    late.close()


def test_many_changes_wake_once(store, new_study):
    study = new_study(store)
    following = store.catalog.watch_study(study)
    for number in range(5):
        insert(store, study, number)
    assert following.wait(PATIENCE_S)
    following.close()
    assert not following.wait(0.0)


def test_a_user_who_may_not_watch_is_told_at_once(mongod_uri):
    name, user = f"test_{uuid.uuid4().hex}", uuid.uuid4().hex
    host = mongod_uri.rpartition("@")[2].partition("/")[0]
    privileges = [{"resource": {"db": name, "collection": ""}, "actions": ["find", "listIndexes"]}]
    with MongoClient(mongod_uri) as admin:
        connect(mongod_uri.replace("/parzen?", f"/{name}?"), prepare=True).close()
        admin[name].command("createRole", user, privileges=privileges, roles=[])
        admin[name].command("createUser", user, pwd="pass", roles=[user])
        uri = f"mongodb://{user}:pass@{host}/{name}?directConnection=true&authSource={name}"
        with connect(uri) as store, pytest.raises(StoreDenied):
            store.queue.watch_work()
        admin[name].command("dropUser", user)
        admin[name].command("dropRole", user)
        admin.drop_database(name)


def test_polling_goes_on_through_trouble(standalone_uri, new_study, monkeypatch):
    name = f"test_{uuid.uuid4().hex}"
    with connect(standalone_uri + name, prepare=True) as store:
        polling = store.queue.watch_work()
        real, left = type(store.db).command, [2]

        def failing(self, command, *args, **kwargs):
            if command == "dbStats" and left[0]:
                left[0] -= 1
                raise OperationFailure("not now", 1)
            return real(self, command, *args, **kwargs)

        monkeypatch.setattr(type(store.db), "command", failing)
        study = new_study(store)
        insert(store, study, 0)

        assert polling.wait(PATIENCE_S)
        assert left == [0]
        assert store.hearing == Hearing(streams=False)
        store.db.client.drop_database(name)


def test_what_was_seen_is_told_once():
    seen = watch.Seen()
    assert seen.take() == Changes(everything=True)
    assert seen.take() == Changes()
    seen.note({"ns": {"coll": "jobs"}, "documentKey": {"_id": "u:1"}})
    seen.note({"ns": {"coll": "jobs"}, "documentKey": {"_id": "v:10"}})
    seen.note({"ns": {"coll": "jobs"}, "documentKey": {"_id": "u:2"}})
    assert seen.take() == Changes(trials=frozenset({"u", "v"}))
    seen.note({"ns": {"coll": "studies"}, "documentKey": {"_id": "name"}})
    assert seen.take() == Changes(studies=True)


@pytest.mark.parametrize(
    "change", [{"ns": {"coll": "jobs"}}, {"ns": {"coll": "jobs"}, "documentKey": {"_id": 7}}, {}]
)
def test_what_cannot_be_told_apart_may_be_anything(change):
    """A collection that is dropped, or a trial under an id that nobody of ours gave it."""
    seen = watch.Seen()
    seen.take()
    seen.note(change)
    assert seen.take().everything
