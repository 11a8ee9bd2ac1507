"""What there is to say of one study: read once, for ``parzen status`` in all its forms."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from parzen.client import presence
from parzen.client.best import Best
from parzen.client.handle import StudyHandle
from parzen.client.invocation import Invocation
from parzen.client.progress import left
from parzen.client.shortening import Pace, failed, shorter
from parzen.client.speed import speed
from parzen.shared.course import Improvement
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Study, Trial, Worker

PROPOSALS = 50
"""Of how many of the last trials it is known what a proposal costs."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One study, who works on it, and what it lacks.

    ``rate`` is trials per second that were tried to an end; ``running_s`` how long it has been
    active, ``left_s`` how long it will be, in seconds. ``busy`` of the workers' ``slots`` have a
    trial, of whatever study. ``failures`` counts failed attempts at the last trials by kind;
    ``shorter`` says what would end the study sooner, ``lacks`` what it lacks to move on.
    """

    study: Study
    best: Best | None
    improvements: tuple[Improvement, ...]
    rate: float | None
    running_s: float | None
    left_s: float | None
    coordinators: tuple[str, ...]
    workers: tuple[str, ...]
    slots: int
    busy: int
    quarantined: Mapping[str, str]
    failures: Mapping[FailureKind, int]
    last_failure: str | None
    shorter: tuple[str, ...]
    lacks: tuple[str, ...]


def report(handle: StudyHandle, live: Sequence[Worker], call: Invocation) -> Report:
    """Read what there is to say of a study."""
    study = handle.study
    recent = handle.trials(sort="-number", limit=PROPOSALS, slim=True)
    spent = handle.spent()
    now = handle.server_clock()
    able = presence.able(study, live)
    rate = speed(handle.ends(), now, study.active_since) if able else None
    pace = Pace(rate=rate, proposal_s=_proposal_s(recent))
    return Report(
        study=study,
        best=handle.best,
        improvements=tuple(handle.improvements()),
        rate=rate,
        running_s=_running_s(study, now),
        left_s=left(study, rate, now) if rate is not None else None,
        coordinators=tuple(p.id for p in presence.coordinators(study, live)),
        workers=tuple(w.id for w in able),
        slots=sum(w.slots for w in able),
        busy=sum(w.busy for w in able),
        quarantined=_unable(study, live),
        failures=failed(spent),
        last_failure=handle.last_failure(),
        shorter=tuple(shorter(study, live, pace, spent, call)),
        lacks=tuple(handle.notices()),
    )


def _running_s(study: Study, now: datetime) -> float | None:
    """How long the study has been active since it was last started, or was until it ended."""
    if study.active_since is None:
        return None
    until = study.ended_at if study.status.ended and study.ended_at else now
    return max(0.0, (until - study.active_since) / timedelta(seconds=1))


def _proposal_s(recent: Sequence[Trial]) -> float | None:
    costs = [trial.proposed.seconds for trial in recent if trial.proposed is not None]
    return statistics.fmean(costs) if costs else None


def _unable(study: Study, live: Sequence[Worker]) -> dict[str, str]:
    reasons = {w.id: presence.shortcoming(w, study) for w in presence.present(study, live)}
    return {worker: why for worker, why in reasons.items() if why is not None}
