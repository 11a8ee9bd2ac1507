"""What a maker's driver tells of its GPUs, whichever maker that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class DriverError(Exception):
    """The driver did not answer; what it said."""


class NoDriver(DriverError):
    """There is none: this machine has no such GPU, or nobody has installed it."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A card that the driver counts and cannot speak to: its place, and what was said."""

    index: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One GPU that can compute, or one MIG instance.

    ``index`` is its place in the driver's list, in PCI order ("2"; "2:0" for the first instance of
    the third GPU), ``cpus`` those that lie near it, empty where the driver does not say.
    """

    uuid: str
    name: str
    index: str
    mig: bool = False
    memory_gb: float | None = None
    cpus: frozenset[int] = frozenset()

    @property
    def card(self) -> int:
        """The place of the card that it is, or is on."""
        return int(self.index.partition(":")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at a GPU: memory in gigabytes (of 10^9 bytes), utilisation from 0 to 1.

    ``processes`` is the memory of each process that computes there, by its number as the driver
    sees it; empty where it does not say. ``trouble`` says why it must not be used, in one sentence.
    """

    used_gb: float | None = None
    free_gb: float | None = None
    utilisation: float | None = None
    processes: Mapping[int, float] = field(default_factory=dict)
    trouble: str | None = None


class Driver(Protocol):
    """One maker's GPUs on this node. Safe to use from several threads."""

    maker: str
    """For people."""
    hidden: Mapping[str, str]
    """The environment of a process that is to see none of them."""
    bounds: Sequence[str]
    """The variables by which somebody bounds what may be handed out, each a list as CUDA reads it;
    one bounds what those before it leave."""

    silent: Sequence[Silent]
    """The cards of the last listing that did not answer."""

    def devices(self) -> Sequence[Found]:
        """All that answer, in the driver's order.

        Raises:
            DriverError: it does not answer.
        """

    def read(self, uuid: str) -> Reading:
        """How one of them fares. One that is gone is a reading with its ``trouble``.

        Raises:
            DriverError: it does not answer.
        """

    def visible(self, uuids: Sequence[str]) -> Mapping[str, str]:
        """The environment of a process that is to see these alone."""
