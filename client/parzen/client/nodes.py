"""The workers of a store as people look at them: by node and GPU, and by what they run. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from parzen.client.presence import COORDINATOR
from parzen.client.wording import clock
from parzen.shared.errors import NotFound
from parzen.shared.plain import shown
from parzen.shared.records import Device, Run, Worker

NAMED = 4
"""How many trials are named that run in one place; the others are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One GPU of a worker with what runs there, or a worker's share without GPUs."""

    worker: Worker
    device: Device | None
    runs: Sequence[Run]

    @property
    def gpu(self) -> str:
        """Its place and its name: ``0 H100 80GB HBM3``; that it is NVIDIA's goes without saying."""
        if self.device is None:
            return ""
        return f"{self.device.index} {self.device.name.removeprefix('NVIDIA ')}"

    @property
    def running(self) -> str:
        """The trials in short: ``first/17 first/18``."""
        told = [f"{run.study}/{run.number}" for run in self.runs[:NAMED]]
        more = [f"and {len(self.runs) - NAMED} more"] if len(self.runs) > NAMED else []
        return " ".join([*told, *more])

    @property
    def _kept(self) -> bool:
        """Whether it is free, and kept so for a trial that needs others, too."""
        idle = self.device is not None and not self.runs and self.device.trouble is None
        return idle and self.worker.keeps_for is not None

    @property
    def memory(self) -> str:
        """What is used of the GPU's memory: ``11.2/80 GB``."""
        if self.device is None or self.device.memory_gb is None:
            return ""
        used = self.device.used_gb
        return f"{'?' if used is None else f'{used:.1f}'}/{self.device.memory_gb:.0f} GB"

    @property
    def utilisation(self) -> str:
        """How much of the last second the GPU computed."""
        if self.device is None or self.device.utilisation is None:
            return ""
        return f"{self.device.utilisation:.0%}"

    @property
    def state(self) -> str:
        """What keeps it from taking trials, in short: ``out of service: …``, ``leaving``."""
        said = []
        if self.device is not None and self.device.trouble is not None:
            said.append(f"out of service: {self.device.trouble}")
        elif self.device is not None and self.device.silence is not None:
            said.append(f"cannot be looked at: {self.device.silence}")
        if self._kept:
            said.append(f"kept for {self.worker.keeps_for}")
        if self.worker.leaving or self.worker.order is not None:
            said.append("leaving")
        elif self.worker.time_left_s is not None and math.isfinite(self.worker.time_left_s):
            said.append(f"{clock(max(0.0, self.worker.time_left_s))} left")
        return ", ".join(said)


def lines(workers: Iterable[Worker]) -> Iterator[Line]:
    """A line for each GPU, and one for a worker without any, or for what it runs without one."""
    for worker in workers:
        for device in worker.devices:
            runs = [run for run in worker.runs if device.uuid in run.devices]
            yield Line(worker, device, runs)
        plain = [run for run in worker.runs if not run.devices]
        if plain or not worker.devices:
            yield Line(worker, None, plain)


def named(live: Sequence[Worker], names: Sequence[str]) -> Sequence[Worker]:
    """The live workers of these nodes: by host, by id, or by the beginning of an id.

    Raises:
        NotFound: a name is nobody's.
    """
    found: dict[str, Worker] = {}
    workers = [worker for worker in live if worker.role != COORDINATOR]
    for name in names:
        mine = [w for w in workers if name in (w.host, w.id)]
        mine = mine or [w for w in workers if name and w.id.startswith(name)]
        if not mine:
            raise NotFound(
                f"no live worker is called {shown(name)}, nor is its host (one that has quit is "
                f"not known any more): {_who(workers)}"
            )
        found.update((worker.id, worker) for worker in mine)
    return list(found.values())


def _who(workers: Sequence[Worker]) -> str:
    if not workers:
        return "no worker is alive"
    names = sorted({n for worker in workers for n in (worker.host, worker.id.partition(":")[0])})
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"expected one of {', '.join(names[:NAMED])}{more}"
