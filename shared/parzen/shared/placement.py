"""What a worker can hold of what trials require: pure, and the same answer for every room.

A slot is one trial's place on a node. A device is shared by so many slots, one by default; a trial
that needs several GPUs takes as many slots, each with a device of its own. One that needs none sees
none, and takes a slot without a device, or where a worker has no such slot, any.
"""

from __future__ import annotations

from collections.abc import Sequence

from parzen.shared.records import Device, Image, Requires, Run, Worker

MOST = 1024
"""No worker has more slots: what stands in a database may be anything."""

GB = 1e9
"""Bytes in a gigabyte: a card that is sold with 80 GB has somewhat more."""


def suits(device: Device, requires: Requires) -> bool:
    """Whether the device could be one of a trial's GPUs."""
    if device.trouble is not None or (device.mig and requires.gpus > 1):
        return False  # a process sees one MIG instance at the most
    wanted = requires.gpu_memory_gb
    return wanted is None or (device.memory_gb is not None and device.memory_gb >= wanted)


def width(requires: Requires) -> int:
    """How many slots a trial takes."""
    return max(1, requires.gpus)


def at_once(worker: Worker, requires: Requires) -> int:
    """How many trials that require this the worker can run at a time, if it runs nothing else."""
    if requires.gpus <= 0:
        plain = worker.slots - sum(device.slots for device in worker.devices)
        broken = sum(device.slots for device in worker.devices if device.trouble is not None)
        return plain if plain > 0 else max(0, worker.slots - broken)
    return groups(_shares(worker, requires), requires.gpus)


def places(worker: Worker, requires: Requires) -> int:
    """How many of the worker's slots suit trials that require this."""
    return at_once(worker, requires) if requires.gpus <= 0 else sum(_shares(worker, requires))


def vacant(worker: Worker, requires: Requires) -> int:
    """How many of those are free now, by what it runs."""
    return min(_idle(worker), sum(_vacancies(worker, requires)))


def could_begin(worker: Worker, requires: Requires) -> int:
    """How many trials that require this the worker could begin now, beside what it runs."""
    found = groups(_vacancies(worker, requires), width(requires))
    return min(_idle(worker) // width(requires), found)


def in_the_way(worker: Worker, requires: Requires) -> list[Run]:
    """What the worker runs on slots that suit trials that require this."""
    if requires.gpus <= 0:
        return [run for run in worker.runs if not (run.devices and _apart(worker))]
    mine = {device.uuid for device in worker.devices if suits(device, requires)}
    return [
        run
        for run in worker.runs
        if mine.intersection(run.devices) or not (run.devices or _apart(worker))
    ]


def _apart(worker: Worker) -> bool:
    """Whether trials that require no GPU have slots of their own."""
    return worker.slots > sum(device.slots for device in worker.devices)


def _idle(worker: Worker) -> int:
    return max(0, min(worker.slots, MOST) - worker.busy)


def _shares(worker: Worker, requires: Requires) -> list[int]:
    """Of each GPU that suits how many trials may share it."""
    suiting = (device for device in worker.devices if suits(device, requires))
    return [max(0, min(device.slots, MOST)) for device in suiting]


def _vacancies(worker: Worker, requires: Requires) -> list[int]:
    """Of each GPU that suits how many more trials could share it now; of all without one alike."""
    if requires.gpus <= 0:
        busy = sum(max(1, len(run.devices)) for run in in_the_way(worker, requires))
        return [max(0, at_once(worker, requires) - busy)]
    taken = [uuid for run in worker.runs for uuid in run.devices]
    suiting = [device.uuid for device in worker.devices if suits(device, requires)]
    shares = zip(suiting, _shares(worker, requires), strict=True)
    return [max(0, share - taken.count(uuid)) for uuid, share in shares]


def groups(shares: Sequence[int], size: int) -> int:
    """How many groups of ``size`` different devices can be had of those with so many ``shares``.

    The largest k for which the devices, each at most k times, fill k groups.
    """
    shares = [max(0, min(share, MOST)) for share in shares]
    k = sum(shares) // size if size > 0 else 0
    while k and sum(min(share, k) for share in shares) < size * k:
        k -= 1
    return k


def shortcoming(worker: Worker, requires: Requires, image: Image | None = None) -> str | None:
    """What the worker lacks for trials that require this, whatever else it runs; None for nothing.

    They run in containers of ``image``, if there is one. Time does not mend it: what it lacks for
    the moment, such as free memory, is no shortcoming.
    """
    missing = [label for label in requires.labels if label not in worker.labels]
    if missing:
        return f"it lacks the label {', '.join(missing)}"
    if requires.time_s is not None and worker.time_left_s is not None:
        left_s = worker.time_left_s
        if left_s < requires.time_s:
            return f"it has {max(0.0, left_s):.0f} s left, a trial takes {requires.time_s:g} s"
    if image is not None and not worker.containers:
        return f"it has no Docker engine to run the image {image.name}"
    if at_once(worker, requires):
        return None
    return _too_few(worker, requires)


def _too_few(worker: Worker, requires: Requires) -> str:
    wanted, whole = requires.gpus, [device for device in worker.devices if not device.trouble]
    if wanted == 0:
        return "its GPUs are out of service, and it has no slot without one"
    memory = requires.gpu_memory_gb
    needs = f"a trial needs {wanted}{f' with {memory:g} GB' if memory else ''}"
    if len(whole) < wanted:
        ill = len(worker.devices) - len(whole)
        out = f" and {ill} out of service" if ill else ""
        return f"it has {_gpus(len(whole))}{out}, {needs}"
    parts = sum(device.mig for device in whole)
    if wanted > 1 and len(whole) - parts < wanted:
        return (
            f"it has {_gpus(len(whole) - parts, 'whole ')} and {parts} MIG "
            f"instance{'' if parts == 1 else 's'}, of which a process sees one; {needs}"
        )
    fit = sum(suits(device, requires) for device in whole)
    return f"it has {_gpus(fit)} as large, {needs}"


def _gpus(count: int, which: str = "") -> str:
    return f"{count} {which}GPU{'' if count == 1 else 's'}"
