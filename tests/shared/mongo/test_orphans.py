from __future__ import annotations

import signal
import subprocess
import sys
import uuid

import pytest

from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.mongo import orphans
from parzen.shared.records import Completed, ObjectiveRef, Study, Uid, Verdict
from parzen.shared.store import Proposal, Proposed

DIE = """
import os, signal, sys
from pymongo.collection import Collection
from parzen.shared.mongo.connection import open_connection
from parzen.shared.mongo.files import Files

def die(self, document, **options):
    os.kill(os.getpid(), signal.SIGKILL)

uri, bucket = sys.argv[1:]
files = Files(open_connection(uri))
Collection.insert_one = die  # the last write of an upload, which makes a file of the pieces
files._put(bucket, "name", b"x" * 700_000, {})
"""


@pytest.fixture
def killed_upload(store, mongod_uri):
    """Kill -9 an upload when its pieces are there and its file is not."""

    def kill(bucket):
        uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
        done = subprocess.run([sys.executable, "-c", DIE, uri, bucket], check=False)
        assert done.returncode == -signal.SIGKILL
        assert store.db[f"{bucket}.files"].count_documents({}) == 0
        assert store.db[f"{bucket}.chunks"].count_documents({}) == 3

    return kill


@pytest.fixture
def at_once(monkeypatch):
    """What was uploaded until now is old enough."""
    monkeypatch.setattr(orphans, "ORPHAN_S", -60.0)


def new(study):
    objective = ObjectiveRef(file="", digest="", bytes=0, python="3.11", cloudpickle="3", entry="f")
    uid = Uid(uuid.uuid4().hex)
    line = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)
    return Study(name=study, uid=uid, dimensions=(line,), objective=objective)


def test_a_submission_after_a_killed_one_succeeds_and_sweeps(store, killed_upload, at_once):
    killed_upload("objectives")

    study = store.catalog.create(new("again"), b"code")

    assert store.queue.bundle(study) == b"code"
    assert store.db["objectives.chunks"].count_documents({}) == 1
    assert store.sweep() == 0


def test_what_is_younger_than_a_day_may_still_be_on_its_way(store, killed_upload):
    killed_upload("objectives")
    store.catalog.create(new("again"), b"code")

    assert store.sweep() == 0
    assert store.db["objectives.chunks"].count_documents({}) == 4


def test_a_bundle_that_no_study_names_is_swept_and_no_other(store, at_once):
    kept = store.catalog.create(new("kept"), b"kept")
    gone = store.catalog.create(new("gone"), b"gone")
    store.db.studies.delete_one({"_id": gone.name})

    assert store.sweep() == 1
    assert store.queue.bundle(kept) == b"kept"
    assert store.db["objectives.files"].count_documents({}) == 1
    assert store.db["objectives.chunks"].count_documents({}) == 1


def test_an_attachment_after_a_killed_one_succeeds(
    store, new_study, worker, killed_upload, at_once
):
    killed_upload("attachments")
    study = new_study(store)
    proposal = Proposal(number=0, params={"x": 0.5}, proposed=Proposed(sampler="random"))
    store.ledger.insert(store.ledger.lead(study.uid, "leader", 60.0), [proposal])
    (claim,) = store.queue.claim(worker, [study])

    store.queue.attach(claim, "model", b"weights")

    assert store.sweep() == 1
    assert store.catalog.attachment(study, 0, "model") == b"weights"
    assert store.queue.report([(claim, Completed(value=1.0))]) == [Verdict.ACCEPTED]


def belongings(store, uid, number=0):
    """What a study ``uid`` may leave whose deletion was killed when its document was gone."""
    named = {"schema": 1, "uid": uid, "number": number}
    store.db.jobs.insert_one({**named, "study": "s", "state": "complete", "params": {}})
    store.db.measurements.insert_one({**named, "step": 0, "value": 1.0})
    store.queue.files._put("attachments", "a", b"x" * 5000, {"uid": uid, "number": number})


def shown(store, older_s=None):
    return {(one.kind, one.why): one.count for one in store.orphans(older_s)}


def test_what_a_killed_deletion_left_is_shown_and_cleared(store, new_study):
    kept = new_study(store)
    for uid in (kept.uid, "gone", "gone-too"):
        belongings(store, uid)

    found = {one.kind: one for one in store.orphans()}
    assert {kind: one.count for kind, one in found.items()} == {
        "trials": 2, "measurements": 2, "attachments": 2
    }  # fmt: skip
    assert {one.why for one in found.values()} == {orphans.DELETED}
    assert found["attachments"].bytes == 10_000
    assert found["trials"].bytes > 100
    assert shown(store) == shown(store)

    assert store.clear_orphans() == {"trials": 2, "measurements": 2, "attachments": 2}
    assert shown(store) == {}
    assert store.db.jobs.distinct("uid") == [kept.uid]
    assert store.db["attachments.chunks"].count_documents({}) == 1


def test_pieces_and_bundles_are_shown_with_their_size(store, killed_upload):
    killed_upload("objectives")
    gone = store.catalog.create(new("gone"), b"x" * 300)
    store.db.studies.delete_one({"_id": gone.name})

    assert shown(store) == {}
    found = {one.kind: (one.count, one.bytes) for one in store.orphans(-60.0)}
    assert found["objectives"] == (1, 300)
    assert found["objectives pieces"][0] == 1
    assert found["objectives pieces"][1] > 700_000
    assert store.clear_orphans(-60.0) == {"objectives pieces": 1, "objectives": 1}
    assert shown(store, -60.0) == {}


def test_a_study_without_its_uid_keeps_everything(store, new_study, caplog):
    broken = new_study(store)
    belongings(store, broken.uid)
    store.db.command("collMod", "studies", validationLevel="off")
    store.db.studies.update_one({"_id": broken.name}, {"$set": {"uid": 7}})

    assert shown(store) == {}
    assert store.clear_orphans() == {}
    assert "has no uid" in caplog.text
