"""Conditions and orders of trials as expressions of MongoDB.

Names and values of users stand inside ``$literal`` only, and a field is read by ``$getField``: a
key that holds a dot or a dollar is a key, and a value that looks like an operator is a value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from parzen.shared.criteria import Comparison, Criterion, parted
from parzen.shared.errors import InvalidInput
from parzen.shared.mongo.updates import literal
from parzen.shared.plain import INT64, shown

Expression = Any

ORDERS = {
    Comparison.BELOW: "$lt",
    Comparison.AT_MOST: "$lte",
    Comparison.ABOVE: "$gt",
    Comparison.AT_LEAST: "$gte",
}

STORED = {"duration": "duration_s", "started": "started_at", "finished": "finished_at"}
"""Fields that have another name in a document."""

LATEST = ("worker", "host")
"""Fields of the last attempt."""


def clause(criteria: Sequence[Criterion]) -> dict[str, Any]:
    """The clause of a filter that trials meet which meet all of ``criteria``; empty without any.

    Raises:
        InvalidInput: a field or a value is none that can be compared.
    """
    return {"$expr": {"$and": [_met(one) for one in criteria]}} if criteria else {}


def value(field: str) -> Expression:
    """The value of a trial's ``field``; missing or null where it has none.

    Raises:
        InvalidInput: there is no such field.
    """
    name, key = parted(field)
    if key is not None:
        return _get(f"${name}", key)
    if name == "kind":
        return _kinds()
    if name == "error":
        return _get(_get(_last_attempt(), "error"), "message")
    if name in LATEST:
        return _get(_last_attempt(), name)
    return f"${STORED.get(name, name)}"


def lacking(found: Expression) -> Expression:
    """Whether there is no value."""
    return {"$eq": [{"$ifNull": [found, None]}, None]}


def _met(one: Criterion) -> Expression:
    found, given = value(one.field), _plain(one.value)
    if parted(one.field)[0] == "kind":
        return _kind_met(one, found)
    if one.comparison is Comparison.OTHER:
        return {"$not": [_equal(found, given)]}
    if one.comparison is Comparison.EQUAL:
        return _equal(found, given)
    if one.comparison is Comparison.HOLDS:
        return _holds(found, one)
    return {"$and": [_ordered_like(found, one), {ORDERS[one.comparison]: [found, literal(given)]}]}


def _equal(found: Expression, given: object) -> Expression:
    return lacking(found) if given is None else {"$eq": [found, literal(given)]}


def _holds(found: Expression, one: Criterion) -> Expression:
    if not isinstance(one.value, str):
        raise InvalidInput(f"{one.field} ~ {shown(one.value)} cannot be compared: expected a text")
    place = {"$indexOfCP": [found, literal(one.value)]}
    return {"$cond": [_is(found, "string"), {"$gte": [place, 0]}, False]}


def _ordered_like(found: Expression, one: Criterion) -> Expression:
    """Whether what was found is of the value's kind: MongoDB orders all kinds in one row."""
    given = one.value
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        # in that row NaN stands below all numbers
        return {"$and": [{"$isNumber": found}, {"$gte": [found, -math.inf]}]}
    if isinstance(given, str):
        return _is(found, "string")
    if isinstance(given, datetime):
        return _is(found, "date")
    raise InvalidInput(
        f"{one.field} {one.comparison.value} {shown(given)} cannot be compared: only numbers, "
        "texts and times have an order"
    )


def _is(found: Expression, kind: str) -> Expression:
    return {"$eq": [{"$type": found}, kind]}


def _kind_met(one: Criterion, found: Expression) -> Expression:
    among = {"$in": [literal(one.value), found]} if one.value is not None else {"$eq": [found, []]}
    if one.comparison is Comparison.EQUAL:
        return among
    if one.comparison is Comparison.OTHER:
        return {"$not": [among]}
    raise InvalidInput(
        f"a kind of failure cannot be compared with {one.comparison.value!r}: use = or !="
    )


def _kinds() -> Expression:
    counts = {"$objectToArray": _if_type("object", "$failures", {})}
    some = {"$filter": {"input": counts, "cond": {"$gt": ["$$this.v", 0]}}}
    return {"$map": {"input": some, "in": "$$this.k"}}


def _last_attempt() -> Expression:
    return {"$last": [_if_type("array", "$attempts", [])]}


def _if_type(kind: str, path: str, otherwise: object) -> Expression:
    """A document that somebody broke by hand is left out, and keeps no others from being found."""
    return {"$cond": [_is(path, kind), path, otherwise]}


def _get(document: Expression, key: str) -> Expression:
    return {"$getField": {"field": literal(key), "input": document}}


def _plain(given: object) -> object:
    """``given`` as a document holds it.

    Raises:
        InvalidInput: it is no plain value.
    """
    if given is None or isinstance(given, (bool, float, str, bytes, datetime)):
        return given
    if isinstance(given, int) and INT64[0] <= given <= INT64[1]:
        return given
    if isinstance(given, tuple):
        return [_plain(item) for item in given]
    raise InvalidInput(f"a trial cannot be compared with {shown(given)}: expected a plain value")
