"""Taking a study away with all that belongs to it, in pieces that each end within a time limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bson import ObjectId

from parzen.shared.mongo.connection import Connection
from parzen.shared.records import Study, Uid

AT_ONCE = 2000
"""How many documents one call deletes."""

BELONGING = ("jobs", "measurements", "logs", "followers")
"""The collections whose documents name their study's ``uid``."""


def remove_study(link: Connection, study: Study) -> Mapping[str, int]:
    """Delete ``study`` and then what belongs to it; how many documents, by collection.

    Whoever works on it hears of its end by its absence. What a leader or a worker wrote in the
    last moment is found by a second look.
    """
    gone: Counter[str] = Counter()
    with link.call():
        done = link.collection("studies").delete_one({"_id": study.name, "uid": study.uid})
    gone["studies"] += done.deleted_count
    for _ in range(2):
        remove_belongings(link, study.uid, gone)
    if study.objective is not None and _unnamed(link, study.objective.file):
        files = [ObjectId(f) for f in [study.objective.file] if ObjectId.is_valid(f)]
        gone["objectives"] += remove_files(link, "objectives", files)
    return dict(gone)


def remove_belongings(link: Connection, uid: Uid, gone: Counter[str]) -> None:
    """Delete trials, measurements, outputs and attachments of the study ``uid``; counted."""
    for name in BELONGING:
        for ids in _pieces(link, name, {"uid": uid}):
            with link.call():
                gone[name] += link.collection(name).delete_many({"_id": {"$in": ids}}).deleted_count
    for ids in _pieces(link, "attachments.files", {"metadata.uid": uid}):
        gone["attachments"] += remove_files(link, "attachments", ids)


def _pieces(link: Connection, name: str, wanted: Mapping[str, Any]) -> Iterator[list[Any]]:
    while True:
        with link.call():
            found = link.db[name].find(wanted, {"_id": 1}).limit(AT_ONCE)
            ids = [document["_id"] for document in found]
        if not ids:
            return
        yield ids


def _unnamed(link: Connection, file: str) -> bool:
    """Whether no other study runs the same bundle."""
    with link.call():
        return link.collection("studies").find_one({"objective.file": file}, {"_id": 1}) is None


def remove_files(link: Connection, bucket: str, files: Sequence[Any]) -> int:
    """Delete ``files`` of a bucket, their documents first, so that none is read half; how many."""
    with link.call():
        done = link.db[f"{bucket}.files"].delete_many({"_id": {"$in": list(files)}})
    remove_pieces(link, bucket, files)
    return done.deleted_count


def remove_pieces(link: Connection, bucket: str, files: Sequence[Any]) -> None:
    """Delete what ``files`` consist of, each within a time limit of its own: one may be large."""
    for file in files:
        with link.call():
            link.db[f"{bucket}.chunks"].delete_many({"files_id": file})
