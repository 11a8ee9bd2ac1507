"""Holding back trials beyond what a study's ``max_running`` allows, and letting them go."""

from __future__ import annotations

from dataclasses import dataclass

from pymongo.collection import Collection

from parzen.shared.mongo.claiming import claimable
from parzen.shared.mongo.connection import Document
from parzen.shared.places import CLAIMABLE_FROM, HELD
from parzen.shared.records import Uid

AT_ONCE = 1000
"""How many change their place in one update."""


@dataclass(frozen=True, slots=True)
class Bounding:
    """One look at a study's queue. Each update names the places, so that none races a claim."""

    jobs: Collection[Document]
    study: Uid

    def run(self, most: int | None) -> int:
        """See :meth:`parzen.shared.store.Ledger.bound`."""
        free, back = claimable([self.study]), self._held()
        if most is None:
            return self._moved(back, HELD, None)
        beyond = self.jobs.find(free, {"_id": 1}).sort("order", 1).skip(most).limit(AT_ONCE)
        surplus = [document["_id"] for document in beyond]
        if surplus:
            return self._moved({**free, "_id": {"$in": surplus}}, -HELD, None)
        room = most - self.jobs.count_documents(free, limit=most) if most else 0
        return self._moved(back, HELD, room) if room else 0

    def _held(self) -> dict[str, object]:
        return {**claimable([self.study]), "order": {"$lt": CLAIMABLE_FROM}}

    def _moved(self, wanted: dict[str, object], by: int, most: int | None) -> int:
        """Move the first ``most`` of those ``wanted``."""
        if most is not None:
            first = self.jobs.find(wanted, {"_id": 1}).sort("order", 1).limit(most)
            wanted = {**wanted, "_id": {"$in": [document["_id"] for document in first]}}
        place = [{"$set": {"order": {"$add": ["$order", by]}}}]
        return self.jobs.update_many(wanted, place).modified_count
