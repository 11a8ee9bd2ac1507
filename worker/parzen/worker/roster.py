"""The slots of an agent: which are free, who sits where, and what more could run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from parzen.shared.lifecycle import TrialState
from parzen.shared.placement import suits
from parzen.shared.records import Claim, Requires, Run, Study, Uid
from parzen.shared.store import Room
from parzen.worker.attempt import Attempt
from parzen.worker.ready import Ready
from parzen.worker.seats import Memory, Seat, choose, room
from parzen.worker.slots import Slot


@dataclass(frozen=True, slots=True)
class Gathering:
    """The GPUs ``cards`` are kept free for a trial of ``study`` that lacks others, or memory."""

    study: Study
    cards: frozenset[str]

    def keeps(self, seat: Seat) -> bool:
        """Whether the seat's GPU is one of them."""
        return seat.card is not None and seat.card.uuid in self.cards


class Roster:
    """The decisions of one thread, the agent's.

    ``memory`` is asked what is free on GPUs.
    """

    def __init__(self, slots: Sequence[Slot], ready: Ready, memory: Memory) -> None:
        self._ready = ready
        self._memory = memory
        self.employ(slots)
        self._leaving: dict[Slot, Attempt] = {}
        self._beside: dict[Slot, Sequence[Slot]] = {}
        self._out: set[Slot] = set()
        self._ill: set[str] = set()

    def employ(self, slots: Sequence[Slot]) -> None:
        """Have these ``slots``, which are free."""
        self.slots = slots
        self._free = list(slots)

    @property
    def busy(self) -> bool:
        """Whether anything runs."""
        return len(self._free) + len(self._out) < len(self.slots)

    @property
    def idle(self) -> bool:
        """Whether a slot is free that could run something."""
        return bool(self._free)

    @property
    def free(self) -> Sequence[Slot]:
        """Those that wait."""
        return self._free

    def leaves(self, slot: Slot, attempt: Attempt) -> None:
        """``slot`` will be free in a moment, when ``attempt`` is over."""
        self._leaving[slot] = attempt

    def vacate(self, slot: Slot) -> None:
        """``slot`` is free again, and those whose seats its trial had beside its own."""
        slot.sits = None
        for one in (slot, *self._beside.pop(slot, ())):
            self._free.append(one) if self._well(one) else self._out.add(one)

    def _well(self, slot: Slot) -> bool:
        return slot.seat.card is None or slot.seat.card.uuid not in self._ill

    def retire(self, uuid: str) -> Sequence[Attempt]:
        """Take the slots of a GPU out of service; what runs on it."""
        self._ill.add(uuid)
        for slot in [one for one in self._free if not self._well(one)]:
            self._free.remove(slot)
            self._out.add(slot)
            slot.renew()
        running = [(slot, slot.attempt) for slot in self.slots]
        return [it for slot, it in running if it is not None and uuid in slot.placement.devices]

    def hand_out(self) -> None:
        """Let the free slots run what is ready, each where its study's child is warm."""
        for slot in list(self._free):
            if not self._ready:
                return
            if slot in self._free:
                self._seat(slot)

    def _seat(self, slot: Slot) -> None:
        chosen: Sequence[Seat] = ()

        def fits(attempt: Attempt) -> bool:
            nonlocal chosen
            found = self._chosen(slot, attempt)
            chosen = found or chosen
            return bool(found)

        attempt = self._ready.take(slot.serves, fits)
        if attempt is None:
            return
        beside = [one for one in self._free if one is not slot and one.seat in chosen]
        for one in (slot, *beside):
            self._free.remove(one)
        self._beside[slot] = beside
        slot.take(attempt, [one.seat for one in beside])

    def _chosen(self, slot: Slot, attempt: Attempt) -> Sequence[Seat]:
        """The seats that ``attempt`` would take, from ``slot``'s on."""
        requires = attempt.claim.study.requires
        others = [one.seat for one in self._free if one is not slot] if requires.gpus > 1 else []
        # whom it sat beside before: the child that is warm there has these GPUs in its hands
        others.sort(key=lambda seat: seat not in slot.beside)
        return choose([slot.seat, *others], requires, self._memory.now, slot.seat) or ()

    # --- what more could run ------------------------------------------------------------------

    @property
    def freeing(self) -> int:
        """How many slots are free, or will be in a moment."""
        return len(self._soon)

    @property
    def _soon(self) -> Sequence[Slot]:
        leaving = [slot for slot, it in self._leaving.items() if slot.attempt is it]
        beside = [one for slot in leaving for one in self._beside.get(slot, ())]
        return [*self._free, *filter(self._well, (*leaving, *beside))]

    def begun(self) -> Mapping[Uid, Sequence[float]]:
        """Of which studies slots run what they do not leave yet, and since when."""
        found: dict[Uid, list[float]] = {}
        for slot in self.slots:
            attempt = slot.attempt
            if attempt is not None and self._leaving.get(slot) is not attempt:
                found.setdefault(attempt.claim.study.uid, []).append(attempt.begun)
        return found

    def warm(self) -> Mapping[Uid, int]:
        """How many slots go on with a study, the most first; of those that wait, if some do."""
        waiting = [*self._free, *self._leaving] or self.slots
        stays = Counter(uid for slot in waiting if (uid := slot.stays) is not None)
        return dict(stays.most_common())

    def serving(self) -> Mapping[Uid, int]:
        """How many slots have a child for a study."""
        found: dict[Uid, int] = {}
        for slot in self.slots:
            uid = slot.serves
            if uid is not None:
                found[uid] = found.get(uid, 0) + 1
        return found

    @property
    def _divided(self) -> bool:
        """Whether trials that require GPUs have seats of their own."""
        return any(slot.seat.reserved for slot in self.slots)

    def rivals(self, one: Study, other: Study) -> bool:
        """Whether trials of both sit on the same seats."""
        return not self._divided or (one.requires.gpus > 0) == (other.requires.gpus > 0)

    def pools(self, studies: Sequence[Study]) -> Iterator[tuple[Sequence[Study], int]]:
        """Those of ``studies`` that share seats, and how many of these are free, or about to be."""
        soon = [slot.seat for slot in self._soon]
        if not self._divided:
            yield studies, len(soon)
            return
        for gpus in (True, False):
            mine = [study for study in studies if (study.requires.gpus > 0) is gpus]
            yield mine, sum(seat.reserved is gpus for seat in soon)

    def room(
        self,
        studies: Sequence[Study],
        ahead: Mapping[Uid, int],
        gathering: Gathering | None = None,
        bounds: Mapping[Uid, int] | None = None,
    ) -> Room:
        """What the slots can hold of each of ``studies``, in their order.

        So many trials of a study as ``ahead`` says may wait for slots, which have warm children.
        While ``gathering`` lacks GPUs, studies that come after its own in the order get none of
        those that are kept for it. ``bounds`` are the seats that each may take at most.
        """
        seats = [slot.seat for slot in self._soon]
        before = [attempt.claim.study.requires for attempt in self._ready.attempts]
        waiting = Counter(attempt.claim.study.uid for attempt in self._ready.attempts)
        after = _after(studies, gathering)
        known: dict[tuple[Requires, int, bool], int] = {}
        alone: dict[tuple[Requires, bool], int] = {}

        def fit(study: Study, taken: Sequence[Claim], before: Sequence[Requires]) -> int:
            late = study.uid in after
            left = [one for one in seats if not (late and gathering and gathering.keeps(one))]
            mine = [*before, *(claim.study.requires for claim in taken)]
            return room(left, mine, study.requires, self._memory.soon)

        def holds(study: Study, taken: Sequence[Claim]) -> int:
            key = (study.requires, len(taken), study.uid in after)
            if key not in known:
                known[key] = fit(study, taken, before)
            seated, mine = known[key], sum(claim.study.uid == study.uid for claim in taken)
            if bounds is not None:
                seated = min(seated, max(0, bounds.get(study.uid, 0) - mine))
            if study.max_running is not None or not ahead.get(study.uid):
                return seated
            empty = (study.requires, study.uid in after)
            if empty not in alone:
                alone[empty] = fit(study, (), ())
            wait = max(0, waiting[study.uid] + mine - alone[empty])
            return seated + max(0, ahead[study.uid] - wait)

        return holds

    def lacking(self, studies: Sequence[Study]) -> Gathering | None:
        """For the first of ``studies`` whose trials wait for more than is free, if one does."""
        fit: set[Requires] = set()  # what one study lacks, every other lacks that requires the same
        for study in studies:
            if study.requires.gpus and study.requires not in fit and _waits(study):
                found = self._gathering(study)
                if found is not None:
                    return found
                fit.add(study.requires)
        return None

    def _gathering(self, study: Study) -> Gathering | None:
        """What is to be kept for a trial of ``study``: it does not fit now, but will."""
        requires, memory = study.requires, self._memory
        if requires.gpus == 1 and requires.gpu_memory_gb is None:
            return None  # any seat that falls free will do
        mine = [slot.seat for slot in self.slots if self._well(slot)]
        free = [slot.seat for slot in self._free]
        fits = choose(free, requires, memory.soon) is not None
        if fits or choose(mine, requires, memory.ever) is None:
            return None
        could = [
            seat.card.uuid
            for seat in mine
            if seat.card and suits(seat.card.device, requires) and memory.ever(seat.card, requires)
        ]
        if requires.gpus > 1:
            return Gathering(study, frozenset(could))
        empty = Counter(seat.card.uuid for seat in free if seat.card)
        return Gathering(study, frozenset([max(could, key=lambda uuid: empty[uuid])]))

    # --- who sits where -----------------------------------------------------------------------

    def attempts(self) -> Sequence[Attempt]:
        """What runs."""
        return [attempt for slot in self.slots if (attempt := slot.attempt) is not None]

    def runs(self) -> tuple[Run, ...]:
        """The same as it is announced."""
        told = []
        for slot in self.slots:
            claim, placement = slot.claim, slot.placement
            if claim is not None:
                trial = claim.trial
                told.append(Run(study=trial.study, number=trial.number, devices=placement.devices))
        return tuple(told)


def _after(studies: Sequence[Study], gathering: Gathering | None) -> frozenset[Uid]:
    """Those that come after the one that is gathered for in the order."""
    uids = [study.uid for study in studies]
    if gathering is None or gathering.study.uid not in uids:
        return frozenset()
    return frozenset(uids[uids.index(gathering.study.uid) + 1 :])


def _waits(study: Study) -> bool:
    """Whether trials of it wait, as its leader last counted them."""
    return study.counts.get(TrialState.WAITING, 0) > 0
