"""What an agent's node has for trials: seats with CPUs and GPUs, and how the GPUs fare."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from parzen.shared.errors import InvalidInput
from parzen.shared.records import Claim, Device, Requires
from parzen.worker import cpus, slurm
from parzen.worker.gpus.driver import DriverError
from parzen.worker.gpus.drivers import drivers
from parzen.worker.gpus.held import Holding
from parzen.worker.gpus.inventory import Card, Inventory, take_stock
from parzen.worker.gpus.memory import IDLE, UNKNOWN, available_gb
from parzen.worker.gpus.monitor import Monitor
from parzen.worker.gpus.nvml import Nvml
from parzen.worker.options import INHERITED, Options
from parzen.worker.seats import Placement, Seat, lay_out, place
from parzen.worker.slots import Slot

log = logging.getLogger("parzen.worker")

NOTHING = ("none",)

Sitting = Callable[[Slot], "Claim | None"]
"""What counts as sitting on a slot's GPUs."""


class Hardware:
    """Takes stock when it is made, and holds what it found until it is closed.

    ``told`` hears of a GPU that must not be used, from a thread of its own.

    Raises:
        InvalidInput: the options name GPUs that are not there, or that somebody else has.
    """

    def __init__(
        self,
        options: Options,
        home: Path,
        told: Callable[[str, str], None],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._environ = environ
        self._holding = Holding(home / "gpus")
        self._stock = _stock(options, self._holding, environ)
        usable, power = _cpus(slurm.allocation(environ))
        self.seats = lay_out(self._stock.cards, options.slots, usable, power)
        self._slots: Sequence[Slot] = ()
        self.monitor = Monitor(self._stock.cards, told, self._token)

    def watch(self, slots: Sequence[Slot]) -> None:
        """Begin to look how the GPUs fare that ``slots`` use."""
        self._slots = slots
        self.monitor.start()

    def close(self) -> None:
        """Look no more, and let others have the GPUs."""
        self.monitor.close()
        self._holding.close()

    def devices(self) -> tuple[Device, ...]:
        """Its GPUs as they are announced."""
        return self.monitor.devices()

    @property
    def described(self) -> str:
        """Its GPUs in words; empty without any."""
        told = [f"{c.found.index} {c.found.name} ({c.uuid})" for c in self._stock.cards]
        return ", ".join(told)

    def place(self, seats: Sequence[Seat], requires: Requires) -> Placement:
        """What a trial gets that takes ``seats``."""
        return place(seats, requires, self._stock.hidden, self._environ)

    def now(self, card: Card, requires: Requires, given_gb: float = 0.0) -> bool:
        """See :class:`~parzen.worker.seats.Memory`; not where the GPU does not work."""
        return self._free(card, requires, given_gb, lambda slot: slot.sits)

    def soon(self, card: Card, requires: Requires, given_gb: float = 0.0) -> bool:
        """See :meth:`now`."""
        return self._free(card, requires, given_gb, _stays)

    def ever(self, card: Card, requires: Requires, given_gb: float = 0.0) -> bool:
        """See :meth:`now`."""
        wanted = requires.gpu_memory_gb
        reading = self.monitor.reading(card.uuid)
        if reading.trouble is not None or wanted is None or card.found.memory_gb is None:
            return reading.trouble is None
        owners = {pid: self._owner(pid, _stays) for pid in reading.processes}
        strangers_gb = sum(gb for pid, gb in reading.processes.items() if owners[pid] is None)
        return card.found.memory_gb - strangers_gb - given_gb >= wanted

    def _free(self, card: Card, requires: Requires, given_gb: float, sitting: Sitting) -> bool:
        """Whether it has the memory beside those that are ``sitting`` there."""
        wanted = requires.gpu_memory_gb
        reading = self.monitor.reading(card.uuid)
        if reading.trouble is not None or wanted is None:
            return reading.trouble is None
        owners = {pid: self._owner(pid, sitting) for pid in reading.processes}
        promised = self._promised(card, sitting)
        free = available_gb(reading, card.found.memory_gb, promised, owners)
        return free is not None and free - given_gb >= wanted

    def _promised(self, card: Card, sitting: Sitting) -> Mapping[str, float]:
        there = (slot for slot in self._slots if card.uuid in slot.placement.devices)
        claims = filter(None, map(sitting, there))
        return {claim.token: claim.study.requires.gpu_memory_gb or 0.0 for claim in claims}

    def _owner(self, pid: int, sitting: Sitting) -> str | None:
        """The token of the attempt whose process it is, or what else is known of that."""
        if not psutil.pid_exists(pid):
            return UNKNOWN
        slot = self._slot(pid)
        if slot is None:
            return None
        claim = sitting(slot)
        return IDLE if claim is None else claim.token

    def _token(self, pid: int) -> str | None:
        """The token of the attempt whose process it is, over or not; None where there is none."""
        slot = self._slot(pid)
        claim = None if slot is None else slot.claim
        return None if claim is None else claim.token

    def _slot(self, pid: int) -> Slot | None:
        """Whose child's process, or a descendant of it, it is."""
        children = {slot.pid: slot for slot in self._slots if slot.pid}
        try:
            line = [pid, *(process.pid for process in psutil.Process(pid).parents())]
        except psutil.Error:  # it has ended, or its number is another's: a container has its own
            return None
        return next((children[one] for one in line if one in children), None)


def _stays(slot: Slot) -> Claim | None:
    """What the slot runs, unless that has returned already."""
    attempt = slot.attempt
    return None if attempt is None or attempt.returned else attempt.claim


def _cpus(given: slurm.Allocation | None) -> tuple[Sequence[int], float]:
    """The CPUs that trials may keep to, and how many CPUs' time they have.

    Where Slurm gave fewer than it confines the job to, nobody knows which those are.
    """
    usable, power = cpus.usable(), cpus.power()
    if given is None or given.cpus is None or given.cpus >= power:
        return usable, power
    return (), float(given.cpus)


def _stock(options: Options, holding: Holding, environ: Mapping[str, str]) -> Inventory:
    if options.gpus == INHERITED:
        return Inventory()
    try:
        stock = take_stock(
            drivers(),
            options.gpus,
            holding,
            most=options.slots,
            slots_each=options.slots_per_gpu,
            environ=environ,
        )
    except DriverError as error:
        if options.gpus == NOTHING:
            log.warning("GPUs are left alone: %s", error)
            return Inventory((), Nvml.hidden)
        raise InvalidInput(
            f"the GPUs of this machine cannot be listed ({error}): see that the driver works, or "
            "start with --gpus none"
        ) from error
    named = options.gpus and options.gpus not in (("all",), NOTHING)
    if named and not stock.cards:
        raise InvalidInput(
            f"every GPU that --gpus names ({', '.join(options.gpus)}) is handed out by another "
            "worker of this machine: stop that one, or name others"
        )
    return stock
