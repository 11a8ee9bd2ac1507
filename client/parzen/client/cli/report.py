"""What ``parzen status`` says of one study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parzen.client import presence
from parzen.client.best import Best
from parzen.client.cli.output import say
from parzen.client.handle import StudyHandle
from parzen.client.progress import finished, left
from parzen.client.wording import clock, counted, moment, number, scalar
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Limits, Study, Worker

RATE_TRIALS = 50
"""How many of the last finished trials the rate is taken from."""
LATELY_S = 60.0
LATELY_GAPS = 5
"""After how many times the usual wait for the next trial a rate of the past tells nothing."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One study, who works on it, and what it lacks; ``rate`` is finished trials per second."""

    study: Study
    best: Best | None
    rate: float | None
    left_s: float | None
    coordinators: tuple[str, ...]
    workers: tuple[str, ...]
    slots: int
    quarantined: Mapping[str, str]
    last_failure: str | None
    lacks: tuple[str, ...]

    def print(self) -> None:
        """Print it for a person, a line for each thing there is to say."""
        for label, text in self.lines():
            say(f"{label:<13}{text}".rstrip())

    def lines(self) -> Iterator[tuple[str, str]]:
        """Everything that is said, as (label, text)."""
        study = self.study
        reason = f": {study.status_reason}" if study.status_reason else ""
        yield study.name, f"{study.status.value}{reason}"
        if study.wish.serial > study.wish_done:
            yield "asked for", f"{study.wish.want.value}, which no coordinator has carried out yet"
        yield "trials", _counts(study)
        yield "limits", limits(study)
        if self.best is not None:
            yield "best", f"{number(self.best.value)}  (trial {self.best.number})"
            for name, value in self.best.params.items():
                yield "", f"{name} = {scalar(value)}"
        if not study.status.ended:
            yield "rate", self._speed()
            able = presence.manned(len(self.workers), len(self.quarantined))
            slots = f", {counted(self.slots, 'slot')}" if self.workers else ""
            yield "workers", f"{able}{slots}"
            yield "coordinator", ", ".join(self.coordinators) or "none alive"
        if self.last_failure is not None:
            yield "failure", self.last_failure
        yield "created", f"{moment(study.created_at)} by {study.owner or 'somebody'}"
        for sentence in presence.by_reason(self.quarantined.items()):
            yield "cannot run", sentence
        reasons = tuple(self.quarantined.values())
        for sentence in self.lacks:
            if not sentence.endswith(reasons):  # which has just been said
                yield "note", sentence

    def _speed(self) -> str:
        if not self.workers:
            return "no worker runs it now"
        if self.rate is None:
            return "nothing finished lately"
        rest = "" if self.left_s is None else f", about {clock(self.left_s)} left"
        return f"{number(self.rate, 2)} trials/s{rest}"


def report(handle: StudyHandle, live: Sequence[Worker]) -> Report:
    """Read what there is to say of a study."""
    study = handle.study
    recent = handle.trials(sort="-finished_at", limit=RATE_TRIALS)
    now = handle.server_clock()
    able = presence.able(study, live)
    speed = rate([trial.finished_at for trial in recent], now) if able else None
    return Report(
        study=study,
        best=handle.best,
        rate=speed,
        left_s=left(study, speed, now) if speed is not None else None,
        coordinators=tuple(p.id for p in presence.coordinators(study, live)),
        workers=tuple(w.id for w in able),
        slots=sum(w.slots for w in able),
        quarantined=_unable(study, live),
        last_failure=handle.last_failure(),
        lacks=tuple(handle.notices()),
    )


def _unable(study: Study, live: Sequence[Worker]) -> dict[str, str]:
    reasons = {w.id: presence.shortcoming(w, study) for w in presence.present(study, live)}
    return {worker: why for worker, why in reasons.items() if why is not None}


def rate(finished_at: Sequence[datetime | None], now: datetime) -> float | None:
    """Trials per second between the first and the last of these times.

    None for fewer than two, or where none finished lately: not in the last minute, and not for
    several times as long as trials used to take to follow each other.
    """
    times = sorted(at for at in finished_at if at is not None)
    if len(times) < 2 or times[-1] == times[0]:  # noqa: PLR2004 - it takes two to span a time
        return None
    gap_s = (times[-1] - times[0]) / timedelta(seconds=1) / (len(times) - 1)
    quiet_s = (now - times[-1]) / timedelta(seconds=1)
    return None if quiet_s > max(LATELY_S, LATELY_GAPS * gap_s) else 1 / gap_s


def _counts(study: Study) -> str:
    said = [f"{study.counts[s]} {s.value}" for s in TrialState if study.counts.get(s)]
    most = study.limits.max_trials
    of = f" of {most}" if most is not None else ""
    return f"{finished(study)}{of} done" + (f" ({', '.join(said)})" if said else "")


def limits(study: Study) -> str:
    """The limits in force, in words."""
    terms: Limits = study.limits
    said = []
    if terms.max_trials is not None:
        said.append(counted(terms.max_trials, "trial"))
    if terms.timeout_s is not None:
        said.append(f"{clock(terms.timeout_s)} of time")
    if terms.target_loss is not None:
        said.append(f"a value of {number(study.direction.loss(terms.target_loss))}")
    if terms.patience is not None:
        said.append(f"{counted(terms.patience, 'trial')} without improvement")
    return ", ".join(said) or "none"
