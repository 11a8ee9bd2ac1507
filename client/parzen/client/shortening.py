"""What would shorten a study that moves: a pure function from what is known to sentences.

Nothing is guessed: each sentence follows from counts, times and slots that stand in the store.
What keeps a study from moving at all is said by :func:`parzen.client.presence.lacks`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from parzen.client import presence
from parzen.client.invocation import Invocation
from parzen.client.wording import clock, counted, number, rate
from parzen.shared.course import Spent
from parzen.shared.lifecycle import FailureKind, StudyStatus, TrialState
from parzen.shared.placement import at_once
from parzen.shared.records import Study, Worker

WORTH_S = 1.0
"""How much must be saved to be spoken of, in seconds."""

WASTE = 0.05
"""The share of the workers' time from which on failures are spoken of."""

BUSY_PROPOSING = 0.5
"""The share of the time that proposals take from which on they hold up workers that are idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a study moves: finished trials per second, and what a proposal costs in seconds.

    None where that is not known.
    """

    rate: float | None = None
    proposal_s: float | None = None


def shorter(
    study: Study, live: Sequence[Worker], pace: Pace, spent: Sequence[Spent], call: Invocation
) -> list[str]:
    """What would end the study sooner, one sentence each; none where it does not move."""
    if presence.ended(study):
        return []
    if study.status is StudyStatus.PAUSED and not presence.pending(study):
        return [f"it is paused: `{call.line('resume', study.name)}` lets it go on"]
    said = []
    able = presence.able(study, live)
    if study.status is StudyStatus.ACTIVE and able and presence.coordinators(study, live):
        slots = sum(at_once(worker, study.requires) for worker in able)
        idle = sum(presence.could_begin(worker, study) for worker in able)
        if idle <= 0:
            sentence = _full(study, slots, pace)
        elif to_start(study) == 0:
            sentence = _rest(study)
        elif _capped(study):
            sentence = _held(study, idle, slots, presence.seen_running(study, live), call)
        else:
            sentence = _hungry(study, idle, slots, pace)
        said += [sentence] if sentence else []
    return [*said, *_failures(spent)]


def to_start(study: Study) -> int | None:
    """How many trials are yet to be started, or None where that is not known."""
    waiting = study.counts.get(TrialState.WAITING, 0)
    most = study.limits.max_trials
    return None if most is None else waiting + max(0, most - sum(study.counts.values()))


def _full(study: Study, slots: int, pace: Pace) -> str | None:
    """More workers: while trials wait for them, and as long as the study may run more."""
    if _capped(study):
        return None
    all_slots = "the only slot is" if slots == 1 else f"all {counted(slots, 'slot')} are"
    rest = to_start(study)
    if rest is None:
        return f"{all_slots} busy: more of them would try more in the same time"
    saved_s = rest / pace.rate / 2 if pace.rate else 0.0
    if saved_s < WORTH_S:
        return None
    return f"{all_slots} busy: twice as many would end it about {clock(saved_s)} sooner"


def _capped(study: Study) -> bool:
    """Whether no more trials may be out than are."""
    out = sum(study.counts.get(state, 0) for state in (TrialState.WAITING, TrialState.RUNNING))
    return study.max_running is not None and out >= study.max_running


def _idle(idle: int, slots: int) -> str:
    return f"{idle} of {counted(slots, 'slot')} {'is' if idle == 1 else 'are'} idle"


def _rest(study: Study) -> str:
    running = counted(study.counts.get(TrialState.RUNNING, 0), "trial")
    return f"no trial is left to start: more workers would not help, {running} to finish"


def _held(study: Study, idle: int, slots: int, running: int, call: Invocation) -> str | None:
    """That its bound keeps slots idle: where workers run as many of its trials as may run."""
    if study.max_running is None or running < study.max_running:
        return None  # those that wait have yet to begin, or those that run are on silent workers
    more = call.line("set", study.name, f"max_running={running + idle}")
    bound = f"max_running = {study.max_running}"
    return f"{_idle(idle, slots)} because {bound}: `{more}` lets more trials run"


def _hungry(study: Study, idle: int, slots: int, pace: Pace) -> str | None:
    """That no trial waits for idle slots, since proposals take their time."""
    if study.counts.get(TrialState.WAITING) or pace.proposal_s is None or pace.rate is None:
        return None
    if pace.proposal_s * pace.rate < BUSY_PROPOSING:
        return None
    return (
        f"{_idle(idle, slots)} and no trial waits: a proposal takes "
        f"{number(pace.proposal_s, 2)} s, and {rate(pace.rate)} finish"
    )


def failed(spent: Sequence[Spent]) -> dict[FailureKind, int]:
    """How many attempts failed, by kind, the most frequent first."""
    counts: dict[FailureKind, int] = {}
    for one in spent:
        if one.kind is not None:
            counts[one.kind] = counts.get(one.kind, 0) + one.attempts
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0].value)))


def _failures(spent: Sequence[Spent]) -> Iterator[str]:
    total_s = sum(one.seconds for one in spent if one.outcome is not None)
    seconds: dict[FailureKind, float] = {}
    for one in spent:
        if one.kind is not None:
            seconds[one.kind] = seconds.get(one.kind, 0.0) + one.seconds
    wasted_s = sum(seconds.values())
    if total_s and wasted_s / total_s >= WASTE:
        yield (
            f"failed attempts took {wasted_s / total_s:.0%} of the workers' time: "
            f"{_shares(seconds, wasted_s)}"
        )


def _shares(seconds: Mapping[FailureKind, float], whole: float) -> str:
    worst, most = max(seconds.items(), key=lambda item: item[1])
    if len(seconds) == 1:
        return f"all by {worst.value}"
    return f"{most / whole:.0%} of that by {worst.value}"
