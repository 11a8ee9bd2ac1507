import time
import uuid

import pytest
from dispatching import bare, instant, studies
from dispatching.server import Served
from pymongo import MongoClient


@pytest.fixture
def jobs(store):
    """Two waiting documents."""
    found = store.db["bare_jobs"]
    found.insert_many(studies.laid_out("bare", uuid.uuid4().hex, 2))
    return found


def test_a_document_is_claimed_once_and_in_order(jobs):
    first, second = bare.claim(jobs), bare.claim(jobs)
    assert (first["number"], second["number"]) == (0, 1)
    assert first["claim"]["token"] != second["claim"]["token"]
    assert bare.claim(jobs) is None


def test_a_loss_is_stored_only_by_whoever_holds_the_document(jobs):
    first = bare.claim(jobs)
    lost = {**first, "claim": {"token": "another"}}
    bare.finish(jobs, lost, 3.0)
    assert jobs.find_one({"_id": first["_id"]})["state"] == "running"
    bare.finish(jobs, first, 2.0)
    found = jobs.find_one({"_id": first["_id"]})
    assert (found["state"], found["loss"]) == ("complete", 2.0)
    assert "claim" not in found


def test_processes_share_all_trials_and_leave_nothing(mongod_uri, tmp_path, monkeypatch):
    kept = []
    drop = MongoClient.drop_database

    def look(client, name):
        kept.extend(client[name]["jobs"].find())
        drop(client, name)

    monkeypatch.setattr(MongoClient, "drop_database", look)
    before = time.monotonic()
    ends = bare.run(2, 60, Served(mongod_uri, tmp_path, 0))
    assert len(ends) == 2
    assert sum(map(len, ends)) == 60
    for of_one in ends:
        assert of_one == sorted(of_one)
        assert all(before < moment < time.monotonic() for moment in of_one)
    assert [doc["loss"] for doc in kept] == [instant.loss(**doc["params"]) for doc in kept]
    with MongoClient(mongod_uri) as client:
        assert not [name for name in client.list_database_names() if name.startswith("bare_")]
