"""The floor: a bare pymongo loop with the two writes that a trial costs, a claim and a finish.

It claims the first waiting document in the order of an index, under a fresh token, and finishes it
by its id and token, both acknowledged by a majority and journalled. The documents and the indexes
are parzen's; everything else that a trial is to parzen is left out.
"""

from __future__ import annotations

import multiprocessing
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from dispatching.instant import loss
from dispatching.server import Served
from dispatching.studies import laid_out
from pymongo import MongoClient, ReturnDocument
from pymongo.collection import Collection
from pymongo.write_concern import WriteConcern

from parzen.shared.mongo.schema import INDEXES

NAME = "bare loop"
Jobs = Collection[dict[str, Any]]


def run(workers: int, trials: int, served: Served) -> Sequence[Sequence[float]]:
    """For each process, the moments of ``time.monotonic()`` at which its trials ended."""
    database = f"bare_{uuid.uuid4().hex}"
    with _client(served.uri) as client:
        jobs = client[database]["jobs"]
        jobs.create_indexes(list(INDEXES["jobs"]))
        jobs.insert_many(laid_out("bare", uuid.uuid4().hex, trials), ordered=False)
        try:
            return _work(workers, (served.uri, database))
        finally:
            client.drop_database(database)


def _work(workers: int, where: tuple[str, str]) -> Sequence[Sequence[float]]:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(workers)
    with context.Pool(workers, _settle_in, (start,)) as pool:
        return pool.starmap(_loop, [where] * workers, chunksize=1)


def _settle_in(start: Any) -> None:
    globals()["_start"] = start


def _loop(uri: str, database: str) -> list[float]:
    ends: list[float] = []
    with _client(uri) as client:
        concern = WriteConcern(w="majority", j=True)
        jobs = client[database].get_collection("jobs", write_concern=concern)
        jobs.find_one()
        globals()["_start"].wait()
        while (document := claim(jobs)) is not None:
            finish(jobs, document, loss(**document["params"]))
            ends.append(time.monotonic())
    return ends


def claim(jobs: Jobs) -> dict[str, Any] | None:
    """Take the first waiting document, if there is one."""
    claimed = {"token": uuid.uuid4().hex, "worker": "bare"}
    change = {"state": "running", "claim": claimed, "started_at": datetime.now(timezone.utc)}
    found: dict[str, Any] | None = jobs.find_one_and_update(
        {"state": "waiting"},
        {"$set": change, "$unset": {"order": 1}},
        sort=[("uid", 1), ("order", 1)],
        return_document=ReturnDocument.AFTER,
    )
    return found


def finish(jobs: Jobs, document: dict[str, Any], found: float) -> None:
    """Write the loss, if the document is still held."""
    mine = {"_id": document["_id"], "state": "running", "claim.token": document["claim"]["token"]}
    change = {"state": "complete", "loss": found, "finished_at": datetime.now(timezone.utc)}
    jobs.update_one(mine, {"$set": change, "$unset": {"claim": 1}})


def _client(uri: str) -> MongoClient[dict[str, Any]]:
    return MongoClient(uri, tz_aware=True)
