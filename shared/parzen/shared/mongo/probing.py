"""Trying for real whether a store takes a write, and tells of it: with a document of its own.

It is put where nobody looks for it, and deleted at once. What a killed trial leaves is swept with
the remains of uploads, or by the server within a day.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any

from bson import ObjectId

from parzen.shared.mongo.connection import Connection
from parzen.shared.mongo.rights import Identity
from parzen.shared.records import SCHEMA

NEWS_S = 5.0
"""How long to wait for news of a write, in seconds."""

AWAIT_MS = 200

LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)
"""Nobody who was last seen then is listed, and the server deletes him by himself."""


def _piece() -> dict[str, Any]:
    """A piece of a file that is never completed."""
    return {"_id": ObjectId(), "files_id": ObjectId(), "n": 0, "data": b"parzen doctor"}


def _process() -> dict[str, Any]:
    return {
        "_id": f"doctor:{ObjectId()}",
        "schema": SCHEMA,
        "host": "doctor",
        "pid": 0,
        "role": "doctor",
        "seen_at": LONG_AGO,
    }


PLACES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "objectives.chunks": _piece,
    "attachments.chunks": _piece,
    "workers": _process,
}
"""Where a document may be put for a moment: each role that writes may in one of them."""


def place(who: Identity, database: str) -> str | None:
    """Where ``who`` may put a document and take it away again; None for nowhere."""
    for name in PLACES:
        if all(who.may(database, name, action) for action in ("insert", "remove")):
            return name
    return None


def write_s(link: Connection, where: str) -> float:
    """Seconds until a majority has a document that is put into the collection ``where``."""
    began = time.perf_counter()
    with _written(link, where, PLACES[where]()):
        return time.perf_counter() - began


def open_stream(link: Connection) -> None:
    """See that the database's changes may be followed; nothing is written."""
    with link.call(), link.db.watch(max_await_time_ms=AWAIT_MS):
        pass


def news_s(link: Connection, where: str) -> float | None:
    """Seconds until a write into ``where`` is heard of; None where it is not in :data:`NEWS_S`."""
    document = PLACES[where]()
    wanted = {"ns.coll": where, "documentKey._id": document["_id"]}
    with link.call():
        stream = link.db.watch([{"$match": wanted}], max_await_time_ms=AWAIT_MS)
    began = time.perf_counter()
    with stream, _written(link, where, document):
        while time.perf_counter() - began < NEWS_S:
            with link.call():
                if stream.try_next() is not None:
                    return time.perf_counter() - began
    return None


@contextmanager
def _written(link: Connection, where: str, document: Mapping[str, Any]) -> Iterator[None]:
    """``document`` stands in the collection for the time of a block."""
    with link.call():
        link.collection(where).insert_one(dict(document))
    try:
        yield
    finally:
        with link.call():
            link.collection(where).delete_one({"_id": document["_id"]})
