"""The life of a trial and of a study: every state change that exists stands in this file.

The rules:

1. A trial or a study moves only along a row of ``TRIAL`` or ``STUDY``. Each row is carried out as
   one atomic update of one document whose filter names the row's source states, which
   :func:`sources` derives from the table; a step that is not in the table raises and changes
   nothing.
2. A step of a *claimed* trial (``FENCED``) is fenced: its filter also names the claim's token.
3. What a report does to a trial is decided by :func:`settle`, a pure function of the outcome, the
   failures so far and the study's budgets, and is written in the same update as the report.
4. Owners never move a study: they write a wish, and the study's leader carries it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from parzen.shared.errors import IllegalTransition

if TYPE_CHECKING:
    from collections.abc import Mapping


class TrialState(str, Enum):
    """Where a trial stands."""

    WAITING = "waiting"
    """Proposed; no worker has it."""
    RUNNING = "running"
    """A worker holds its claim."""
    COMPLETE = "complete"
    """It has a loss."""
    PRUNED = "pruned"
    """Stopped early because it was not promising; its measurements count."""
    FAILED = "failed"
    """No loss, and no budget to try again."""
    CANCELLED = "cancelled"
    """The study no longer wanted it."""

    @property
    def finished(self) -> bool:
        """Whether no worker will touch it again."""
        return self not in (TrialState.WAITING, TrialState.RUNNING)

    @property
    def tried(self) -> bool:
        """Whether it was tried to an end, with or without a loss."""
        return self.finished and self is not TrialState.CANCELLED


class TrialEvent(str, Enum):
    """What can happen to a trial."""

    CLAIM = "claim"
    """A worker takes it."""
    REQUEUE = "requeue"
    """It failed with budget left."""
    RELEASE = "release"
    """Its worker must make way and gives it back; costs nothing."""
    COMPLETE = "complete"
    """Its objective returned a loss."""
    PRUNE = "prune"
    """Its objective stopped early on advice."""
    FAIL = "fail"
    """It failed with no budget left."""
    CANCEL = "cancel"
    """The study no longer wants it."""
    EXPIRE = "expire"
    """Its lease ran out with budget left: the worker is lost."""
    GIVE_UP = "give_up"
    """Its lease ran out with no budget left."""
    RETRY = "retry"
    """Somebody asked by hand for another go."""


class StudyStatus(str, Enum):
    """Where a study stands."""

    ACTIVE = "active"
    """Proposing and running."""
    PAUSED = "paused"
    """Running trials finish; no new ones start."""
    STOPPING = "stopping"
    """No new trials; waiting ones are cancelled, running ones are asked to stop."""
    COMPLETE = "complete"
    """It reached a limit."""
    FAILED = "failed"
    """It could not go on; ``status_reason`` says why."""
    CANCELLED = "cancelled"
    """Its owner ended it."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen unless its owner resumes it."""
        return self in (StudyStatus.COMPLETE, StudyStatus.FAILED, StudyStatus.CANCELLED)


class StudyEvent(str, Enum):
    """What can happen to a study."""

    PAUSE = "pause"
    """Its owner wants it to rest."""
    RESUME = "resume"
    """Its owner wants it to go on, perhaps with larger limits."""
    STOP = "stop"
    """A limit was reached, or its owner wants an end, while trials are still out."""
    COMPLETE = "complete"
    """A limit was reached and no trial is out."""
    FAIL = "fail"
    """It cannot go on and no trial is out."""
    CANCEL = "cancel"
    """Its owner ended it and no trial is out."""


class FailureKind(str, Enum):
    """Why an attempt gave no loss."""

    EXCEPTION = "exception"
    """The objective raised."""
    TIMEOUT = "timeout"
    """It ran longer than ``trial_timeout_s``."""
    OUT_OF_MEMORY = "out_of_memory"
    """It raised MemoryError, or the kernel killed it for memory."""
    KILLED = "killed"
    """Its process ended without a word: a signal, a crash, or an exit."""
    LOST = "lost"
    """Its worker stopped renewing the lease."""
    PREEMPTED = "preempted"
    """Its worker had to make way."""
    INVALID_RESULT = "invalid_result"
    """What it returned is not a finite number, nor a dict that holds one."""
    INCOMPATIBLE = "incompatible"
    """This worker cannot load the objective; costs the trial nothing."""
    UNTRUSTED = "untrusted"
    """This worker does not trust the objective; costs the trial nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One row: from any of ``sources`` to ``target``."""

    sources: tuple[str, ...]
    target: str


def _step(sources: str, target: str) -> Step:
    return Step(tuple(sources.split()), target)


TRIAL: Mapping[TrialEvent, Step] = {
    TrialEvent.CLAIM: _step("waiting", "running"),
    TrialEvent.REQUEUE: _step("running", "waiting"),
    TrialEvent.RELEASE: _step("running", "waiting"),
    TrialEvent.COMPLETE: _step("running", "complete"),
    TrialEvent.PRUNE: _step("running", "pruned"),
    TrialEvent.FAIL: _step("running", "failed"),
    TrialEvent.CANCEL: _step("waiting running", "cancelled"),
    TrialEvent.EXPIRE: _step("running", "waiting"),
    TrialEvent.GIVE_UP: _step("running", "failed"),
    TrialEvent.RETRY: _step("failed cancelled", "waiting"),
}

STUDY: Mapping[StudyEvent, Step] = {
    StudyEvent.PAUSE: _step("active", "paused"),
    StudyEvent.RESUME: _step("paused stopping complete failed cancelled", "active"),
    StudyEvent.STOP: _step("active paused", "stopping"),
    StudyEvent.COMPLETE: _step("active paused stopping", "complete"),
    StudyEvent.FAIL: _step("active paused stopping", "failed"),
    StudyEvent.CANCEL: _step("active paused stopping", "cancelled"),
}

FENCED = frozenset(TRIAL) - {TrialEvent.CLAIM, TrialEvent.RETRY}
"""Steps of a claimed trial, whose filter names the claim's token (a cancel of a waiting trial has
no claim to name)."""

Event = TypeVar("Event", TrialEvent, StudyEvent)


def _row(event: TrialEvent | StudyEvent) -> Step:
    return TRIAL[event] if isinstance(event, TrialEvent) else STUDY[event]


def sources(event: TrialEvent | StudyEvent) -> tuple[str, ...]:
    """The states from which ``event`` may happen: the ``state`` clause of its filter."""
    return _row(event).sources


def target(event: TrialEvent | StudyEvent) -> str:
    """The state in which ``event`` ends."""
    return _row(event).target


def after(state: TrialState | StudyStatus, event: TrialEvent | StudyEvent) -> str:
    """The state after ``event``.

    Raises:
        IllegalTransition: the table has no such row; nothing changes.
    """
    row = _row(event)
    if state.value not in row.sources:
        raise IllegalTransition(
            f"{event.value!r} cannot happen to something {state.value!r}: "
            f"expected one of {', '.join(row.sources)}"
        )
    return row.target


UNLIMITED = None
"""A budget without an end."""

FREE = frozenset({FailureKind.INCOMPATIBLE, FailureKind.UNTRUSTED})
"""Kinds that are the worker's shortcoming: the trial goes back, and pays nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How many times a trial is tried again, for each kind of failure; None is without limit."""

    lost: int | None = 3
    preempted: int | None = UNLIMITED
    exception: int | None = 0
    timeout: int | None = 0
    out_of_memory: int | None = 1

    def budget(self, kind: FailureKind) -> int | None:
        """How many failures of ``kind`` are forgiven."""
        if kind in FREE:
            return UNLIMITED
        if kind is FailureKind.KILLED:
            return self.exception
        if kind is FailureKind.INVALID_RESULT:
            return 0
        return {
            FailureKind.LOST: self.lost,
            FailureKind.PREEMPTED: self.preempted,
            FailureKind.EXCEPTION: self.exception,
            FailureKind.TIMEOUT: self.timeout,
            FailureKind.OUT_OF_MEMORY: self.out_of_memory,
        }[kind]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a failure does to its trial.

    ``backoff_s`` is how long the trial rests before it may be claimed again: seconds, 0 for at
    once, meaningful only where the step leads back to ``waiting``.
    """

    event: TrialEvent
    backoff_s: float = 0.0


BACKOFF_BASE_S = 1.0
BACKOFF_LIMIT_S = 300.0


def settle(kind: FailureKind, failures: Mapping[FailureKind, int], retries: Retries) -> Settlement:
    """Decide what a failure of ``kind`` does, given the ``failures`` before it.

    A lost or preempted trial, or one its worker could not load, goes back at once: the fault was
    not the trial's. Any other retry rests for a second, doubled at each failure of that kind.
    """
    budget, before = retries.budget(kind), failures.get(kind, 0)
    spent = budget is not None and before >= budget
    if kind is FailureKind.LOST:
        return Settlement(TrialEvent.GIVE_UP if spent else TrialEvent.EXPIRE)
    if spent:
        return Settlement(TrialEvent.FAIL)
    if kind is FailureKind.PREEMPTED or kind in FREE:
        return Settlement(TrialEvent.RELEASE)
    return Settlement(TrialEvent.REQUEUE, min(BACKOFF_BASE_S * 2.0**before, BACKOFF_LIMIT_S))
