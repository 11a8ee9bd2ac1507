"""What the server looks at for one claim, as its ``explain`` tells."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any

from scaling.cells import Examined

from parzen.shared.mongo import MongoStore, updates
from parzen.shared.mongo.claiming import claimable
from parzen.shared.records import Study, Uid, Worker

PATIENCE_S = 10.0
TRY_S = 0.02


def by_one_and_many(
    store: MongoStore, studies: Sequence[Study]
) -> tuple[Examined, Examined | None]:
    """For a claim from one study, and for asking which of all of them have trials.

    Something waits, so that the claim finds it.
    """
    _await_work(store)
    first = store.db["jobs"].find_one({"state": "waiting", "order": {"$exists": True}}, {"uid": 1})
    one = Uid(first["uid"]) if first else studies[0].uid
    return examined(store, one), who_waits(store, studies) if len(studies) > 1 else None


def examined(store: MongoStore, uid: Uid) -> Examined:
    """For a claim of one trial of this study; nothing is claimed."""
    worker = Worker(id="explained", host="", pid=0)
    claim = {
        "findAndModify": "jobs",
        "query": claimable([uid]),
        "sort": {"order": 1},
        "update": updates.claimed(worker, uuid.uuid4().hex),
        "new": True,
    }
    return _explained(store, claim)


def who_waits(store: MongoStore, studies: Sequence[Study]) -> Examined:
    """For the question which of ``studies`` have trials that may be claimed."""
    wanted = claimable([study.uid for study in studies])
    del wanted["schema"]
    return _explained(store, {"distinct": "jobs", "key": "uid", "query": wanted})


def _explained(store: MongoStore, command: dict[str, Any]) -> Examined:
    told = store.db.command("explain", command, verbosity="executionStats")["executionStats"]
    return Examined(documents=told["totalDocsExamined"], keys=told["totalKeysExamined"])


def _await_work(store: MongoStore) -> None:
    patience = time.monotonic() + PATIENCE_S
    while time.monotonic() < patience and not store.db["jobs"].find_one({"state": "waiting"}):
        time.sleep(TRY_S)
