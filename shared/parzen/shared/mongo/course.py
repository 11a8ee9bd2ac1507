"""How a study went, summed up by the server: only what is told travels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from parzen.shared.course import LATEST, Ended, Improvement, Silent, Spent
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.mongo.connection import Connection
from parzen.shared.mongo.updates import NOW
from parzen.shared.records import Study
from parzen.shared.store import LIVE_S

KINDS = {kind.value: kind for kind in FailureKind}


def improvements(link: Connection, study: Study) -> Sequence[Improvement]:
    """Each trial with a loss below those of all lower numbers, by number."""
    before = {"$min": "$loss", "window": {"documents": ["unbounded", -1]}}
    first_or_better = [{"$lte": ["$before", None]}, {"$lt": ["$loss", "$before"]}]
    stages: list[dict[str, Any]] = [
        # both fields stand in the index of losses: no document is read
        {"$match": {"uid": study.uid, "loss": {"$gte": -math.inf}}},
        {"$project": {"_id": 0, "number": 1, "loss": 1}},
        {"$setWindowFields": {"sortBy": {"number": 1}, "output": {"before": before}}},
        {"$match": {"$expr": {"$or": first_or_better}}},
        {"$sort": {"number": 1}},
    ]
    with link.call():
        found = link.collection("jobs").aggregate(stages, allowDiskUse=True).to_list()
    return [Improvement(number=d["number"], loss=d["loss"]) for d in found]


def spent(link: Connection, study: Study) -> Sequence[Spent]:
    """The attempts at the study's last ``LATEST`` trials, by how they ended."""
    until = {"$ifNull": ["$attempts.ended_at", NOW]}
    dated = [
        {"$eq": [{"$type": "$attempts.started_at"}, "date"]},
        {"$eq": [{"$type": until}, "date"]},
    ]
    ran_ms = {"$subtract": [until, "$attempts.started_at"]}
    stages: list[dict[str, Any]] = [
        {"$match": {"uid": study.uid}},
        {"$sort": {"number": -1}},
        {"$limit": LATEST},
        {"$project": {f"attempts.{field}": 1 for field in READ}},
        {"$unwind": "$attempts"},
        {
            "$group": {
                "_id": {"outcome": "$attempts.outcome", "kind": "$attempts.error.kind"},
                "attempts": {"$sum": 1},
                # a date that somebody broke by hand counts for nothing
                "ms": {"$sum": {"$cond": [{"$and": dated}, ran_ms, 0]}},
            }
        },
    ]
    with link.call():
        found = link.collection("jobs").aggregate(stages).to_list()
    return list(_spent(found))


def silent(link: Connection, study: Study) -> Sequence[Silent]:
    """The workers that have running trials of the study and are not live, by id.

    Who never said that it lives, as one that asks for trials by hand, is not missed.
    """
    seen = {"from": "workers", "localField": "_id", "foreignField": "_id", "as": "worker"}
    stages: list[dict[str, Any]] = [
        {"$match": {"uid": study.uid, "state": TrialState.RUNNING.value}},
        {"$group": {"_id": "$claim.worker", "trials": {"$sum": 1}}},
        {"$lookup": seen},
        {"$unwind": "$worker"},
        {"$match": {"worker.seen_at": {"$type": "date"}}},
        {"$set": {"ms": {"$subtract": [NOW, "$worker.seen_at"]}}},
        {"$match": {"ms": {"$gte": round(LIVE_S * 1000)}}},
        {"$sort": {"_id": 1}},
        {"$project": {"trials": 1, "ms": 1}},
    ]
    with link.call():
        found = link.collection("jobs").aggregate(stages).to_list()
    return [Silent(worker=d["_id"], trials=d["trials"], seconds=d["ms"] / 1000) for d in found]


def ends(link: Connection, study: Study) -> Sequence[Ended]:
    """When the study's last trials ended that were tried, in order.

    They are sought among the last created: some thousand, or several times as many as are out.
    """
    unfinished = (study.counts.get(s, 0) for s in TrialState if not s.finished)
    latest = min(LATEST, max(LATEST // 5, 4 * sum(unfinished)))
    stages: list[dict[str, Any]] = [
        {"$match": {"uid": study.uid}},
        {"$sort": {"number": -1}},
        {"$limit": latest},
        {"$match": {"state": {"$in": TRIED}, "finished_at": {"$type": "date"}}},
        {"$project": {"_id": 0, "finished_at": 1, "duration_s": 1}},
        {"$sort": {"finished_at": 1}},
    ]
    with link.call():
        found = link.collection("jobs").aggregate(stages).to_list()
    return [Ended(d["finished_at"], _seconds(d.get("duration_s"))) for d in found]


TRIED = [state.value for state in TrialState if state.tried]


def _seconds(found: Any) -> float | None:
    return float(found) if isinstance(found, (int, float)) and math.isfinite(found) else None


READ = ("started_at", "ended_at", "outcome", "error.kind")


def _spent(found: Sequence[dict[str, Any]]) -> Iterator[Spent]:
    for group in found:
        outcome, kind = group["_id"].get("outcome"), group["_id"].get("kind")
        yield Spent(
            outcome=outcome if isinstance(outcome, str) else None,
            kind=KINDS.get(kind) if isinstance(kind, str) else None,
            attempts=group["attempts"],
            seconds=max(0.0, group["ms"] / 1000),
        )
