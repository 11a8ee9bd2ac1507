"""Listings of trials: which, in which order, and how they are fetched."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from parzen.shared.criteria import UNSORTED, Criterion, parted
from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import TrialState
from parzen.shared.mongo.connection import Connection, Document
from parzen.shared.mongo.criteria import Expression, clause, lacking, value
from parzen.shared.mongo.filters import text
from parzen.shared.mongo.projections import SLIM
from parzen.shared.records import Study

KEY = "sorted_by"
"""The field in which a query keeps what it sorts by, where no field of a trial is that."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a listing; ``key`` is what ``sort`` calls :data:`KEY`."""

    wanted: Document
    sort: Sequence[tuple[str, int]]
    key: Expression | None = None

    def batches(self, link: Connection, limit: int | None, *, slim: bool) -> Iterator[list[Any]]:
        """The documents; ``slim`` ones lack attempts, result and user data."""
        jobs = link.collection("jobs")
        if self.key is None:
            fields = SLIM if slim else None
            return link.batches(
                lambda: jobs.find(self.wanted, fields).sort(self.sort).limit(limit or 0)
            )
        stages: list[Document] = [
            {"$match": self.wanted},
            {"$set": {KEY: self.key}},
            *([{"$unset": list(SLIM)}] if slim else []),
            {"$sort": dict(self.sort)},
            *([{"$limit": limit}] if limit is not None else []),
        ]
        return link.batches(lambda: jobs.aggregate(stages, allowDiskUse=True))


def order(sort: object) -> tuple[str, int]:
    """What a listing is sorted by, and which way: 1 upwards, -1 downwards.

    Raises:
        InvalidInput: nothing can be sorted by that.
    """
    sort = text("the order of trials", sort)
    field = sort.removeprefix("-")
    name, _ = parted(field)
    if name in UNSORTED:
        raise InvalidInput(
            f"trials cannot be sorted by {field!r}, of which one may have many: sort by another "
            "field"
        )
    return field, -1 if sort.startswith("-") else 1


def queries(
    study: Study,
    states: Sequence[TrialState],
    where: Sequence[Criterion],
    by: tuple[str, int],
) -> list[Query]:
    """The queries of a listing: those that have the sorted field, then those that lack it.

    Raises:
        InvalidInput: a condition compares what cannot be compared.
    """
    wanted: Document = {"uid": study.uid, **clause(where)}
    if states:
        wanted["state"] = {"$in": [state.value for state in states]}
    field, direction = by
    found = value(field)
    if field == "number":
        return [Query(wanted, [by])]
    sort: str = found.removeprefix("$") if isinstance(found, str) else KEY
    has, lacks = _present(field, found), lacking(found)
    return [
        Query(
            {"$and": [wanted, has]},
            [(sort, direction), ("number", direction)],
            None if isinstance(found, str) else found,
        ),
        Query({"$and": [wanted, {"$expr": lacks}]}, [("number", 1)]),
    ]


def _present(field: str, found: Expression) -> Document:
    # a bound that the partial index of losses covers
    if field == "loss":
        return {field: {"$gte": -math.inf}}
    return {"$expr": {"$not": [lacking(found)]}}
