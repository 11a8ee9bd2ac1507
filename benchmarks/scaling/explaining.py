"""What the server looks at for one claim, as its ``explain`` tells."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence

from scaling.cells import Examined

from parzen.shared.mongo import MongoStore, updates
from parzen.shared.mongo.claiming import AT_ONCE, claimable
from parzen.shared.records import Study, Uid, Worker

PATIENCE_S = 10.0
TRY_S = 0.02


def by_one_and_many(
    store: MongoStore, studies: Sequence[Study]
) -> tuple[Examined, Examined | None]:
    """For a claim that names one study, and for one that names 32 where there are so many.

    Something waits, so that the claim finds it.
    """
    _await_work(store)
    first = store.db["jobs"].find_one({"state": "waiting", "order": {"$exists": True}}, {"uid": 1})
    one = Uid(first["uid"]) if first else studies[0].uid
    many = [one, *(s.uid for s in studies if s.uid != one)][:AT_ONCE]
    return examined(store, [one]), examined(store, many) if len(many) == AT_ONCE else None


def examined(store: MongoStore, uids: Sequence[Uid]) -> Examined:
    """For a claim that names these studies; nothing is claimed."""
    worker = Worker(id="explained", host="", pid=0)
    claim = {
        "findAndModify": "jobs",
        "query": claimable(uids),
        "sort": {"order": 1},
        "update": updates.claimed(worker, uuid.uuid4().hex),
        "new": True,
    }
    told = store.db.command("explain", claim, verbosity="executionStats")["executionStats"]
    return Examined(documents=told["totalDocsExamined"], keys=told["totalKeysExamined"])


def _await_work(store: MongoStore) -> None:
    patience = time.monotonic() + PATIENCE_S
    while time.monotonic() < patience and not store.db["jobs"].find_one({"state": "waiting"}):
        time.sleep(TRY_S)
