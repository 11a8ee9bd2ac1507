"""What the parts of an agent tell the thread that decides: it reads one mailbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from parzen.worker.attempt import Attempt
from parzen.worker.reports import Finished, Reported
from parzen.worker.signals import Command, Heard

if TYPE_CHECKING:
    from parzen.worker.slots import Slot


@dataclass(frozen=True, slots=True)
class Vacant:
    """The slot is free again."""

    slot: Slot


@dataclass(frozen=True, slots=True)
class Leaving:
    """The slot will be free in a moment, when ``attempt`` is over."""

    slot: Slot
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Hindered:
    """A trial could not be started, and that was this machine's fault, or its engine's alone."""

    trouble: str
    by_engine: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """A thread of the agent came to an end that nobody foresaw."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Ill:
    """A GPU must not be used, and why."""

    uuid: str
    why: str


@dataclass(frozen=True, slots=True)
class News:
    """The database may hold something to do."""


Letter: TypeAlias = (
    "Finished | Reported | Leaving | Vacant | Hindered | Broken | Command | Heard | News | Ill"
)

Tell: TypeAlias = Callable[["Finished | Vacant | Leaving | Hindered | Broken"], None]
"""What a slot says."""
