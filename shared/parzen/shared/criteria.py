"""What a listing asks of trials: conditions as plain records, which are compared, never evaluated.

A field is named by one text, the same in a condition, an order and a column: one of
:data:`FIELDS`, or one of :data:`KEYED` with a key, such as ``params/opt/sgd/momentum``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from parzen.shared.dimensions import Plain
from parzen.shared.errors import InvalidInput
from parzen.shared.plain import shown

FIELDS = (
    *("number", "state", "loss", "value", "duration", "started", "finished", "attempt"),
    *("worker", "host", "kind", "error", "enqueued_by", "note"),
)
"""What each trial has one of. ``worker``, ``host`` and ``error`` (its message) are those of the
last attempt; ``kind`` are the kinds of failure among all attempts, of which there may be many."""

KEYED = ("params", "result", "user")
"""What has a value under each key: parameters, what was returned beside the loss, user data."""

ALIASES = {
    "duration_s": "duration",
    "started_at": "started",
    "finished_at": "finished",
    "took": "duration",
    "failures": "kind",
}
"""Other names of fields: those that records and documents have, and those in tables."""

UNSORTED = ("kind",)
"""Fields of many values, which give no order."""

Operand: TypeAlias = Plain | datetime
"""What a field is compared with; a tuple stands for an array, None for the lack of a value."""


class Comparison(str, Enum):
    """How a field is compared.

    Values of different kinds, such as a text and a number, are unequal and in no order. A trial
    that lacks the field meets ``!=`` alone, or ``=`` where it is compared with None.
    """

    EQUAL = "="
    OTHER = "!="
    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="
    HOLDS = "~"
    """The text holds this one, letter by letter."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition: ``field`` as the module says, how it is compared, and with what."""

    field: str
    comparison: Comparison
    value: Operand


def parted(field: object) -> tuple[str, str | None]:
    """A field's name and its key, None where it has none.

    Raises:
        InvalidInput: there is no such field.
    """
    if isinstance(field, str):
        name, slash, key = field.partition("/")
        if slash and name in KEYED:
            return name, key
        if ALIASES.get(field, field) in FIELDS:
            return ALIASES.get(field, field), None
    raise InvalidInput(
        f"trials have no field {shown(field)}: expected one of {', '.join(FIELDS)}, or "
        f"{', '.join(f'{name}/KEY' for name in KEYED)}"
    )
