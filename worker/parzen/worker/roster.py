"""The slots of an agent: which are free, who sits where, and what more could run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from parzen.shared.lifecycle import TrialState
from parzen.shared.placement import suits
from parzen.shared.records import Claim, Requires, Run, Study, Uid
from parzen.shared.store import Room
from parzen.worker.attempt import Attempt
from parzen.worker.ready import Ready
from parzen.worker.seats import Roomy, Seat, choose, room
from parzen.worker.slots import Slot


class Roster:
    """The decisions of one thread, the agent's.

    ``roomy`` is asked for GPUs' free memory, ``could`` whether it would do without own trials.
    """

    def __init__(
        self, slots: Sequence[Slot], ready: Ready, roomy: Roomy, could: Roomy | None = None
    ) -> None:
        self._ready = ready
        self._roomy, self._could = roomy, could or roomy
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
        return choose([slot.seat, *others], requires, self._roomy, slot.seat) or ()

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

    def begun(self) -> Iterator[float]:
        """Since when slots run what they do not leave yet."""
        for slot in self.slots:
            attempt = slot.attempt
            if attempt is not None and self._leaving.get(slot) is not attempt:
                yield attempt.begun

    def warm(self) -> Sequence[Uid]:
        """The studies that slots go on with, those that wait for a trial first."""
        waiting = [*self._free, *self._leaving] or self.slots
        stays = Counter(uid for slot in waiting if (uid := slot.stays) is not None)
        return [uid for uid, _ in stays.most_common()]

    def room(self, studies: Sequence[Study], ahead: int, gathering: Study | None) -> Room:
        """What the slots can hold of each of ``studies``, in their order.

        ``ahead`` trials may wait for slots, of the first study, which has warm children. While the
        trials of ``gathering`` lack free GPUs, those that come after it in the order get none that
        it could use.
        """
        seats = [slot.seat for slot in self._soon]
        before = [attempt.claim.study.requires for attempt in self._ready.attempts]
        after = _after(studies, gathering)
        wanted = None if gathering is None else gathering.requires
        known: dict[tuple[Requires, int, bool], int] = {}

        def holds(study: Study, taken: Sequence[Claim]) -> int:
            key = (study.requires, len(taken), study.uid in after)
            if key not in known:
                left = [one for one in seats if not (key[2] and _kept(one, wanted))]
                mine = [*before, *(claim.study.requires for claim in taken)]
                known[key] = room(left, mine, study.requires, self._roomy)
            if study is not studies[0] or study.max_running is not None:
                return known[key]
            waiting = max(0, len(before) + len(taken) - len(seats))
            return known[key] + max(0, self._share(study, ahead) - waiting)

        return holds

    def _share(self, study: Study, ahead: int) -> int:
        """How many of its trials may wait for slots that serve it."""
        serving = sum(slot.serves == study.uid for slot in self.slots)
        return math.ceil(ahead * serving / len(self.slots))

    def lacking(self, studies: Sequence[Study]) -> Study | None:
        """The first of ``studies`` whose trials wait for more GPUs than are free, if one does."""
        for study in studies:
            if study.requires.gpus > 1 and _waits(study):
                mine = [slot.seat for slot in self.slots if self._well(slot)]
                seats = [slot.seat for slot in self._free]
                if choose(seats, study.requires, self._roomy) is None and choose(
                    mine, study.requires, self._could
                ):
                    return study
        return None

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


def _after(studies: Sequence[Study], gathering: Study | None) -> frozenset[Uid]:
    """Those that come after ``gathering`` in the order."""
    uids = [study.uid for study in studies]
    if gathering is None or gathering.uid not in uids:
        return frozenset()
    return frozenset(uids[uids.index(gathering.uid) + 1 :])


def _kept(seat: Seat, wanted: Requires | None) -> bool:
    """Whether the seat's GPU is kept free for a trial that lacks others."""
    return wanted is not None and seat.card is not None and suits(seat.card.device, wanted)


def _waits(study: Study) -> bool:
    """Whether trials of it wait, as its leader last counted them."""
    return study.counts.get(TrialState.WAITING, 0) > 0
