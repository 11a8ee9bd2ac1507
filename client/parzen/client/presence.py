"""Who is there to carry a study: pure functions from a study and the live processes to sentences.

A study moves only while a coordinator proposes for it and a worker that can run it is alive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parzen.client.invocation import Invocation
from parzen.client.wording import counted, moment
from parzen.shared import placement
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Limits, Study, Want, Worker
from parzen.shared.visible import visible

COORDINATOR = "coordinator"
"""The role of a coordinator in its announcement; everything else runs trials."""

NAMED = 3
"""How many studies are named that keep workers busy; the others are counted."""


def pending(study: Study) -> bool:
    """Whether a wish of the study's owner is waiting to be carried out."""
    return study.wish.serial > study.wish_done


def ended(study: Study) -> bool:
    """Whether nothing more will happen: it has ended, and no wish is waiting to be carried out."""
    return study.status.ended and not pending(study)


def in_force(study: Study) -> Limits:
    """The study's limits, or those that its owner asked for and the leader has yet to set."""
    asked = study.wish.limits if pending(study) else None
    return study.limits if asked is None else asked


def serves(process: Worker, study: Study) -> bool:
    """Whether ``process`` was started for this study, or for all."""
    return not process.studies or study.name in process.studies


def shortcoming(worker: Worker, study: Study) -> str | None:
    """Why this live worker cannot run the study's trials now, or None."""
    return lasting(worker, study) or set_aside(worker, study)


def set_aside(worker: Worker, study: Study) -> str | None:
    """Why the study's leader keeps this worker from its trials, and until when; or None."""
    for entry in study.quarantine:
        if entry.worker == worker.id and not entry.probation:
            return f"set aside until {moment(entry.until)}: {entry.reason}"
    return None


def lasting(worker: Worker, study: Study) -> str | None:
    """What this live worker lacks to run the study's trials, which time does not mend; or None."""
    if study.uid in worker.quarantined:
        return worker.quarantined[study.uid]
    if worker.leaving:
        return "it finishes what it runs, and quits then"
    return placement.shortcoming(worker, study.requires, study.image)


def by_reason(reasons: Iterable[tuple[str, str]]) -> list[str]:
    """``names: reason`` for each reason, with all whom it holds for; from (name, reason)."""
    names: dict[str, list[str]] = {}
    for name, reason in reasons:
        names.setdefault(reason, []).append(name)
    return [f"{', '.join(held)}: {reason}" for reason, held in names.items()]


def coordinators(study: Study, live: Sequence[Worker]) -> list[Worker]:
    """The live coordinators that serve the study.

    Where a function of its owner's own proposes, only the one that leads is known to have it; to
    pause or end a study, any will do.
    """
    found = [p for p in live if p.role == COORDINATOR and serves(p, study)]
    if study.sampler.function is None or study.wish.want is not Want.RUN:
        return found
    return [p for p in found if study.lease is not None and p.id == study.lease.holder]


def by_its_owner(study: Study) -> str:
    """Who proposes for a study whose sampler is a function, and how to let it."""
    return (
        f"its sampler is a function of its owner's own, {study.sampler.function}: run it where "
        "the function is, by handle.coordinate(function) or Study.run()"
    )


def present(study: Study, live: Sequence[Worker]) -> list[Worker]:
    """The live workers that were started for the study, able or not."""
    return [p for p in live if p.role != COORDINATOR and serves(p, study)]


def able(study: Study, live: Sequence[Worker]) -> list[Worker]:
    """The live workers that serve the study and can run it."""
    return [w for w in present(study, live) if shortcoming(w, study) is None]


def hopeless(study: Study, live: Sequence[Worker]) -> str | None:
    """Why none of the live workers that serve the study can run it; None if one can, or none is."""
    reasons = [lasting(worker, study) for worker in present(study, live)]
    return reasons[0] if reasons and all(reasons) else None


def crowded(study: Study, live: Sequence[Worker]) -> bool:
    """Whether its trials wait, none runs, and every worker that could run one has its hands full.

    Who keeps them busy only the other studies tell, see :func:`lacks`.
    """
    if study.status is not StudyStatus.ACTIVE or not study.counts.get(TrialState.WAITING):
        return False
    able_ones = able(study, live)
    full = bool(able_ones) and all(worker.busy >= worker.slots for worker in able_ones)
    return full and not study.counts.get(TrialState.RUNNING)


def manned(able_ones: int, others: int) -> str:
    """How many workers run a study, in words; ``others`` serve it and cannot run it."""
    if able_ones or not others:
        return counted(able_ones, "worker")
    return f"{counted(others, 'worker')}, none can run it"


def lacks(
    study: Study, live: Sequence[Worker], call: Invocation, others: Sequence[Study] = ()
) -> list[str]:
    """What the study lacks to move on, one sentence each, with what to start.

    ``others`` are the store's studies; they are looked at only where it is :func:`crowded`.
    """
    if ended(study):
        return []
    said = []
    nobody = not coordinators(study, live)
    if pending(study) and study.wish.want in (Want.CANCEL, Want.PAUSE):  # which need no worker
        if nobody:
            start, asked = call.line("coordinator"), study.wish.want.value
            said.append(f"the {asked} waits until a coordinator runs: start `{start}`")
        return said
    if not pending(study) and study.status is StudyStatus.STOPPING:  # no trial is to run any more
        start = call.line("coordinator")
        return [f"it ends once a coordinator runs: start `{start}`"] if nobody else []
    if not pending(study) and study.status is StudyStatus.PAUSED:
        return [f"the study is paused: `{call.line('resume', study.name)}` lets it go on"]
    if nobody:
        said.append(_nobody(study, call))
    if not able(study, live):
        said.append(_no_worker(study, present(study, live), call))
    elif crowding := _no_memory(study, able(study, live)):
        said.append(crowding)
    running = [o.name for o in others if o.uid != study.uid and o.counts.get(TrialState.RUNNING)]
    if running and crowded(study, live):
        said.append(_no_slot(able(study, live), running))
    return said


def _nobody(study: Study, call: Invocation) -> str:
    if study.sampler.function is not None:
        return f"nobody proposes: {by_its_owner(study)}"
    return (
        "no live coordinator serves this study, so nothing is proposed: "
        f"start `{call.line('coordinator')}`"
    )


def _no_slot(full: Sequence[Worker], running: Sequence[str]) -> str:
    slots = sum(worker.slots for worker in full)
    more = [f"{len(running) - NAMED} more"] if len(running) > NAMED else []
    whom = "the worker" if len(full) == 1 else "the workers"
    subject = "the only slot" if slots == 1 else f"all {counted(slots, 'slot')}"
    return (
        f"{subject} of {whom} that could run it {'is' if slots == 1 else 'are'} busy with "
        f"{'another study' if len(running) == 1 else 'other studies'} "
        f"({', '.join([*running[:NAMED], *more])})"
    )


def _no_worker(study: Study, unable: Sequence[Worker], call: Invocation) -> str:
    if not unable:
        return (
            "no live worker serves this study, so no trial is run: "
            f"start `{call.line('worker')}` on a node"
        )
    others = f" (nor can {len(unable) - 1} more)" if len(unable) > 1 else ""
    nearest = max(unable, key=lambda worker: sum(not one.trouble for one in worker.devices))
    why = shortcoming(nearest, study)
    return visible(f"no live worker can run this study: {nearest.id}{others}: {why}")


def _no_memory(study: Study, able_ones: Sequence[Worker]) -> str | None:
    """That no GPU has the memory free now that a trial needs, if so."""
    wanted = study.requires.gpu_memory_gb
    fit = [
        (device, worker)
        for worker in able_ones
        for device in worker.devices
        if placement.suits(device, study.requires)
    ]
    if wanted is None or study.counts.get(TrialState.RUNNING) or not fit:
        return None
    free = [((one.memory_gb or 0.0) - (one.used_gb or 0.0), one, who) for one, who in fit]
    most, device, worker = max(free, key=lambda entry: entry[0])
    if most >= wanted:
        return None
    return visible(
        f"no GPU has {wanted:g} GB free now: the most is {max(0.0, most):.1f} GB, on GPU "
        f"{device.index} of {worker.id}"
    )
