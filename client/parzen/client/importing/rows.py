"""What every source of trials gives: rows, as they stand there, and why one cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from parzen.shared.dimensions import Dimension
from parzen.shared.lifecycle import TrialState

Read = Callable[[Dimension, Any], Any]
"""Makes of what stands in a source a value of the parameter, or gives it back as it is."""


Attached = Mapping[str, Callable[[], bytes]]
"""Attachments by name, each read when it is needed; reading raises Unfit where it cannot be had."""


class Unfit(Exception):
    """Why a row cannot be a trial, as a clause without the row's place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One trial of a source.

    ``place`` says where it stands there, such as "line 7". ``params`` are the values of the
    study's parameters by name, as the source has them, and ``called`` says what the source calls a
    parameter, where that is another name. ``state`` is None where the source does not tell it.
    ``value`` and ``loss`` are finite or None.
    """

    place: str
    number: int
    params: Mapping[str, Any]
    called: Mapping[str, str] = field(default_factory=dict)
    state: TrialState | None = None
    value: float | None = None
    loss: float | None = None
    result: Mapping[str, Any] = field(default_factory=dict)
    user: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_s: float | None = None
    attachments: Attached = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that cannot be a trial, and why."""

    place: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where trials come from: its name for people, its rows, and how their values are read.

    ``stamp`` is the name in which trials remember it. ``remarks`` are sentences about the source as
    a whole; they are asked for when all rows were read, once.
    """

    name: str
    stamp: str
    rows: Iterator[Row | Refused]
    read: Read
    remarks: Iterable[str] = ()
