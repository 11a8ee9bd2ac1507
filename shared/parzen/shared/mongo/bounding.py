"""Holding back trials beyond what a study's ``max_running`` allows, and letting them go."""

from __future__ import annotations

from dataclasses import dataclass

from pymongo.collection import Collection

from parzen.shared.lifecycle import TrialEvent, sources
from parzen.shared.mongo import updates
from parzen.shared.mongo.claiming import claimable
from parzen.shared.mongo.connection import Document
from parzen.shared.places import CLAIMABLE_FROM, HELD
from parzen.shared.records import Uid

RUNNING = updates.sources_clause(sources(TrialEvent.EXPIRE))

AT_ONCE = 1000
"""How many change their place in one update."""


@dataclass(frozen=True, slots=True)
class Bounding:
    """One look at a study's queue. Each update names the places, so that none races a claim."""

    jobs: Collection[Document]
    study: Uid

    def run(self, limit: int | None) -> int:
        """See :meth:`parzen.shared.store.Ledger.bound`."""
        if limit is None:
            return self._moved(self._held(), HELD, None)
        free = claimable([self.study])
        line = self.jobs.find(free, {"_id": 1}).sort("order", 1).limit(limit + AT_ONCE)
        ids = [document["_id"] for document in line]
        # after those that wait: whoever is claimed in between counts twice, and not for nothing
        running = {**free, "state": RUNNING, "order": None}
        most = max(0, limit - self.jobs.count_documents(running, limit=limit))
        if len(ids) > most:
            return self._moved({**free, "_id": {"$in": ids[most:]}}, -HELD, None)
        return self._moved(self._held(), HELD, most - len(ids))

    def _held(self) -> dict[str, object]:
        return {**claimable([self.study]), "order": {"$lt": CLAIMABLE_FROM}}

    def _moved(self, wanted: dict[str, object], by: int, most: int | None) -> int:
        """Move the first ``most`` of those ``wanted``."""
        if most == 0:
            return 0
        if most is not None:
            first = self.jobs.find(wanted, {"_id": 1}).sort("order", 1).limit(most)
            wanted = {**wanted, "_id": {"$in": [document["_id"] for document in first]}}
        place = [{"$set": {"order": {"$add": ["$order", by]}}}]
        return self.jobs.update_many(wanted, place).modified_count
