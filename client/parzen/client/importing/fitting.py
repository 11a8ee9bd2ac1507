"""A row as an earlier trial of a study, in whose space it lies, its value as its state says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from parzen.client.importing.rows import Read, Row, Unfit
from parzen.shared.dimensions import Dimension, Kind, Plain
from parzen.shared.errors import InvalidResult
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import shown, to_plain
from parzen.shared.records import Study
from parzen.shared.space import fits, wanted
from parzen.shared.steering import Draft
from parzen.worker.result import storable


def fitted(
    study: Study, row: Row, read: Read, stamp: str, fill: Mapping[str, Any] | None = None
) -> Draft:
    """The draft of the finished trial that ``row`` tells of; ``stamp`` says whence it comes.

    ``fill`` are values of parameters that the row may lack. What has no time of its own counts as
    finished when the study was created: before all that the study found itself.

    Raises:
        Unfit: a parameter is missing or out of range, or the value and the state contradict.
    """
    params: dict[str, Plain] = {}
    for dimension in study.dimensions:
        if dimension.is_active(params):
            params[dimension.name] = _value(dimension, row, read, fill or {})
    value = _outcome(study, row)
    return Draft(
        params=params,
        state=_state(row),
        value=value,
        loss=None if value is None else study.direction.loss(value),
        result=_stored(row.result),
        user=_stored(row.user),
        note=row.note,
        enqueued_by=stamp,
        started_at=row.started_at,
        finished_at=row.finished_at or row.started_at or study.created_at,
        duration_s=_duration(row),
    )


def _value(dimension: Dimension, row: Row, read: Read, fill: Mapping[str, Any]) -> Plain:
    """The parameter's value in the type in which samplers propose it."""
    name = dimension.name
    called = row.called.get(name, f"the parameter {name!r}")
    if name not in row.params and name not in fill:
        raise Unfit(f"{called} is missing; it must be {wanted(dimension)}")
    found: Any = read(dimension, row.params[name]) if name in row.params else fill[name]
    if not fits(dimension, found):
        raise Unfit(f"{called} is {shown(found)}; it must be {wanted(dimension)}")
    if dimension.kind is Kind.CHOICE:
        return dimension.choices[dimension.option(to_plain(found)) or 0]
    return int(found) if dimension.kind is Kind.INT else float(found)


def _state(row: Row) -> TrialState:
    return row.state or TrialState.COMPLETE


def _outcome(study: Study, row: Row) -> float | None:
    """The value of a complete trial, in the study's own direction; None for all others."""
    if _state(row) is not TrialState.COMPLETE:
        return None
    value = row.value
    if value is None and row.loss is not None:
        return study.direction.loss(row.loss)
    if value is None:
        raise Unfit(
            "the value is missing; it must be a finite number, or a state say why there is none"
        )
    if not math.isfinite(value):
        raise Unfit(f"the value is {value!r}; it must be a finite number")
    if row.loss is not None and study.direction.loss(value) != row.loss:
        raise Unfit(
            f"the value {value!r} and the loss {row.loss!r} do not belong together in a study that "
            f"is to {study.direction.value} the value; was the source's direction another one?"
        )
    return value


def _duration(row: Row) -> float | None:
    if row.duration_s is not None or row.started_at is None or row.finished_at is None:
        return row.duration_s
    took = row.finished_at - row.started_at
    return took.total_seconds() if took >= timedelta() else None


def _stored(found: Any) -> dict[str, Any]:
    try:
        return dict(storable(0.0, found).result)
    except InvalidResult as fault:
        raise Unfit(str(fault)) from fault
