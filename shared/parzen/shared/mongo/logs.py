"""What trials print, in pieces, and who follows a trial while it prints.

A piece stands under its attempt's token: what a worker writes that was given up stays with its own
attempt. Nothing here names a trial's document, so that no trial waits for what it prints.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pymongo.errors import DuplicateKeyError

from parzen.shared import codec
from parzen.shared.mongo.connection import Connection
from parzen.shared.mongo.filters import text, whole
from parzen.shared.mongo.updates import NOW, later, literal
from parzen.shared.records import SCHEMA, Claim, Piece, Study, Uid
from parzen.shared.store import FOLLOW_S

AT_ONCE = 64
"""How many pieces one reply holds at most, and 16 MiB of them, as of everything."""


@dataclass(frozen=True, slots=True)
class Logs:
    """The collections ``logs`` and ``followers`` of a store."""

    link: Connection

    def keep(self, piece: Piece) -> None:
        """Keep ``piece``; where it stands already, since a reply was lost, it stays."""
        with self.link.call():
            try:
                self.link.collection("logs").insert_one(codec.piece_document(piece))
            except DuplicateKeyError:
                return

    def drop(self, token: str, offsets: Sequence[int]) -> None:
        """Let go of the pieces of the attempt ``token`` that begin at ``offsets``."""
        ids = [codec.piece_id(token, offset) for offset in offsets]
        with self.link.call():
            self.link.collection("logs").delete_many({"_id": {"$in": ids}})

    def pieces(
        self, study: Study, number: int, token: str, start: int, *, backwards: bool
    ) -> Iterator[Piece]:
        """The pieces of an attempt that begin at ``start`` or later, one reply in memory."""
        wanted = {
            "uid": study.uid,
            "number": whole("the trial's number", number),
            "token": text("the attempt's token", token),
            "offset": {"$gte": whole("the offset", start)},
        }
        order = [("offset", -1 if backwards else 1)]
        with self.link.collection("logs").find(wanted, sort=order, batch_size=AT_ONCE) as found:
            while True:
                with self.link.call():  # each reply has a time limit of its own
                    document = next(found, None)
                if document is None:
                    return
                piece = self.link.readable_one(document, codec.decode_piece)
                if piece is not None:
                    yield piece

    def follow(self, study: Study, number: int) -> None:
        """Ask for the trial's output while it is printed, until ``FOLLOW_S`` from now."""
        number = whole("the trial's number", number)
        fields = {"schema": SCHEMA, "uid": literal(study.uid), "number": number}
        with self.link.call():
            try:
                self.link.collection("followers").update_one(
                    {"_id": codec.trial_id(study.uid, number)},
                    [{"$set": {**fields, "until": later(FOLLOW_S)}}],
                    upsert=True,
                )
            except DuplicateKeyError:  # somebody else said so at the same moment
                return

    def followed(self, claims: Sequence[Claim]) -> Collection[tuple[Uid, int]]:
        """The keys of those trials that somebody follows now: found by ``_id``, in one query."""
        keys = {codec.trial_id(*claim.key): claim.key for claim in claims}
        now = {"$and": [{"$gt": ["$until", NOW]}, {"$lte": ["$until", later(FOLLOW_S)]}]}
        with self.link.call():
            found = self.link.collection("followers").find(
                {"_id": {"$in": list(keys)}, "$expr": now}, {"_id": 1}
            )
            return {keys[document["_id"]] for document in found}
