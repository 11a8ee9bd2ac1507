"""How a study went, in a few numbers: records that a store sums up from many trials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Loss

LATEST = 5000
"""Of how many trials, the last ones created, attempts are summed up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A worker that has ``trials`` of a study and was seen last so many ``seconds`` ago."""

    worker: str
    trials: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """When a trial that was tried ended, and how many seconds it took, where that is known."""

    at: datetime
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Improvement:
    """A trial whose loss was below those of all lower numbers."""

    number: int
    loss: Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Attempts that ended alike, and how many seconds they ran in all.

    ``outcome`` is None for those that still run, ``kind`` where there was no failure.
    """

    outcome: str | None
    kind: FailureKind | None
    attempts: int
    seconds: float
