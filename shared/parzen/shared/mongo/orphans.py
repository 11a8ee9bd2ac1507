"""What uploads and deletions that were killed left behind: found, counted and deleted.

A file's pieces go in first and its document last, so that a killed upload leaves pieces without a
file, and a killed submission a bundle that no study names. A study's document is deleted first, so
that a killed deletion leaves its trials and what belongs to them. None of it harms anybody. An
upload ends within minutes, so whatever is a day old is no part of one that still goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from parzen.shared.mongo.connection import Connection, log
from parzen.shared.mongo.faults import translated
from parzen.shared.mongo.removal import BELONGING, remove_belongings, remove_files, remove_pieces
from parzen.shared.records import Uid

ORPHAN_S = 86_400.0
"""From this age on, in seconds of the server's clock, what nobody names is an orphan."""

AT_ONCE = 1000
"""How many are deleted in one go."""

COUNTING_S = 120.0
"""How long adding up the size of one kind may take, in seconds."""

BUCKETS = ("objectives", "attachments")

CUT_SHORT = "of uploads that were cut short"
UNNAMED = "that no study names"
DELETED = "of deleted studies"

KINDS: Mapping[str, str] = {"jobs": "trials", "logs": "pieces of output"}
"""How a collection's documents are called, where not as the collection is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphans:
    """All orphans of one ``kind``, with the reason why they are: how many, and their size."""

    kind: str
    why: str
    count: int
    bytes: int


def find(link: Connection, older_s: float | None = None) -> list[Orphans]:
    """Look what nobody needs any more; nothing is changed.

    ``older_s`` is how old it must be, in seconds, by default :data:`ORPHAN_S`. It does not count
    for what belongs to a deleted study: nobody can be about to name that.
    """
    before = _before(link, older_s)
    found = [
        _sized(
            f"{bucket} pieces", CUT_SHORT, _pieces_size(link, bucket, _pieces(link, bucket, before))
        )
        for bucket in BUCKETS
    ]
    found.append(
        _sized("objectives", UNNAMED, _files_size(link, "objectives", _bundles(link, before)))
    )
    gone = _gone(link)
    for name in BELONGING:
        size = _documents_size(link, name, gone)
        found.append(_sized(KINDS.get(name, name), DELETED, size))
    found.append(_sized("attachments", DELETED, _attachments_size(link, gone)))
    return [orphans for orphans in found if orphans.count]


def clear(link: Connection, older_s: float | None = None) -> Mapping[str, int]:
    """Look again, and delete what is found; how many of each kind, named as :func:`find` does.

    Raises:
        StoreDenied: the user may not delete some of it; what came before it is deleted.
    """
    done: Counter[str] = Counter()
    for bucket in BUCKETS:
        while pieces := _pieces(link, bucket, _before(link, older_s), AT_ONCE):
            remove_pieces(link, bucket, pieces)
            done[f"{bucket} pieces"] += len(pieces)
    while bundles := _bundles(link, _before(link, older_s))[:AT_ONCE]:
        remove_files(link, "objectives", bundles)
        done["objectives"] += len(bundles)
    belongings: Counter[str] = Counter()
    for uid in _gone(link):
        remove_belongings(link, uid, belongings)
    done.update({KINDS.get(name, name): count for name, count in belongings.items()})
    return {kind: count for kind, count in done.items() if count}


def sweep(link: Connection, bucket: str) -> int:
    """Delete the orphans of ``bucket``, "objectives" or "attachments"; how many there were."""
    before = _before(link, None)
    pieces = _pieces(link, bucket, before, AT_ONCE)
    files = _bundles(link, before)[:AT_ONCE] if bucket == "objectives" else []
    remove_files(link, bucket, files)
    remove_pieces(link, bucket, pieces)
    return len(files) + len(pieces)


def _before(link: Connection, older_s: float | None) -> ObjectId:
    """The least id that could have been made so long ago."""
    with link.call():
        now: datetime = link.db.command("hello")["localTime"]
    return ObjectId.from_datetime(now - timedelta(seconds=ORPHAN_S if older_s is None else older_s))


def _pieces(link: Connection, bucket: str, before: ObjectId, limit: int | None = None) -> list[Any]:
    """The ids of files of which only pieces are there; the pieces' index tells them."""
    lookup = {
        "from": f"{bucket}.files",
        "localField": "files_id",
        "foreignField": "_id",
        "as": "file",
    }
    stages: list[Mapping[str, Any]] = [
        {"$match": {"files_id": {"$lt": before}, "n": 0}},
        {"$project": {"_id": 0, "files_id": 1}},
        {"$lookup": lookup},
        {"$match": {"file": []}},
    ]
    if limit is not None:
        stages.append({"$limit": limit})
    with translated(link.where, COUNTING_S):
        found = link.db[f"{bucket}.chunks"].aggregate(stages)
        return [piece["files_id"] for piece in found]


def _bundles(link: Connection, before: ObjectId) -> list[Any]:
    """The ids of whole bundles that no study names."""
    with link.call():
        files = link.db["objectives.files"].find({"_id": {"$lt": before}}, {"_id": 1})
        old = [file["_id"] for file in files]
        named = set(link.collection("studies").distinct("objective.file"))
    return [file for file in old if str(file) not in named]


def _gone(link: Connection) -> list[Uid]:
    """The uids that documents name and no study has.

    A study is there before anything that belongs to it, so the studies are read last.
    """
    named: set[Uid] = set()
    for name in BELONGING:
        with link.call():
            named.update(filter(_is_uid, link.collection(name).distinct("uid")))
    with link.call():
        files = link.db["attachments.files"]
        named.update(filter(_is_uid, files.distinct("metadata.uid")))
    with link.call():
        studies = list(link.collection("studies").find({}, {"uid": 1}))
    for study in studies:
        if not _is_uid(study.get("uid")):
            log.warning(
                "the study %r has no uid, so that nobody can tell what belongs to it: nothing is "
                "taken for a deleted study's",
                study["_id"],
            )
            return []
    return sorted(named - {study["uid"] for study in studies})


def _is_uid(value: object) -> bool:
    return isinstance(value, str) and bool(value)


Size = tuple[int, int]
"""(how many, bytes)."""


def _sized(kind: str, why: str, size: Size) -> Orphans:
    return Orphans(kind=kind, why=why, count=size[0], bytes=size[1])


def _documents_size(link: Connection, name: str, gone: Sequence[Uid]) -> Size:
    return _sum(link, name, "uid", gone, {"$bsonSize": "$$ROOT"})


def _attachments_size(link: Connection, gone: Sequence[Uid]) -> Size:
    return _sum(link, "attachments.files", "metadata.uid", gone, "$length")


def _files_size(link: Connection, bucket: str, files: Sequence[Any]) -> Size:
    return _sum(link, f"{bucket}.files", "_id", files, "$length")


def _pieces_size(link: Connection, bucket: str, files: Sequence[Any]) -> Size:
    _, size = _sum(link, f"{bucket}.chunks", "files_id", files, {"$bsonSize": "$$ROOT"})
    return len(files), size


def _sum(link: Connection, name: str, key: str, values: Sequence[Any], size: Any) -> Size:
    """How many documents of a collection have one of ``values`` as ``key``, and their size."""
    total = {"_id": None, "count": {"$sum": 1}, "bytes": {"$sum": size}}
    count = held = 0
    for some in _parts(values):
        with translated(link.where, COUNTING_S):
            matched = {"$match": {key: {"$in": list(some)}}}
            for found in link.db[name].aggregate([matched, {"$group": total}]):
                count, held = count + int(found["count"]), held + int(found["bytes"])
    return count, held


def _parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
