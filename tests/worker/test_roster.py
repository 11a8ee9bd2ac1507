"""Who runs where, with slots that the test plays."""

from dataclasses import replace

import pytest

from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Claim, Requires, Study, Trial, Uid
from parzen.worker.gpus.driver import Found
from parzen.worker.gpus.inventory import Card
from parzen.worker.ready import Ready
from parzen.worker.roster import Gathering, Roster
from parzen.worker.seats import Seat, place


class Driver:
    def visible(self, uuids):
        return {"CUDA_VISIBLE_DEVICES": ",".join(uuids)}


class Slot:
    def __init__(self, seat):
        self.seat, self.attempt, self.serves, self.stays = seat, None, None, None
        self.beside, self.renewed, self.sits = (), 0, None
        self.placement = place([seat], Requires(), {}, {})

    @property
    def claim(self):
        return self.attempt and self.attempt.claim

    def take(self, attempt, beside=()):
        self.attempt, self.beside = attempt, beside
        seats = [self.seat, *beside]
        self.placement = place(seats, attempt.claim.study.requires, {}, {})
        self.serves, self.sits = attempt.claim.study.uid, attempt.claim

    def renew(self):
        self.renewed += 1


class Memory:
    """GPUs of 80 GB, or what they have; of the ``full`` ones strangers hold all."""

    def __init__(self, full):
        self.full, self.slots = full, ()

    def free(self, card, requires, given_gb, sitting):
        there = [slot for slot in self.slots if card.uuid in slot.placement.devices]
        claims = filter(None, map(sitting, there))
        promised = sum(claim.study.requires.gpu_memory_gb or 0.0 for claim in claims)
        wanted = requires.gpu_memory_gb or 0.0
        return card.uuid not in self.full and (
            wanted == 0.0 or card.found.memory_gb - promised - given_gb >= wanted
        )

    def now(self, card, requires, given_gb=0.0):
        return self.free(card, requires, given_gb, lambda slot: slot.sits)

    def soon(self, card, requires, given_gb=0.0):
        return self.free(card, requires, given_gb, lambda slot: slot.claim)

    def ever(self, card, requires, given_gb=0.0):
        return self.free(card, requires, given_gb, lambda slot: None)


class Attempt:
    def __init__(self, study, number=0):
        trial = Trial(study=study.name, uid=study.uid, number=number, params={})
        self.claim, self.begun = Claim(study, trial, f"{study.name}{number}", 60.0), 1.0


def a_study(name, gpus=0, **fields):
    requires = Requires(gpus=gpus, gpu_memory_gb=fields.pop("memory", None))
    return Study(name=name, uid=Uid(name), dimensions=(), requires=requires, **fields)


@pytest.fixture
def node():
    """A roster of ``gpus`` slots with a GPU each, and ``plain`` ones without."""
    driver = Driver()

    def make(gpus, plain=0, full=(), small=0, each=1):
        sizes = [80] * gpus + [10] * small
        gpus += small
        found = [
            Found(uuid=f"GPU-{n}", name="A", index=f"{n}", memory_gb=size)
            for n, size in enumerate(sizes)
        ]
        cards = [Card(one, driver) for one in found] * each
        seats = [Seat(n, card, bool(plain)) for n, card in enumerate(cards)]
        seats += [Seat(len(cards) + n) for n in range(plain)]
        ready = Ready()
        roster = Roster([Slot(seat) for seat in seats], ready, Memory(full))
        roster.ready, roster.memory = ready, roster._memory
        roster.memory.slots = roster.slots
        return roster

    return make


def hand_out(roster, *attempts):
    roster.ready.put(attempts)
    roster.hand_out()
    return {
        (claim.study.name, claim.trial.number): slot.placement.devices
        for slot in roster.slots
        if (claim := slot.claim) is not None
    }


def end(roster, number):
    roster.slots[number].attempt = None
    roster.vacate(roster.slots[number])


def test_each_trial_has_gpus_of_its_own(node):
    roster = node(4)
    one, two = a_study("one", 1), a_study("two", 2)
    found = hand_out(roster, Attempt(one), Attempt(two), Attempt(one, 1))
    assert sorted(len(devices) for devices in found.values()) == [1, 1, 2]
    assert len({uuid for devices in found.values() for uuid in devices}) == 4
    assert (roster.freeing, roster.idle, roster.busy) == (0, False, True)


def test_a_trial_without_gpus_leaves_them_to_others(node):
    roster = node(1, plain=1)
    found = hand_out(roster, Attempt(a_study("cpu")), Attempt(a_study("one", 1)))
    assert found == {("cpu", 0): (), ("one", 0): ("GPU-0",)}


def test_the_seats_of_a_trial_are_free_together_when_it_is_over(node):
    roster = node(2)
    hand_out(roster, Attempt(a_study("two", 2)))
    assert roster.freeing == 0
    end(roster, 0)
    assert (roster.freeing, roster.busy) == (2, False)


def test_a_trial_that_does_not_fit_waits_and_keeps_nobody_back(node):
    roster = node(2)
    hand_out(roster, Attempt(a_study("one", 1)))
    found = hand_out(roster, Attempt(a_study("two", 2)), Attempt(a_study("one", 1), 1))
    assert set(found) == {("one", 0), ("one", 1)}
    assert len(roster.ready) == 1


def rooms(roster, *studies, ahead=0, gathering=None, taken=(), bounds=None):
    serving = dict.fromkeys(roster.serving(), ahead)
    room = roster.room(studies, serving, gathering, bounds)
    claims = [Attempt(study, n).claim for n, study in enumerate(taken)]
    return [room(study, claims) for study in studies]


def test_there_is_room_for_what_fits_on_free_seats(node):
    roster = node(3, plain=1)
    studies = [a_study("cpu"), a_study("one", 1), a_study("two", 2), a_study("four", 4)]
    assert rooms(roster, *studies) == [1, 3, 1, 0]
    assert rooms(roster, *studies, taken=studies[2:3]) == [1, 1, 0, 0]
    hand_out(roster, Attempt(studies[1]))
    assert rooms(roster, *studies) == [1, 2, 1, 0]


def test_what_leaves_soon_counts_with_the_seats_beside_it(node):
    roster = node(2)
    two = a_study("two", 2)
    attempt = Attempt(two)
    hand_out(roster, attempt)
    assert rooms(roster, two) == [0]
    roster.leaves(roster.slots[0], attempt)
    assert (rooms(roster, two), roster.freeing) == ([1], 2)


def test_trials_wait_ahead_for_slots_that_serve_their_study(node):
    roster = node(0, plain=2)
    study = a_study("a")
    assert rooms(roster, study, ahead=4) == [2]  # no slot serves it yet
    hand_out(roster, Attempt(study))
    assert rooms(roster, study, a_study("b"), ahead=4) == [5, 1]
    assert rooms(roster, replace(study, max_running=9), ahead=4) == [1]
    roster.ready.put([Attempt(study, n) for n in range(1, 3)])
    assert rooms(roster, study, ahead=4) == [3]


def test_a_gpu_without_the_memory_has_no_room(node):
    roster = node(2, full=("GPU-0",))
    assert rooms(roster, a_study("a", 1, memory=20.0)) == [1]
    assert hand_out(roster, Attempt(a_study("a", 1)))[("a", 0)] == ("GPU-1",)


WAITING = {TrialState.WAITING: 2}


def test_who_waits_for_several_gpus_is_not_overtaken_for_ever(node):
    roster = node(2, plain=1, small=1)
    one, two = a_study("one", 1, counts=WAITING), a_study("two", 2, counts=WAITING, memory=40.0)
    hand_out(roster, Attempt(one))
    two_lacks = roster.lacking([two, one])
    assert two_lacks == Gathering(two, frozenset({"GPU-0", "GPU-1"}))
    cpu = a_study("cpu")
    # the GPU that is too small for it is kept for nobody
    assert rooms(roster, two, one, cpu, gathering=two_lacks) == [0, 1, 1]
    assert rooms(roster, one, two, cpu, gathering=two_lacks) == [2, 0, 1]  # its turn has not come
    end(roster, 0)
    assert roster.lacking([two, one]) is None


def test_nothing_is_gathered_for_a_study_of_which_nothing_waits(node):
    roster = node(2)
    hand_out(roster, Attempt(a_study("one", 1)))
    assert roster.lacking([a_study("two", 2), a_study("one", 1, counts=WAITING)]) is None


def test_a_gpu_out_of_service_takes_its_slots_along(node):
    roster = node(3)
    one, two = a_study("one", 1), a_study("two", 2)
    running = Attempt(two)
    hand_out(roster, running)
    assert roster.retire("GPU-2") == []
    assert (roster.freeing, rooms(roster, one)) == (0, [0])
    assert roster.slots[2].renewed == 1
    assert roster.retire("GPU-1") == [running]
    end(roster, 0)
    assert (roster.freeing, roster.busy) == (1, False)
    assert list(hand_out(roster, Attempt(one)).values()) == [("GPU-0",)]


def test_what_runs_is_told_with_its_gpus(node):
    roster = node(2)
    hand_out(roster, Attempt(a_study("one", 1), 7))
    assert [(r.study, r.number, r.devices) for r in roster.runs()] == [("one", 7, ("GPU-0",))]


def test_nothing_is_gathered_for_a_study_that_could_never_be_placed(node):
    roster = node(2)
    pair = a_study("pair", 2, counts=WAITING)
    roster.memory.full = ("GPU-1",)  # a stranger holds its memory
    assert roster.lacking([pair, a_study("one", 1, counts=WAITING)]) is None


def test_a_trial_is_seated_where_it_was_found_to_fit(node):
    roster = node(2)
    looks = iter([True] * 2 + [False] * 9)
    roster.memory.now = lambda *_: next(looks)
    assert hand_out(roster, Attempt(a_study("two", 2))) == {("two", 0): ("GPU-0", "GPU-1")}


def test_memory_is_promised_to_whoever_goes_on_where_another_leaves(node):
    roster = node(1, each=2)
    big = a_study("big", 1, memory=50.0)
    first = Attempt(big)
    hand_out(roster, first)
    roster.leaves(roster.slots[0], first)
    roster.slots[0].attempt = None  # it is about to take the next one by itself
    assert rooms(roster, big) == [1]
    assert len(hand_out(roster, Attempt(big, 1))) == 0
    assert len(roster.ready) == 1
    roster.vacate(roster.slots[0])
    assert hand_out(roster) == {("big", 1): ("GPU-0",)}


def test_there_is_no_more_room_than_memory(node):
    roster = node(2, each=2)
    big, small = a_study("big", 1, memory=50.0), a_study("small", 1, memory=30.0)
    assert rooms(roster, big, small, taken=(big, big)) == [0, 2]
    roster.ready.put([Attempt(big), Attempt(big, 1)])
    assert rooms(roster, big, small) == [0, 2]


def test_who_waits_for_memory_is_not_overtaken_for_ever(node):
    roster = node(2, each=2)
    small = a_study("small", 1, memory=30.0, counts=WAITING)
    big = a_study("big", 1, memory=70.0, counts=WAITING)
    hand_out(roster, *(Attempt(small, n) for n in range(4)))
    assert roster.lacking([big, small]).cards == {"GPU-0"}
    end(roster, 1)
    lacks = roster.lacking([big, small])
    assert lacks == Gathering(big, frozenset({"GPU-1"}))  # of which one share is free already
    assert rooms(roster, big, small, gathering=lacks) == [0, 0]
    assert rooms(roster, small, big, gathering=lacks) == [1, 0]  # its turn has not come
    end(roster, 3)
    assert roster.lacking([big, small]) is None
    assert rooms(roster, big, small)[0] == 1


def test_nothing_is_kept_for_one_gpu_of_which_any_will_do(node):
    roster = node(1)
    hand_out(roster, Attempt(a_study("one", 1)))
    assert roster.lacking([a_study("other", 1, counts=WAITING)]) is None


def test_studies_get_no_more_than_their_share_and_those_that_have_slots_some_ahead(node):
    roster = node(0, plain=4)
    a, b = a_study("a"), a_study("b")
    assert rooms(roster, a, b, bounds={a.uid: 3, b.uid: 1}) == [3, 1]
    assert rooms(roster, a, b, bounds={a.uid: 3, b.uid: 1}, taken=(a, a)) == [1, 1]
    assert rooms(roster, a, b, bounds={a.uid: 3}) == [3, 0]


def test_those_that_need_a_gpu_and_those_that_need_none_are_no_rivals_for_seats_of_their_own(node):
    gpu, cpu = a_study("gpu", 1), a_study("cpu")
    assert not node(1, plain=1).rivals(gpu, cpu)
    assert node(1, plain=1).rivals(gpu, a_study("two", 2))
    assert node(2).rivals(gpu, cpu)


def test_who_shares_seats_knows_how_many_are_free(node):
    gpu, cpu = a_study("gpu", 1), a_study("cpu")
    assert list(node(2).pools([gpu, cpu])) == [([gpu, cpu], 2)]
    assert list(node(2, plain=1).pools([gpu, cpu])) == [([gpu], 2), ([cpu], 1)]
