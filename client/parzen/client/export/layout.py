"""A study's trials as a table: the columns that CSV, Parquet and pandas have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from parzen.shared.dimensions import Dimension, Plain
from parzen.shared.records import Trial

HEAD = (
    *("number", "state", "value", "loss", "attempt", "worker", "failure"),
    *("started_at", "finished_at", "duration_s"),
)
"""What a row begins with; ``worker`` and the kind of ``failure`` are those of the last attempt."""

TAIL = ("note", "enqueued_by")
"""What follows the parameters."""

PARAMS, RESULT, USER = "params.", "result/", "user/"
"""What the names of columns begin with that are not the same for every study."""

Cell = Callable[[Dimension, Plain], Any]
"""What stands in a table for a parameter's value."""


def as_it_is(_dimension: Dimension, value: Plain) -> Any:
    """The value itself."""
    return value


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a table, in order: the parameters, and the keys of results and user data."""

    dimensions: tuple[Dimension, ...]
    results: tuple[str, ...] = ()
    users: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Their names."""
        return [
            *HEAD,
            *(PARAMS + dimension.name for dimension in self.dimensions),
            *TAIL,
            *(RESULT + key for key in self.results),
            *(USER + key for key in self.users),
        ]

    def row(self, trial: Trial) -> list[Any]:
        """The cells of a trial; None for what it lacks."""
        returned, given = scalars(trial.result), scalars(trial.user)
        return [
            *fixed(self.dimensions, trial),
            *(returned.get(key) for key in self.results),
            *(given.get(key) for key in self.users),
        ]


def fixed(dimensions: tuple[Dimension, ...], trial: Trial, cell: Cell = as_it_is) -> list[Any]:
    """The cells of the columns that every table of the study has."""
    last = trial.attempts[-1] if trial.attempts else None
    error = last and last.error
    return [
        *(trial.number, trial.state.value, trial.value, trial.loss, trial.attempt),
        *(last and last.worker, error and error.kind.value),
        *(trial.started_at, trial.finished_at, trial.duration_s),
        *(cell(d, trial.params[d.name]) if d.name in trial.params else None for d in dimensions),
        *(trial.note, trial.enqueued_by),
    ]


def scalars(found: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that a cell holds: numbers, texts and truth values."""
    return {
        key: value for key, value in found.items() if isinstance(value, (bool, int, float, str))
    }
