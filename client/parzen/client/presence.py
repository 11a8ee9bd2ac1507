"""Who is there to carry a study: pure functions from a study and the live processes to sentences.

A study moves only while a coordinator proposes for it and a worker that can run it is alive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parzen.client.invocation import Invocation
from parzen.client.wording import counted, moment
from parzen.shared import placement
from parzen.shared.course import Silent
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


def could_begin(worker: Worker, study: Study) -> int:
    """How many of its trials the worker could begin now: GPUs kept for another are not free."""
    if study.requires.gpus > 0 and _keeps(worker, study):
        return 0
    return placement.could_begin(worker, study.requires)


def _keeps(worker: Worker, study: Study) -> bool:
    return worker.keeps_for not in (None, study.name)


def seen_running(study: Study, live: Sequence[Worker]) -> int:
    """How many of its trials live workers run, as they said last."""
    return sum(run.study == study.name for worker in live for run in worker.runs)


def missed(study: Study, live: Sequence[Worker]) -> bool:
    """Whether more of its trials count as running than live workers say that they run."""
    return study.counts.get(TrialState.RUNNING, 0) > seen_running(study, live)


def manned(able_ones: int, others: int) -> str:
    """How many workers run a study, in words; ``others`` serve it and cannot run it."""
    if able_ones or not others:
        return counted(able_ones, "worker")
    return f"{counted(others, 'worker')}, none can run it"


def lacks(
    study: Study, live: Sequence[Worker], call: Invocation, silent: Sequence[Silent] = ()
) -> list[str]:
    """What the study lacks to move on, one sentence each, with what to start.

    ``silent`` are the workers that have its trials and are not live; there are none but where some
    are :func:`missed`.
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
    if not (able_ones := able(study, live)):
        said.append(_no_worker(study, present(study, live), call))
    elif crowding := _no_slot(study, able_ones) or _no_memory(study, able_ones):
        said.append(crowding)
    return [*said, _silence(silent)] if silent else said


def _nobody(study: Study, call: Invocation) -> str:
    if study.sampler.function is not None:
        return f"nobody proposes: {by_its_owner(study)}"
    return (
        "no live coordinator serves this study, so nothing is proposed: "
        f"start `{call.line('coordinator')}`"
    )


def _no_slot(study: Study, able_ones: Sequence[Worker]) -> str | None:
    """That its trials wait, none runs, and other studies have the slots that suit them, if so."""
    if study.status is not StudyStatus.ACTIVE or not study.counts.get(TrialState.WAITING):
        return None
    if study.counts.get(TrialState.RUNNING) or any(could_begin(w, study) for w in able_ones):
        return None
    running = [r for w in able_ones for r in placement.in_the_way(w, study.requires)]
    whose = [run.study for run in running if run.study != study.name]
    kept = [w.keeps_for for w in able_ones if w.keeps_for is not None and _keeps(w, study)]
    names = list(dict.fromkeys([*whose, *kept]))
    if not names:  # its own trials, which are not counted yet
        return None
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    return visible(
        f"{_taken(study, able_ones)} busy with {'or kept for ' if kept else ''}"
        f"{'another study' if len(names) == 1 else 'other studies'} "
        f"({', '.join([*names[:NAMED], *more])})"
    )


def _taken(study: Study, able_ones: Sequence[Worker]) -> str:
    """The slots that suit it, in words, or where some are free those that are not."""
    slots = sum(placement.places(worker, study.requires) for worker in able_ones)
    free = sum(placement.vacant(worker, study.requires) for worker in able_ones)
    whom = "the worker" if len(able_ones) == 1 else "the workers"
    wide = study.requires.gpus
    if wide > 1:
        return (
            f"a trial needs {wide} GPUs of one worker, and {free} of the {slots} that suit "
            f"{'is' if free == 1 else 'are'} free: the others are"
        )
    subject = "the only slot" if slots == 1 else f"all {counted(slots, 'slot')}"
    return f"{subject} of {whom} that could run it {'is' if slots == 1 else 'are'}"


def _silence(silent: Sequence[Silent]) -> str:
    trials = sum(one.trials for one in silent)
    longest_s = max(one.seconds for one in silent)
    whom = "a worker that has" if len(silent) == 1 else f"{len(silent)} workers that have"
    go = "it goes back when its lease ends" if trials == 1 else "they go back when their leases end"
    return (
        f"{counted(trials, 'trial')} {'runs' if trials == 1 else 'run'} on {whom} been silent for "
        f"{'' if len(silent) == 1 else 'up to '}{longest_s:.0f} s: {go}"
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
    told = [(one, who) for one, who in fit if one.silence is None]
    if not told:
        device, worker = fit[0]
        return visible(
            f"no GPU is known to have {wanted:g} GB free now: GPU {device.index} of {worker.id} "
            f"cannot be looked at: {device.silence}"
        )
    free = [((one.memory_gb or 0.0) - (one.used_gb or 0.0), one, who) for one, who in told]
    most, device, worker = max(free, key=lambda entry: entry[0])
    if most >= wanted:
        return None
    return visible(
        f"no GPU has {wanted:g} GB free now: the most is {max(0.0, most):.1f} GB, on GPU "
        f"{device.index} of {worker.id}"
    )
