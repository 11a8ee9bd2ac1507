"""Which studies an agent asks for, and in which order: pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.placement import shortcoming, width
from parzen.shared.records import Study, Uid, Want, Worker

AT_ONCE = 1000
"""How many studies one claim names."""

Quarantine = Mapping[Uid, tuple[str, str]]
"""The studies that cannot run here: what could not, see :func:`what_runs`, and why."""


@dataclass(frozen=True, slots=True)
class Round:
    """The studies that one claim asks for, and how many trials it may take at most."""

    studies: Sequence[Study]
    most: float = math.inf


def wanted(study: Study) -> bool:
    """Whether trials of ``study`` that run may go on."""
    cancelled = study.wish.want is Want.CANCEL and study.wish.serial > study.wish_done
    return study.status in (StudyStatus.ACTIVE, StudyStatus.PAUSED) and not cancelled


def on_probation(study: Study, me: str) -> bool | None:
    """Whether the study's leader has the worker ``me`` on probation, or set aside (False).

    None for neither: the worker may take what it can run.
    """
    return next((entry.probation for entry in study.quarantine if entry.worker == me), None)


def what_runs(study: Study) -> str:
    """What a quarantine is of: a study may get another objective, or another image."""
    digest = study.objective.digest if study.objective else ""
    return digest if study.image is None else f"{digest} in {study.image}"


def claimable(study: Study, me: Worker, quarantine: Quarantine) -> bool:
    """Whether the agent ``me`` may take trials of ``study``, and could run one."""
    held_back = study.wish.want is not Want.RUN
    return (
        study.status is StudyStatus.ACTIVE
        and not held_back
        and study.objective is not None
        and quarantine.get(study.uid, ("", ""))[0] != what_runs(study)
        and on_probation(study, me.id) is not False
        and shortcoming(me, study.requires, study.image) is None
    )


def _running(study: Study) -> int:
    """How many slots its trials take, on whatever node."""
    return study.counts.get(TrialState.RUNNING, 0) * width(study.requires)


def rounds(
    studies: Sequence[Study],
    turn: int,
    me: str = "",
    tried: Collection[Uid] = (),
    warm: Sequence[Uid] = (),
) -> Iterator[Round]:
    """The studies in the order in which to ask for them, at most ``AT_ONCE`` a time.

    The higher priority goes first; among equals those whose children are ``warm``, then those
    whose trials take fewer slots, on whatever node, and then each ``turn`` begins with the next
    one, so that every study has its share. Those where the worker ``me`` is on probation come last,
    one trial each;
    ``tried`` are those of them whose trial it has taken.
    """
    free = [study for study in studies if on_probation(study, me) is None]
    start = turn % len(free) if free else 0
    rotated = [*free[start:], *free[:start]]
    place = {uid: n for n, uid in enumerate(warm)}
    rotated.sort(
        key=lambda study: (-study.priority, place.get(study.uid, len(place)), _running(study))
    )
    for begin in range(0, len(rotated), AT_ONCE):
        yield Round(rotated[begin : begin + AT_ONCE])
    for study in studies:
        if on_probation(study, me) and study.uid not in tried:
            yield Round([study], 1)
