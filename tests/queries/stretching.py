"""Stretching time in all documents of a store alike: what took milliseconds took minutes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from parzen.shared.mongo import MongoStore

UNIT = timedelta(minutes=7)
"""What lies between two moments that followed each other."""

DATED = ("studies", "jobs", "measurements", "attachments.files", "objectives.files")


def stretch(store: MongoStore) -> None:
    """Move every past moment so that ``UNIT`` lies between those that followed each other."""
    now = store.queue.now()
    found = {name: list(store.db[name].find()) for name in DATED}
    moments = sorted({m for documents in found.values() for m in _moments(documents) if m <= now})
    new = {m: now - UNIT * (len(moments) - i) for i, m in enumerate(moments)}
    for name, documents in found.items():
        for document in documents:
            moved = _moved(document, new)
            if "duration_s" in moved:
                took = moved["finished_at"] - moved["started_at"]
                moved["duration_s"] = took.total_seconds()
            store.db[name].replace_one({"_id": document["_id"]}, moved)


def _moments(value: Any) -> Iterator[datetime]:
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _moments(one)


def _moved(value: Any, new: Mapping[datetime, datetime]) -> Any:
    if isinstance(value, datetime):
        return new.get(value, value)
    if isinstance(value, dict):
        return {key: _moved(one, new) for key, one in value.items()}
    return [_moved(one, new) for one in value] if isinstance(value, list) else value
