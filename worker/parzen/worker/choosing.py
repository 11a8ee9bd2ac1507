"""Which studies an agent asks for, and in which order: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from parzen.shared.lifecycle import StudyStatus
from parzen.shared.records import Study, Uid, Want

AT_ONCE = 32
"""How many studies one claim names."""

Quarantine = Mapping[Uid, tuple[str, str]]
"""The studies that cannot run here: the digest of the objective that could not, and why."""


def wanted(study: Study) -> bool:
    """Whether trials of ``study`` that run may go on."""
    cancelled = study.wish.want is Want.CANCEL and study.wish.serial > study.wish_done
    return study.status in (StudyStatus.ACTIVE, StudyStatus.PAUSED) and not cancelled


def claimable(study: Study, labels: frozenset[str], quarantine: Quarantine) -> bool:
    """Whether this agent may take trials of ``study``.

    An agent serves no devices yet, so that studies which require GPUs are left alone.
    """
    held_back = study.wish.want is not Want.RUN
    return (
        study.status is StudyStatus.ACTIVE
        and not held_back
        and study.objective is not None
        and study.requires.gpus == 0
        and labels.issuperset(study.requires.labels)
        and quarantine.get(study.uid, ("", ""))[0] != study.objective.digest
    )


def rounds(studies: Sequence[Study], turn: int) -> Iterator[Sequence[Study]]:
    """The studies in the order in which to ask for them, at most ``AT_ONCE`` a time.

    The higher priority goes first; among equals each ``turn`` begins with the next one, so that
    every study is served.
    """
    if not studies:
        return
    start = turn % len(studies)
    rotated = [*studies[start:], *studies[:start]]
    rotated.sort(key=lambda study: -study.priority)
    for begin in range(0, len(rotated), AT_ONCE):
        yield rotated[begin : begin + AT_ONCE]
