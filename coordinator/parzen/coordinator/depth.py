"""How many trials wait to be claimed: deep enough that no slot stands idle, and no deeper.

A proposal made early has seen fewer results, so each waiting trial costs some quality; a slot that
finds nothing to claim costs time. By Little's law (J. D. C. Little, 1961) the trials that are
claimed while a result travels round the loop are

    flow = rate x turnaround

with ``rate`` in slots that fall free per second and ``turnaround`` in seconds from a result to the
proposal that it made room for, both measured. The queue is then

    depth = idle + 1 + ceil(HEADROOM x scarcity x flow)        at most LIMIT

where ``idle`` slots would claim at once and the one more is there when the next slot falls free.
``scarcity`` is 1 while the queue lasts from one look to the next. Where it runs dry, results come
in bursts, or lie with the workers for a while, which nobody can measure from here: it grows until
the queue lasts, and shrinks slowly. What is proposed beyond the slots, claimed ahead or not, is
blind to what the slots find, and is never more than a ``SHARE`` of what is known or about to be: a
short study of instant trials would else be proposed before its first results are in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parzen.shared.placement import at_once, shortcoming
from parzen.shared.records import Study, Worker

HEADROOM = 1.5
SHARE = 0.25
SCARCER, SCARCEST, EASES_S = 1.5, 32.0, 1.0
"""By how much the scarcity grows each time, how far, and in how many seconds it falls to 1/e."""
LIMIT = 1000
"""Never more than this many waiting trials, whatever was measured."""
UNATTENDED = 2
"""How many wait while no worker lives: the first one to come finds something."""
BATCH_S = 0.1
"""How long one batch of proposals may take before results are looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the depth depends on.

    ``slots`` is the live workers' for this study, ``claimable`` counts waiting trials without
    those that rest after a failure, ``finished`` those that are over, ``rate`` is per second,
    ``turnaround_s`` in seconds.
    ``elsewhere`` are other studies' running trials, and ``sharing`` the studies that propose, this
    one included: what is idle is theirs alike.
    """

    slots: int
    running: int
    waiting: int
    claimable: int
    finished: int = 0
    rate: float = 0.0
    turnaround_s: float = 0.0
    scarcity: float = 1.0
    max_running: int | None = None
    elsewhere: int = 0
    sharing: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What the led studies share: the live ``workers``, and how many trials of all studies run.

    ``proposing`` is how many studies propose.
    """

    workers: Sequence[Worker] = ()
    running: int = 0
    proposing: int = 1


def depth(load: Load) -> int:
    """How many claimable trials should wait."""
    if load.slots <= 0:
        return UNATTENDED
    idle = max(0, load.slots - load.running - load.elsewhere)
    idle = math.ceil(idle / max(1, load.sharing))
    flow = max(0.0, load.rate) * max(0.0, load.turnaround_s)
    ahead = max(0, load.running - load.slots)
    most = max(0.0, SHARE * (load.slots + load.finished) - ahead)
    return min(LIMIT, idle + 1 + math.ceil(min(HEADROOM * load.scarcity * flow, most)))


def capacity(load: Load) -> int:
    """How many trials to add now; waiting and running never exceed ``max_running``."""
    wanted = depth(load) - load.claimable
    if load.max_running is not None:
        wanted = min(wanted, load.max_running - load.running - load.waiting)
    return max(0, wanted)


def batch(wanted: int, seconds_each: float) -> int:
    """How many of ``wanted`` proposals to make in one go, at ``seconds_each``; at least one.

    Where proposing is slower than the workers, a deeper queue cannot be filled; smaller batches
    then feed the workers sooner, and each has seen more results.
    """
    if wanted <= 0 or seconds_each <= 0:
        return max(0, wanted)
    return max(1, min(wanted, int(min(BATCH_S / seconds_each, LIMIT))))


def slots_for(study: Study, workers: Iterable[Worker]) -> int:
    """How many slots of the live ``workers`` may run trials of ``study``."""
    aside = {entry.worker: int(entry.probation) for entry in study.quarantine}
    return sum(
        min(at_once(worker, study.requires), aside.get(worker.id, worker.slots))
        for worker in workers
        if serves(worker, study)
    )


def serves(worker: Worker, study: Study) -> bool:
    """Whether ``worker`` is one that could run trials of ``study``, set aside or not."""
    return (
        worker.role == "worker"
        and (not worker.studies or study.name in worker.studies)
        and study.uid not in worker.quarantined
        and not worker.leaving
        and shortcoming(worker, study.requires, study.image) is None
    )


@dataclass(slots=True)
class Rate:
    """Events per second, averaged exponentially over ``window_s`` seconds."""

    window_s: float = 0.5
    per_s: float = 0.0

    def add(self, count: int, elapsed_s: float) -> None:
        """Take in ``count`` events of the last ``elapsed_s`` seconds."""
        if elapsed_s <= 0:
            return
        keep = math.exp(-elapsed_s / self.window_s)
        self.per_s = keep * self.per_s + (1 - keep) * count / elapsed_s


@dataclass(slots=True)
class Scarcity:
    """How much deeper the queue must be than the flow tells, so that it does not run dry."""

    factor: float = 1.0

    def note(self, *, dry: bool, elapsed_s: float) -> None:
        """Take in whether the queue, which held something ``elapsed_s`` ago, is empty now."""
        eased = 1.0 + (self.factor - 1.0) * math.exp(-max(0.0, elapsed_s) / EASES_S)
        self.factor = min(SCARCEST, SCARCER * eased) if dry else eased
