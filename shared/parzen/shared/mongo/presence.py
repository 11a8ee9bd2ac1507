"""Who is alive: one document for each process, seen by the server's clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import ReturnDocument

from parzen.shared import codec
from parzen.shared.mongo.connection import Connection
from parzen.shared.mongo.updates import NOW, literal
from parzen.shared.reading import part
from parzen.shared.records import Order, Worker
from parzen.shared.store import LIVE_S


@dataclass(frozen=True, slots=True)
class MongoPresence:
    """What every room's view of the store can do; see :class:`parzen.shared.store.Presence`."""

    link: Connection

    def beat(self, worker: Worker) -> Order | None:
        """Say that ``worker`` is alive, now, on the server's clock; what somebody asked of it."""
        document = codec.worker_document(worker)
        stamps = {"started_at": {"$ifNull": ["$started_at", NOW]}, "seen_at": NOW}
        kept = {"order": "$order"}  # where there is none, none is made
        with self.link.call():
            found = self.link.collection("workers").find_one_and_update(
                {"_id": worker.id},
                [{"$replaceWith": {"$mergeObjects": [literal(document), stamps, kept]}}],
                {"order": 1},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        asked = part(found or {}, "order", str, None)
        return Order(asked) if asked in set(Order) else None

    def ask(self, worker_id: str, order: Order) -> bool:
        """Ask a process to do something, which it does when it shows next; whether there is one."""
        with self.link.call():
            done = self.link.collection("workers").update_one(
                {"_id": worker_id}, {"$set": {"order": order.value}}
            )
        return bool(done.matched_count)

    def leave(self, worker_id: str) -> None:
        """Say that it is gone, and meant to go."""
        with self.link.call():
            self.link.collection("workers").delete_one({"_id": worker_id})

    def workers(self) -> Sequence[Worker]:
        """Who was seen within ``LIVE_S``, by id."""
        alive = {"$gt": ["$seen_at", {"$subtract": [NOW, round(LIVE_S * 1000)]}]}
        with self.link.call():
            found = self.link.collection("workers").find({"$expr": alive}).sort("_id").to_list()
        return list(self.link.readable(found, codec.decode_worker))

    def remaining(self, ids: Sequence[str]) -> Sequence[Worker]:
        """Those of these that have not left, by id, alive or not."""
        asked = {"_id": {"$in": list(ids)}}
        with self.link.call():
            found = self.link.collection("workers").find(asked).sort("_id").to_list()
        return list(self.link.readable(found, codec.decode_worker))

    def now(self) -> datetime:
        """The server's clock."""
        with self.link.call():
            said = self.link.db.command("hello", codec_options=self.link.db.codec_options)
        moment: datetime = said["localTime"]
        return moment

    def identity(self) -> str:
        """What tells this store from every other, whatever its address; empty where nothing does.

        The server gives every collection an id of its own for good; a copy has another one.
        """
        with self.link.call():
            found = self.link.db.list_collections(filter={"name": "studies"}).to_list()
        return bytes(found[0].get("info", {}).get("uuid", b"")).hex() if found else ""
