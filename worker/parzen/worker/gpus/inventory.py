"""The GPUs that one agent hands out, each with the driver that knows it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from parzen.shared.records import Device
from parzen.worker.gpus import bounds
from parzen.worker.gpus.driver import Driver, Found, Silent
from parzen.worker.gpus.held import Holding

log = logging.getLogger("parzen.worker")


@dataclass(frozen=True, slots=True)
class Card:
    """A GPU that is handed out, or a MIG instance."""

    found: Found
    driver: Driver
    slots: int = 1

    @property
    def uuid(self) -> str:
        """Its id."""
        return self.found.uuid

    @property
    def device(self) -> Device:
        """As it is announced, before anybody has looked at how it fares."""
        return Device(
            uuid=self.found.uuid,
            name=self.found.name,
            index=self.found.index,
            slots=self.slots,
            mig=self.found.mig,
            memory_gb=self.found.memory_gb,
        )


@dataclass(frozen=True, slots=True)
class Inventory:
    """What one agent hands out. ``hidden`` is the environment of a trial that is to see no GPU."""

    cards: Sequence[Card] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)


def take_stock(
    drivers: Iterable[Driver],
    words: Sequence[str],
    holding: Holding,
    *,
    most: int | None = None,
    slots_each: int = 1,
    environ: Mapping[str, str] = os.environ,
) -> Inventory:
    """Find what may be handed out, and hold it.

    Args:
        drivers: those of this node.
        words: what ``--gpus`` says, nothing for all that may be.
        holding: keeps other workers of this machine from it.
        most: so many cards at the most, None for any number.
        slots_each: how many trials may share one.
        environ: which may bound it.

    Raises:
        InvalidInput: ``words`` name what is not there or may not be had.
        DriverError: a driver does not answer.
    """
    known: list[tuple[Found, Driver]] = []
    hidden: dict[str, str] = {}
    silent: list[Silent] = []
    why: str | None = None
    for driver in drivers:
        found = driver.devices()
        hidden.update(driver.hidden)
        silent += driver.silent
        left, bound = bounds.allowed(found, driver.bounds, environ, driver.silent)
        if len(left) < len(found):
            why = bound
            level = logging.INFO if left else logging.WARNING
            log.log(level, "%d of %d GPUs may be handed out, by %s", len(left), len(found), bound)
        known += [(one, driver) for one in left]
    for card in silent:
        log.error("GPU %s does not answer, and is left out: %s", card.index, card.said)
    chosen = bounds.wanted([one for one, _ in known], words, why, silent)
    taken, others = holding.take(chosen, most)
    for one in others:
        log.warning(
            "GPU %s (%s) is handed out by another worker of this machine: left to it", one.index,
            one.uuid,
        )  # fmt: skip
    of = {one.uuid: driver for one, driver in known}
    cards = [Card(one, of[one.uuid], slots_each) for one in taken]
    return Inventory(cards, hidden)
