"""Taking back trials whose worker is lost, judged by the server's clock in the update itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import UpdateOne

from parzen.shared.lifecycle import FailureKind, StudyStatus, TrialEvent, settle, sources
from parzen.shared.mongo import updates
from parzen.shared.mongo.connection import Connection, Document
from parzen.shared.reading import objects, part
from parzen.shared.records import Study
from parzen.shared.store import LONGEST_LEASE_S

OVERDUE: dict[str, Any] = {"$expr": updates.outside("$claim.expires_at", LONGEST_LEASE_S)}
"""Stands in the update's own filter, so that taking a trial back cannot race a renewal."""


@dataclass(frozen=True, slots=True)
class Expiring:
    """One sweep over a study's running trials."""

    link: Connection
    study: Study
    upto: int

    def run(self) -> Sequence[int]:
        """Requeue, fail or cancel each trial whose lease ran out; their numbers."""
        jobs = self.link.collection("jobs")
        running = updates.sources_clause(sources(TrialEvent.EXPIRE))
        mine = {"state": running, "uid": self.study.uid} | updates.proposed_by(self.upto)
        found = jobs.find(mine | OVERDUE, {"number": 1, "claim": 1, "failures": 1}).to_list()
        if not found:
            return []
        done = jobs.bulk_write([self._update(d) for d in found], ordered=False)
        if done.matched_count < len(found):  # renewed or reported meanwhile
            found = self._taken(found)
        return sorted(d["number"] for d in found)

    def _update(self, document: Document) -> UpdateOne:
        token = part(document, "claim.token", str, None)
        event = self._event(document)
        fence = {
            "_id": document["_id"],
            "state": updates.sources_clause([s for s in sources(event) if s in RUNNING]),
            "claim.token": token,
        }
        return UpdateOne(fence | OVERDUE, updates.expired(token, event, self.study))

    def _event(self, document: Document) -> TrialEvent:
        if self.study.status is StudyStatus.STOPPING or self.study.status.ended:
            return TrialEvent.CANCEL
        before = {FailureKind.LOST: part(document, f"failures.{FailureKind.LOST.value}", int, 0)}
        return settle(FailureKind.LOST, before, self.study.retries).event

    def _taken(self, found: Sequence[Document]) -> list[Document]:
        """Those that this sweep took back: the attempt that held the trial ended as lost."""
        tokens = {d["_id"]: t for d in found if (t := part(d, "claim.token", str, None))}
        now = self.link.collection("jobs").find(
            {"_id": {"$in": list(tokens)}},
            {"number": 1, "attempts.token": 1, "attempts.outcome": 1},
        )
        return [
            d
            for d in now
            for a in objects(d, "attempts")
            if a.get("token") == tokens[d["_id"]] and a.get("outcome") == updates.LOST
        ]


RUNNING = sources(TrialEvent.EXPIRE)
"""The states of a claimed trial."""
