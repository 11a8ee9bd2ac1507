"""What a leader does next for one study, decided from facts alone.

:func:`plan` is pure: the same study and facts give the same actions. The actions are carried out in
order; after one that changes the study (:class:`Move`, :class:`CarryOut`) the study is read again
and planned again, so that each rule stands once:

1. A wish that was not carried out yet comes before everything else. Its move comes before its
   ``CarryOut``: a leader that dies between the two leaves a wish that its successor finds again.
2. A study that is stopping cancels what waits, lets what runs stop, and then takes its ending;
   one that has ended cancels what waits.
3. A study that is active or paused ends where a limit is reached: at once where no trial is out,
   through ``stopping`` otherwise.
4. Of a study with ``max_running`` no more may be claimed than its bound leaves beside what runs:
   trials that were enqueued, or come back, or wait from before the bound, are held back.
5. Only an active study proposes, and never a number beyond ``max_trials``. One that waits beyond it
   (the limit was lowered, or a former leader was late) is cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from parzen.shared.lifecycle import StudyEvent, StudyStatus, TrialState, sources
from parzen.shared.records import Direction, Limits, Study, Want, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a leader knows of a study beyond its document.

    ``counts`` are its trials by state, ``best_loss`` the smallest loss or None,
    ``finished_since_best`` the trials that finished after it, ``consecutive_failures`` the failed
    trials since one succeeded or the study was resumed, ``last_error`` the last one's message.
    ``exhausted`` says that the sampler has nothing left to propose, ``fault`` why nothing can be
    proposed at all, ``now`` is the server's clock, ``capacity`` is how many more trials should be
    waiting (:mod:`parzen.coordinator.depth`), ``hidden`` counts trials that stand in the database
    but cannot be read, ``surplus`` the waiting trials whose numbers ``max_trials`` rules out.
    ``bound`` is how many may be claimed at most as it was last seen to, ``UNSURE`` where trials may
    have come since that are not held back, or need not be.
    """

    now: datetime
    counts: Mapping[TrialState, int] = field(default_factory=dict)
    best_loss: float | None = None
    finished_since_best: int = 0
    consecutive_failures: int = 0
    last_error: str | None = None
    exhausted: bool = False
    fault: str | None = None
    capacity: int = 0
    hidden: int = 0
    surplus: int = 0
    bound: int | None = None

    @property
    def created(self) -> int:
        """How many numbers exist, whatever became of them."""
        return sum(self.counts.values()) + self.hidden

    @property
    def waiting(self) -> int:
        """How many trials no worker has yet."""
        return self.counts.get(TrialState.WAITING, 0)

    @property
    def unfinished(self) -> int:
        """How many trials are waiting or running."""
        return self.waiting + self.counts.get(TrialState.RUNNING, 0)


@dataclass(frozen=True, slots=True)
class Propose:
    """Ask the sampler for ``count`` trials and insert them."""

    count: int


@dataclass(frozen=True, slots=True)
class Bound:
    """Let so many trials be claimed that no more than ``limit`` run; None for all of them.

    ``most`` is how many these are, as far as is known.
    """

    limit: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Move:
    """Move the study; ``ending`` is where ``stopping`` will lead."""

    event: StudyEvent
    reason: str | None = None
    ending: StudyStatus | None = None


@dataclass(frozen=True, slots=True)
class CancelWaiting:
    """Cancel every waiting trial numbered ``least`` or higher."""

    least: int = 0


@dataclass(frozen=True, slots=True)
class CarryOut:
    """Record that ``wish`` was carried out and put its limits in force."""

    wish: Wish


Action: TypeAlias = Propose | Bound | Move | CancelWaiting | CarryOut

UNSURE = -1
"""No bound: see :class:`Facts`."""

CANCELLED = "cancelled by its owner"
PAUSED = "paused by its owner"
EXHAUSTED = "every point that the sampler has was proposed"

_LAST_STEP = {
    StudyStatus.COMPLETE: StudyEvent.COMPLETE,
    StudyStatus.FAILED: StudyEvent.FAIL,
    StudyStatus.CANCELLED: StudyEvent.CANCEL,
}


def plan(study: Study, facts: Facts) -> tuple[Action, ...]:
    """What to do next for ``study``; empty where there is nothing to do."""
    if study.wish.serial > study.wish_done:
        return _carry_out(study, facts)
    if study.status.ended:
        # a leader that was suspended before its insert may leave one after the end
        return (CancelWaiting(),) if facts.waiting else ()
    if study.status is StudyStatus.STOPPING:
        return _wind_up(study, facts)
    end = _end(study, facts)
    if end is not None:
        return (leave(facts.unfinished, *end),)
    if facts.surplus and study.limits.max_trials is not None:
        return (CancelWaiting(study.limits.max_trials),)
    count = proposals(study, facts)
    return (*_bound(study, facts), *((Propose(count),) if count else ()))


def claimable(study: Study, running: int) -> int | None:
    """How many trials ``max_running`` lets be claimed beside those that run; None for all."""
    return None if study.max_running is None else max(0, study.max_running - running)


def _bound(study: Study, facts: Facts) -> tuple[Bound, ...]:
    if study.status is not StudyStatus.ACTIVE:
        return ()
    most = claimable(study, facts.counts.get(TrialState.RUNNING, 0))
    return () if most == facts.bound else (Bound(study.max_running, most),)


def proposals(study: Study, facts: Facts) -> int:
    """How many trials to propose now: what is wanted, within ``max_trials``."""
    if study.status is not StudyStatus.ACTIVE or facts.exhausted:
        return 0
    limit = study.limits.max_trials
    left = facts.capacity if limit is None else limit - facts.created
    return max(0, min(facts.capacity, left))


def leave(unfinished: int, ending: StudyStatus, reason: str) -> Move:
    """The step towards ``ending``: straight to it where no trial is out, else by ``stopping``."""
    if unfinished:
        return Move(StudyEvent.STOP, reason, ending)
    return Move(_LAST_STEP[ending], reason)


def _carry_out(study: Study, facts: Facts) -> tuple[Action, ...]:
    wish = study.wish
    step: Move | None = None
    if wish.want is Want.RUN:
        step = Move(StudyEvent.RESUME)
    elif wish.want is Want.PAUSE:
        step = Move(StudyEvent.PAUSE, PAUSED)
    elif wish.want is Want.CANCEL:
        step = leave(facts.unfinished, StudyStatus.CANCELLED, CANCELLED)
    # A wish that asks for what already is (to run what is active, to cancel what is stopping or
    # has ended) has no step in the lifecycle and is carried out by its limits alone.
    possible = step is not None and study.status.value in sources(step.event)
    return (step, CarryOut(wish)) if step is not None and possible else (CarryOut(wish),)


def _wind_up(study: Study, facts: Facts) -> tuple[Action, ...]:
    if facts.waiting:
        return (CancelWaiting(),)
    if facts.unfinished:
        return ()
    event = _LAST_STEP[study.ending or StudyStatus.COMPLETE]
    return (Move(event, study.status_reason),)


End: TypeAlias = tuple[StudyStatus, str]


def _end(study: Study, facts: Facts) -> End | None:
    """Where and why the study ends now, or None; the first rule that speaks decides."""
    if facts.fault is not None:
        return StudyStatus.FAILED, facts.fault
    end = _target(study, facts)
    if end is not None:
        return end
    for rule in (_failures, _patience, _all_created, _exhausted):
        end = rule(study.limits, facts)
        if end is not None:
            return end
    return _timeout(study, facts)


def _target(study: Study, facts: Facts) -> End | None:
    target, best = study.limits.target_loss, facts.best_loss
    if target is None or best is None or best > target:
        return None
    if study.direction is Direction.MAXIMIZE:  # told in the objective's units, as it was asked
        own = study.direction.loss
        return StudyStatus.COMPLETE, f"reached target = {own(target):g} with {own(best):.6g}"
    return StudyStatus.COMPLETE, f"reached target_loss = {target:g} with a loss of {best:.6g}"


def _failures(limits: Limits, facts: Facts) -> End | None:
    limit, failed = limits.max_consecutive_failures, facts.consecutive_failures
    if limit is None or failed < max(1, limit):
        return None
    last = f"; the last one: {facts.last_error}" if facts.last_error else ""
    return (
        StudyStatus.FAILED,
        f"{failed} trials in a row failed (max_consecutive_failures = {limit}){last}",
    )


def _patience(limits: Limits, facts: Facts) -> End | None:
    limit = limits.patience
    if limit is None or facts.finished_since_best < max(1, limit):
        return None
    return StudyStatus.COMPLETE, f"no improvement in {limit} trials (patience)"


def _all_created(limits: Limits, facts: Facts) -> End | None:
    limit = limits.max_trials
    if limit is None or facts.created < limit or facts.unfinished:
        return None
    return StudyStatus.COMPLETE, f"reached max_trials = {limit}"


def _exhausted(_: Limits, facts: Facts) -> End | None:
    if not facts.exhausted or facts.unfinished:
        return None
    return StudyStatus.COMPLETE, EXHAUSTED


def _timeout(study: Study, facts: Facts) -> End | None:
    left = time_left(study, facts.now)
    if left is None or left > 0:
        return None
    return StudyStatus.COMPLETE, f"reached timeout_s = {study.limits.timeout_s:g}"


def time_left(study: Study, now: datetime) -> float | None:
    """Seconds until ``timeout_s`` ends the study, negative once it has passed; None for never.

    A pause has no end: the clock starts again when the study is resumed.
    """
    limit, since = study.limits.timeout_s, study.active_since or study.created_at
    if limit is None or since is None or study.status is not StudyStatus.ACTIVE:
        return None
    return limit - (now - since).total_seconds()
