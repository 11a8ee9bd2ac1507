"""Who runs where, with slots that the test plays."""

from dataclasses import replace

import pytest

from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Claim, Requires, Study, Trial, Uid
from parzen.worker.gpus.driver import Found
from parzen.worker.gpus.inventory import Card
from parzen.worker.ready import Ready
from parzen.worker.roster import Roster
from parzen.worker.seats import Seat, place


class Driver:
    def visible(self, uuids):
        return {"CUDA_VISIBLE_DEVICES": ",".join(uuids)}


class Slot:
    def __init__(self, seat):
        self.seat, self.attempt, self.serves, self.stays = seat, None, None, None
        self.beside, self.renewed = (), 0
        self.placement = place([seat], Requires(), {}, {})

    @property
    def claim(self):
        return self.attempt and self.attempt.claim

    def take(self, attempt, beside=()):
        self.attempt, self.beside = attempt, beside
        seats = [self.seat, *beside]
        self.placement = place(seats, attempt.claim.study.requires, {}, {})
        self.serves = attempt.claim.study.uid

    def renew(self):
        self.renewed += 1


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

    def make(gpus, plain=0, full=(), small=0):
        sizes = [80] * gpus + [10] * small
        gpus += small
        found = [
            Found(uuid=f"GPU-{n}", name="A", index=f"{n}", memory_gb=size)
            for n, size in enumerate(sizes)
        ]
        seats = [Seat(n, Card(one, driver), bool(plain)) for n, one in enumerate(found)]
        seats += [Seat(gpus + n) for n in range(plain)]
        ready = Ready()
        roster = Roster([Slot(seat) for seat in seats], ready, lambda c, _: c.uuid not in full)
        roster.ready = ready
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


def rooms(roster, *studies, ahead=0, gathering=None, taken=()):
    room = roster.room(studies, ahead, gathering)
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
    assert rooms(roster, study, ahead=4) == [2]
    hand_out(roster, Attempt(study))
    assert rooms(roster, study, a_study("b"), ahead=4) == [3, 1]
    assert rooms(roster, replace(study, max_running=9), ahead=4) == [1]
    roster.ready.put([Attempt(study, n) for n in range(1, 3)])
    assert rooms(roster, study, ahead=4) == [1]


def test_a_gpu_without_the_memory_has_no_room(node):
    roster = node(2, full=("GPU-0",))
    assert rooms(roster, a_study("a", 1, memory=20.0)) == [1]
    assert hand_out(roster, Attempt(a_study("a", 1)))[("a", 0)] == ("GPU-1",)


WAITING = {TrialState.WAITING: 2}


def test_who_waits_for_several_gpus_is_not_overtaken_for_ever(node):
    roster = node(2, plain=1, small=1)
    one, two = a_study("one", 1, counts=WAITING), a_study("two", 2, counts=WAITING, memory=40.0)
    hand_out(roster, Attempt(one))
    assert roster.lacking([two, one]) is two
    cpu = a_study("cpu")
    # the GPU that is too small for it is kept for nobody
    assert rooms(roster, two, one, cpu, gathering=two) == [0, 1, 1]
    assert rooms(roster, one, two, cpu, gathering=two) == [2, 0, 1]  # its turn has not come
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
    roster._could = lambda card, _: card.uuid != "GPU-1"  # a stranger holds its memory
    roster._roomy = roster._could
    assert roster.lacking([pair, a_study("one", 1, counts=WAITING)]) is None


def test_a_trial_is_seated_where_it_was_found_to_fit(node):
    roster = node(2)
    looks = iter([True] * 2 + [False] * 9)
    roster._roomy = lambda card, requires: next(looks)
    assert hand_out(roster, Attempt(a_study("two", 2))) == {("two", 0): ("GPU-0", "GPU-1")}
