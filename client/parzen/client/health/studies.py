"""What is alive in the store: processes, studies, and what these lack to move on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from parzen.client import presence
from parzen.client.health.findings import Finding, Findings, Group
from parzen.client.invocation import Invocation
from parzen.client.wording import counted
from parzen.shared.course import Silent
from parzen.shared.records import Study, Worker

studies = Findings(Group.STUDIES)

NAMED = 5
"""Of how many studies it is said what they lack, and of how many workers what ails their GPUs; the
others are counted."""

REPAIR = "see to it, and start the worker again"
ANSWER = "see that the driver works there: trials that require gpu_memory_gb wait for that"


def processes(live: Sequence[Worker], version: str | None) -> Iterator[Finding]:
    """The workers and coordinators that are alive; ``version`` is this parzen's."""
    coordinators = [p for p in live if p.role == presence.COORDINATOR]
    workers = [p for p in live if p.role != presence.COORDINATOR]
    slots = sum(worker.slots for worker in workers)
    alive = (
        f"{counted(len(workers), 'worker')} with {counted(slots, 'slot')}, "
        f"{counted(len(coordinators), 'coordinator')}"
    )
    yield studies.ok("processes", alive if live else "no worker and no coordinator is alive")
    others = sorted({v for p in live if (v := p.versions.get("parzen")) and v != version})
    if version is not None and others:
        yield studies.warning(
            "versions",
            f"some of them are of parzen {', '.join(others)}, this is {version}",
            "bring all to one version",
        )


def devices(live: Sequence[Worker], call: Invocation) -> Iterator[Finding]:
    """The GPUs of live workers that are out of service, or do not say how they fare."""
    ill: dict[tuple[str, str, str], list[str]] = {}
    for worker in live:
        for device in worker.devices:
            if device.trouble is not None:
                said = f"out of service: {device.trouble}"
                ill.setdefault((worker.id, said, REPAIR), []).append(device.index)
            elif device.silence is not None:
                said = f"cannot be looked at: {device.silence}"
                ill.setdefault((worker.id, said, ANSWER), []).append(device.index)
    for (name, said, advice), places in list(ill.items())[:NAMED]:
        which = f"GPU{'' if len(places) == 1 else 's'} {', '.join(places)}"
        yield studies.warning(name, f"{which} {said}", advice)
    if len(ill) > NAMED:
        yield studies.warning(
            "GPUs",
            f"those of {len(ill) - NAMED} more are in trouble",
            f"`{call.line('workers')}` lists them",
        )


def moving(
    stored: Sequence[Study],
    live: Sequence[Worker],
    call: Invocation,
    silent: Callable[[Study], Sequence[Silent]],
) -> Iterator[Finding]:
    """Whether the studies that have not ended lack anything; ``silent`` has their lost workers."""

    def lacks(study: Study) -> list[str]:
        lost = silent(study) if presence.missed(study, live) else ()
        return presence.lacks(study, live, call, lost)

    going = [study for study in stored if not presence.ended(study)]
    told = f"{counted(len(stored), 'study')}, {len(going) or 'none'} still to do"
    yield studies.ok("studies", told if stored else "there are none yet")
    lacking = [(study, said) for study in going if (said := lacks(study))]
    for study, said in lacking[:NAMED]:
        yield studies.warning(
            study.name, "; ".join(said), f"`{call.line('status', study.name)}` says more"
        )
    if len(lacking) > NAMED:
        yield studies.warning(
            "others",
            f"{len(lacking) - NAMED} more lack something",
            f"`{call.line('studies')}` lists them",
        )
