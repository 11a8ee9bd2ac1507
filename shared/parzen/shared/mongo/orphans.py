"""What uploads that were killed left behind: found by its age, and deleted.

A file's pieces go in first and its document last, so that a killed upload leaves pieces without a
file, and a killed submission a bundle that no study names. Neither harms anybody. An upload ends
within minutes, so whatever is a day old is no part of one that still goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from parzen.shared.mongo.connection import Connection

ORPHAN_S = 86_400.0
"""From this age on, in seconds of the server's clock, what nobody names is an orphan."""

AT_ONCE = 1000
"""How many are deleted in one go."""


def sweep(link: Connection, bucket: str) -> int:
    """Delete the orphans of ``bucket``, "objectives" or "attachments"; how many there were."""
    with link.call():
        now = link.db.command("hello")["localTime"]
        before = _first_id(now - timedelta(seconds=ORPHAN_S))
        pieces = _without_file(link, bucket, before)
        files = _without_study(link, before) if bucket == "objectives" else []
    for file in files:
        with link.call():
            link.db[f"{bucket}.files"].delete_one({"_id": file})
    for file in [*files, *pieces]:
        with link.call():
            link.db[f"{bucket}.chunks"].delete_many({"files_id": file})
    return len(files) + len(pieces)


def _first_id(moment: datetime) -> ObjectId:
    """The least id that could have been made at ``moment``."""
    return ObjectId.from_datetime(moment)


def _without_file(link: Connection, bucket: str, before: ObjectId) -> list[Any]:
    """The ids of files of which only pieces are there; the pieces' index tells them."""
    found = link.db[f"{bucket}.chunks"].aggregate(
        [
            {"$match": {"files_id": {"$lt": before}, "n": 0}},
            {"$project": {"_id": 0, "files_id": 1}},
            {
                "$lookup": {
                    "from": f"{bucket}.files",
                    "localField": "files_id",
                    "foreignField": "_id",
                    "as": "file",
                }
            },
            {"$match": {"file": []}},
            {"$limit": AT_ONCE},
        ]
    )
    return [piece["files_id"] for piece in found]


def _without_study(link: Connection, before: ObjectId) -> list[Any]:
    """The ids of whole bundles that no study names."""
    files = link.db["objectives.files"].find({"_id": {"$lt": before}}, {"_id": 1})
    old = [file["_id"] for file in files]
    named = set(link.collection("studies").distinct("objective.file"))
    return [file for file in old if str(file) not in named][:AT_ONCE]
