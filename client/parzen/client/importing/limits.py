"""Room for imported trials: ``max_trials`` counts them too, so it is raised by their number."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace

from parzen.client import presence
from parzen.client.invocation import Invocation
from parzen.shared.records import Study
from parzen.shared.store import Catalog

HEARD_S = 3.0
"""How long a live coordinator is waited for, which would end a study that is full all at once."""

LOOK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The limit in the end, None for none; whether it is to be raised; and what is said."""

    limit: int | None
    raised: bool = False
    said: str | None = None


def room(study: Study, created: int, count: int, call: Invocation, *, keep: bool) -> Room:
    """What ``max_trials`` becomes when ``count`` trials come to the ``created`` that there are.

    A study that has ended keeps its limits: larger ones would let it go on.
    """
    old = presence.in_force(study).max_trials
    if presence.ended(study):
        how = call.line("resume", study.name)
        if old is not None:  # as many more as it was to have
            how = call.line("set", study.name, f"max_trials={created + count + old}")
        return Room(
            limit=old,
            said=f"study {study.name!r} is {study.status.value}, and counts them once it goes on: "
            f"`{how}`",
        )
    if old is None or not count:
        return Room(limit=old)
    if keep:
        left = max(0, old - created - count)
        return Room(limit=old, said=f"max_trials stays {old}, of which {left} are still to be run")
    left, new = max(0, old - created), old + count
    said = f"max_trials goes from {old} to {new}, so that {left} are still to be run"
    return Room(limit=new, raised=True, said=said)


def raise_by(catalog: Catalog, study: Study, count: int) -> int | None:
    """Raise ``max_trials`` by ``count``, before a leader sees more trials than it allows.

    What stands now is raised, whatever it was when the import began. The limit from now on, None
    for none: a study that has ended meanwhile keeps what it had.
    """
    study = catalog.study(study.name)
    limits = presence.in_force(study)
    if presence.ended(study) or limits.max_trials is None:
        return limits.max_trials
    limits = replace(limits, max_trials=limits.max_trials + count)
    _put_in_force(catalog, catalog.wish(study.name, None, limits))
    return limits.max_trials


def _put_in_force(catalog: Catalog, study: Study) -> None:
    """Wait until the study's leader has set the limits that were wished for."""
    if not presence.coordinators(study, catalog.workers()):
        return
    until = time.monotonic() + HEARD_S
    with contextlib.closing(catalog.watch_study(study)) as watch:
        while presence.pending(study) and time.monotonic() < until:
            watch.wait(LOOK_S)
            study = catalog.study(study.name)
