"""Which studies an agent asks for, and in which order: pure."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.placement import shortcoming, width
from parzen.shared.records import Study, Uid, Want, Worker

AT_ONCE = 1000
"""How many studies one claim names."""

NOTHING: Mapping[Uid, int] = MappingProxyType({})

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


def _running(study: Study, since: Mapping[Uid, int]) -> int:
    """How many slots its trials take, on whatever node."""
    counted = study.counts.get(TrialState.RUNNING, 0) + since.get(study.uid, 0)
    return max(0, counted) * width(study.requires)


def shares(
    studies: Sequence[Study], slots: int, since: Mapping[Uid, int] = NOTHING
) -> Mapping[Uid, int] | None:
    """How many trials each of ``studies`` should get of so many free slots; None: whoever comes.

    Those of which trials wait, as their leaders last counted, fill them up, a higher priority
    first; among equals always that whose trials take the fewest slots, on whatever node. ``since``
    is by how many more of a study's trials run than were counted, as far as is known here.
    """
    waiting = {study.uid: study.counts.get(TrialState.WAITING, 0) for study in studies}
    wanting = [study for study in studies if waiting[study.uid] > 0]
    if slots <= 1 or len(wanting) <= 1:
        return None
    given: dict[Uid, int] = {}
    heap = [(-s.priority, _running(s, since), place, s) for place, s in enumerate(wanting)]
    heapq.heapify(heap)
    while heap and slots > 0:
        priority, taken, place, study = heapq.heappop(heap)
        mine = given[study.uid] = given.get(study.uid, 0) + 1
        slots -= width(study.requires)
        if mine < waiting[study.uid]:
            again = (priority, taken + width(study.requires), place, study)
            heapq.heappush(heap, again)
    return given


def rounds(
    studies: Sequence[Study],
    turn: int,
    me: str = "",
    tried: Collection[Uid] = (),
    warm: Sequence[Uid] = (),
    *,
    since: Mapping[Uid, int] = NOTHING,
) -> Iterator[Round]:
    """The studies in the order in which to ask for them, at most ``AT_ONCE`` a time.

    The higher priority goes first; among equals those whose children are ``warm``, then those
    whose trials take fewer slots, on whatever node, and then each ``turn`` begins with the next
    one, so that every study has its share. Those where the worker ``me`` is on probation come last,
    one trial each; ``tried`` are those of them whose trial it has taken. ``since`` is as in
    :func:`shares`.
    """
    free = [study for study in studies if on_probation(study, me) is None]
    start = turn % len(free) if free else 0
    rotated = [*free[start:], *free[:start]]
    place = {uid: n for n, uid in enumerate(warm)}
    rotated.sort(
        key=lambda study: (
            -study.priority,
            place.get(study.uid, len(place)),
            _running(study, since),
        )
    )
    for begin in range(0, len(rotated), AT_ONCE):
        yield Round(rotated[begin : begin + AT_ONCE])
    for study in studies:
        if on_probation(study, me) and study.uid not in tried:
            yield Round([study], 1)
