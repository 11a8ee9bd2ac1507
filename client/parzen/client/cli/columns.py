"""The columns in which trials are listed, by the names of their fields.

A terminal gets short texts: rounded numbers, clocks, times of the reader's own zone. A pipe gets
every digit, seconds and ISO times in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any

from parzen.client import fields
from parzen.client.wording import assignment, duration, moment, scalar
from parzen.shared.printing import Column
from parzen.shared.records import Study, Trial
from parzen.shared.shape import plain

PEOPLE = ("number", "state", "value", "took", "failures")
"""What a person is shown beside the parameters."""

PIPES = ("number", "state", "value", "loss", "duration_s", "failures")
"""What a program gets beside the parameters."""

PARAMETERS = "parameters"
"""What stands for all parameters among the names of columns."""

BULKY = ("worker", "host", "error", "result", "user")
"""Fields for which a trial must be read whole."""

WIDE = ("error", "note", PARAMETERS)
RIGHT = ("number", "loss", "value", "duration", "attempt")


def columns(study: Study, names: Sequence[str], *, exact: bool) -> list[Column[Trial]]:
    """A column for each of ``names``; ``exact`` for programs, where each parameter has its own.

    Raises:
        InvalidInput: there is no such field.
    """
    found: list[Column[Trial]] = []
    for name in names:
        if name != PARAMETERS:
            found.append(_column(study, name, exact=exact))
        elif exact:
            found += parameters(study, exact=True)
        else:
            found.append(Column(PARAMETERS, lambda t: assignment(t.params), wide=True))
    return found


def parameters(study: Study, *, exact: bool) -> Iterator[Column[Trial]]:
    """A column for each parameter."""
    for dimension in study.dimensions:
        yield _column(study, fields.called(dimension.name), exact=exact)


def slim(study: Study, names: Sequence[str]) -> bool:
    """Whether trials without attempts, results and user data tell what these columns show."""
    asked = [fields.field(name, study) for name in names if name != PARAMETERS]
    return not any(field.partition("/")[0] in BULKY for field in asked)


def _column(study: Study, name: str, *, exact: bool) -> Column[Trial]:
    field = fields.field(name, study)
    show = exactly if exact else shortly(field)
    return Column(
        name,
        lambda trial: show(value(trial, field)),
        right=field in RIGHT,
        wide=field in WIDE,
    )


def value(trial: Trial, field: str) -> Any:
    """What ``trial`` has as ``field``, or None."""
    name, _, key = field.partition("/")
    if key:
        return getattr(trial, name).get(key)
    if name == "kind":
        return " ".join(kind.value for kind, count in trial.failures.items() if count) or None
    last = trial.attempts[-1] if trial.attempts else None
    if name == "error":
        return last.error.message if last and last.error else None
    if name in ("worker", "host"):
        return getattr(last, name) if last else None
    return getattr(trial, STORED.get(name, name))


STORED = {"duration": "duration_s", "started": "started_at", "finished": "finished_at"}
"""Fields that have another name in a record."""


def shortly(field: str) -> Callable[[Any], str]:
    """How a person reads a field's values."""
    if field == "duration":
        return duration
    return _short


def _short(found: Any) -> str:
    if found is None:
        return ""
    if isinstance(found, datetime):
        return moment(found)
    if isinstance(found, dict):
        return json.dumps(plain(found))
    return scalar(plain(found))


def exactly(found: Any) -> str:
    """How a program reads any value: every digit, ISO times in UTC, JSON of what has parts."""
    if found is None:
        return ""
    if isinstance(found, datetime):
        return found.astimezone(timezone.utc).isoformat()
    if isinstance(found, float):
        return repr(found)
    if isinstance(found, (dict, list)):
        return json.dumps(plain(found))
    return str(plain(found)) if not isinstance(found, tuple) else str(found)
