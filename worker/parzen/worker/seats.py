"""How a node is divided among an agent's slots, and which of them a trial takes: pure.

Each slot has a seat: its share of the CPUs, and perhaps one GPU. A trial sits on one seat, or on
as many as it requires GPUs, each with another one; one that requires none sits anywhere, and sees
none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from parzen.shared.placement import suits
from parzen.shared.records import Requires
from parzen.worker.gpus.inventory import Card

THREADS = "OMP_NUM_THREADS"
"""What OpenMP, and the libraries of linear algebra with it, take for the number of threads."""

Roomy = Callable[[Card, Requires, float], bool]
"""Whether a GPU has the memory free that a trial requires of each, beside so many gigabytes that
were given away since it was looked at."""


class Memory(Protocol):
    """The memory of a node's GPUs, for the decisions who sits where. Each is a :data:`Roomy`."""

    def now(self, card: Card, requires: Requires, given_gb: float = 0.0) -> bool:
        """Beside all that sit there, those that leave included: their slots may go on alike."""

    def soon(self, card: Card, requires: Requires, given_gb: float = 0.0) -> bool:
        """Once those that leave are gone."""

    def ever(self, card: Card, requires: Requires, given_gb: float = 0.0) -> bool:
        """If nothing of this worker's ran there."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A slot's share of its node.

    ``cpus`` are those that its trials keep to, empty for any; ``threads`` how many of its threads
    should compute at a time, None where nothing limits them. One that is ``reserved`` is for trials
    that require GPUs alone, since the node has others for the rest.
    """

    number: int
    card: Card | None = None
    reserved: bool = False
    cpus: tuple[int, ...] = ()
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """What a trial gets: the ids of its GPUs, its CPUs (empty for any), and its environment."""

    devices: tuple[str, ...] = ()
    cpus: tuple[int, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def device(self) -> str:
        """For people: the ids, or "cpu"."""
        return ",".join(self.devices) or "cpu"


def lay_out(
    cards: Sequence[Card], slots: int | None, cpus: Sequence[int], quota: float | None = None
) -> tuple[Seat, ...]:
    """The seats of a node.

    Args:
        cards: its GPUs, in the order in which seats get them: every one once before any twice.
        slots: how many seats; None for one for each share of a GPU, and one for trials that require
            none: that keeps to no CPUs of its own.
        cpus: the CPUs that may be used.
        quota: how many CPUs' time may be used, where a container is limited to less.
    """
    rounds = max((card.slots for card in cards), default=0)
    shares = [card for turn in range(rounds) for card in cards if turn < card.slots]
    count = slots if slots is not None else len(shares) + 1
    given: list[Card | None] = [*shares[:count]]
    given += [None] * (count - len(given))
    spare = slots is None and bool(shares)
    portions = [*divide(cpus, given[:-1]), ()] if spare else divide(cpus, given)
    count -= spare
    whole = float(len(cpus)) or float("inf")  # unknown which, or how many
    power = min(whole, quota or whole)
    limited = math.isfinite(power) and (len(given) > 1 or power < whole)
    return tuple(
        Seat(
            n,
            card,
            reserved=card is not None and None in given,
            cpus=portion,
            threads=_threads(portion, power / count, limited=limited),
        )
        for n, (card, portion) in enumerate(zip(given, portions, strict=True))
    )


def _threads(portion: Sequence[int], power: float, *, limited: bool) -> int | None:
    if not limited:
        return None
    most = len(portion) or float("inf")
    return max(1, int(min(most, power)))


def divide(cpus: Sequence[int], given: Sequence[Card | None]) -> list[tuple[int, ...]]:
    """A portion of the CPUs for each, near its GPU where there are some; empty ones for any.

    With fewer CPUs than seats, or one seat, nobody keeps to some.
    """
    count = len(given)
    if count <= 1 or len(cpus) < count:
        return [()] * count
    left = list(cpus)
    portions: list[list[int]] = [[] for _ in given]
    for turn in range(len(cpus)):
        card, portion = given[turn % count], portions[turn % count]
        near = card.found.cpus if card is not None else frozenset[int]()
        portion.append(left.pop(next((n for n, cpu in enumerate(left) if cpu in near), 0)))
    return [tuple(sorted(portion)) for portion in portions]


NOTHING_GIVEN: Mapping[str, float] = MappingProxyType({})


def choose(
    seats: Sequence[Seat],
    requires: Requires,
    roomy: Roomy,
    first: Seat | None = None,
    given: Mapping[str, float] = NOTHING_GIVEN,
) -> tuple[Seat, ...] | None:
    """The seats that a trial takes of those that are free, ``first`` among them; None for no fit.

    ``given`` are gigabytes that were given away of each GPU since ``roomy`` looked at it. One that
    requires no GPU takes a seat that is not reserved.
    """
    if requires.gpus == 0:
        plain = [seat for seat in (seats if first is None else (first,)) if not seat.reserved]
        return tuple(plain[:1]) or None
    if first is not None:
        others = (seat for seat in seats if seat is not first)
        fit = _fitting([first, *others], requires, roomy, given)
        return _of_one_maker(fit, requires.gpus) if first in fit[:1] else None
    fit = _fitting(seats, requires, roomy, given)
    makers = dict.fromkeys(id(seat.card.driver) for seat in fit if seat.card)
    by_maker = ([s for s in fit if s.card and id(s.card.driver) == maker] for maker in makers)
    found = (_of_one_maker(theirs, requires.gpus) for theirs in by_maker)
    return next((seats for seats in found if seats is not None), None)


def _fitting(
    seats: Sequence[Seat], requires: Requires, roomy: Roomy, given: Mapping[str, float]
) -> list[Seat]:
    """Those whose GPU could be one of the trial's."""
    return [
        seat
        for seat in seats
        if seat.card
        and suits(seat.card.device, requires)
        and roomy(seat.card, requires, given.get(seat.card.uuid, 0.0))
    ]


def _of_one_maker(seats: Sequence[Seat], count: int) -> tuple[Seat, ...] | None:
    """So many with different GPUs of the first one's maker; None where there are fewer."""
    chosen: dict[str, Seat] = {}
    for seat in seats:
        mine = seat.card and seats[0].card and seat.card.driver is seats[0].card.driver
        if mine and seat.card and len(chosen) < count:
            chosen.setdefault(seat.card.uuid, seat)
    return tuple(chosen.values()) if len(chosen) == count else None


def room(seats: Iterable[Seat], before: Sequence[Requires], need: Requires, roomy: Roomy) -> int:
    """How many trials fit on free ``seats`` once those of ``before`` have theirs."""
    left, given = list(seats), dict[str, float]()

    def seated(one: Requires) -> bool:
        taken = choose(left, one, roomy, given=given) or ()
        for seat in taken:
            left.remove(seat)
            if seat.card is not None and one.gpus:
                mine = one.gpu_memory_gb or 0.0
                given[seat.card.uuid] = given.get(seat.card.uuid, 0.0) + mine
        return bool(taken)

    for one in before:
        seated(one)
    if need.gpus == 0:
        return sum(not seat.reserved for seat in left)
    return sum(1 for _ in iter(lambda: seated(need), False))


def place(
    seats: Sequence[Seat],
    requires: Requires,
    hidden: Mapping[str, str],
    environ: Mapping[str, str],
) -> Placement:
    """What a trial gets that takes ``seats``; ``hidden`` keeps it from other GPUs.

    A number of threads that stands in the agent's own ``environ`` is left as it is.
    """
    cards = [seat.card for seat in seats if seat.card is not None] if requires.gpus else []
    said = dict(hidden)
    if cards:
        said.update(cards[0].driver.visible([card.uuid for card in cards]))
    threads = [seat.threads for seat in seats if seat.threads is not None]
    if threads and THREADS not in environ:
        said[THREADS] = str(sum(threads))
    return Placement(
        devices=tuple(card.uuid for card in cards),
        cpus=tuple(sorted(cpu for seat in seats for cpu in seat.cpus)),
        environ=said,
    )
