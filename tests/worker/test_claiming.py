"""When an agent asks for trials, with a store, slots and a clock that the test plays."""

from types import SimpleNamespace

import pytest

from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Claim, Study, Trial, Uid, Worker
from parzen.worker.choosing import Round
from parzen.worker.claiming import AHEAD_S, Claiming
from parzen.worker.executor import kernel
from parzen.worker.listening import QUICK_S, SLOW_S, Listening
from parzen.worker.metering import Meter
from parzen.worker.pace import REGULAR, Paces
from parzen.worker.ready import Ready

ME = Worker(id="me", host="h", pid=1, slots=2)


class Queue:
    """Has ``trials`` to give away; keeps what it was asked."""

    def __init__(self, trials):
        self.trials, self.asked = trials, []

    def claim(self, worker, studies, count, room):
        self.asked.append(([study.name for study in studies], count))
        found, self.trials = self.trials[:count], self.trials[count:]
        return found


class Roster:
    """``free`` slots, and others whose trials, of A, began at ``since``."""

    fits = 99

    def __init__(self, free, since=()):
        self.freeing, self.since = free, since
        self.stays, self.bounds = {}, []

    idle = property(lambda self: self.freeing > 0)

    def begun(self):
        return {A.uid: self.since} if self.since else {}

    def attempts(self):
        return []

    def warm(self):
        return self.stays

    def serving(self):
        return {}

    def pools(self, studies):
        yield studies, self.freeing

    def lacking(self, studies):
        return None

    def room(self, studies, ahead, gathering, bounds):
        self.bounds.append(bounds)
        return lambda study, taken: self.fits


class Studies:
    def __init__(self, *rounds):
        self._rounds, self.had = rounds, []

    read_at = 100.0

    def rounds(self, held, warm, since):
        return iter(self._rounds)

    def served(self, asked):
        self.had.append(asked)


def a_study(name, **fields):
    return Study(name=name, uid=Uid(name), dimensions=(), **fields)


def a_claim(study, number):
    trial = Trial(study=study.name, uid=study.uid, number=number, params={})
    return Claim(study, trial, f"{study.name}{number}", 60.0)


A, B = a_study("a"), a_study("b")
BOTH = Round([A, B])


@pytest.fixture
def clock(monkeypatch):
    moment = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    monkeypatch.setattr(kernel, "now", lambda: moment[0])
    return moment


@pytest.fixture
def new_claiming(clock):
    def make(*trials, free=2, since=(), rounds=None):
        parts = SimpleNamespace(
            queue=Queue(list(trials)), studies=Studies(*(rounds or [BOTH])), ready=Ready(),
            roster=Roster(free, since), pace=Paces(2), meter=Meter(),
        )  # fmt: skip
        parts.listening = Listening(parts.queue, lambda: None)
        return Claiming(**vars(parts)), parts

    return make


def test_it_asks_for_as_many_as_slots_are_free(new_claiming):
    claims = [a_claim(A, n) for n in range(3)]
    claiming, its = new_claiming(*claims)
    assert (claiming.missing, claiming.left_s) == (2, 0.0)
    assert claiming.take(ME, float("inf"), 100.0) == claims[:2]
    assert its.queue.asked == [(["a", "b"], 2)]
    assert its.studies.had == [BOTH]
    assert claiming.left_s == 0.0


def test_a_quota_bounds_it_and_so_does_a_round_that_tries_a_worker(new_claiming):
    claims = [a_claim(A, n) for n in range(3)]
    claiming, _ = new_claiming(*claims)
    assert claiming.take(ME, 1, 100.0) == claims[:1]
    claiming, _ = new_claiming(*claims, rounds=(Round([A], 1),))
    assert claiming.take(ME, float("inf"), 100.0) == claims[:1]


def test_where_there_is_none_the_next_round_is_asked_and_then_it_waits_a_while(new_claiming, clock):
    claiming, its = new_claiming(rounds=(Round([A]), Round([B])))
    for pause_s in QUICK_S:
        its.queue.asked.clear()
        assert claiming.take(ME, float("inf"), clock[0]) == ()
        assert its.queue.asked == [(["a"], 2), (["b"], 2)]
        assert claiming.left_s == pytest.approx(pause_s)
        clock[0] += pause_s
    claiming.soon()
    assert claiming.left_s == 0.0


def test_the_successor_of_a_regular_trial_is_asked_for_just_before_its_end(new_claiming, clock):
    claiming, its = new_claiming(free=0, since=[95.0])
    assert (claiming.missing, claiming.early_s) == (0, float("inf"))
    its.pace.asked(0.02)
    for _ in range(REGULAR):
        its.pace.ran(A.uid, 10.0)
    assert claiming.missing == 0
    assert claiming.early_s == pytest.approx(5.0, abs=0.1)
    clock[0] += claiming.early_s + 0.001
    assert claiming.missing == 1
    assert claiming.take(ME, float("inf"), clock[0]) == ()
    assert claiming.left_s == pytest.approx(AHEAD_S)


def test_the_pace_knows_how_long_asking_took_with_all_that_belongs_to_it(new_claiming, clock):
    claiming, its = new_claiming(a_claim(A, 0))
    clock[0] += 0.25
    claiming.take(ME, float("inf"), 100.0)
    for _ in range(REGULAR):
        its.pace.ran(A.uid, 10.0)
    soon_s, _ = its.pace.of(A.uid).soon_s
    assert 10.0 - soon_s == pytest.approx(1.5 * 0.25)


def waits(name, count):
    return a_study(name, counts={TrialState.WAITING: count})


def test_equals_share_free_slots_and_where_that_finds_none_whoever_comes_has_them(new_claiming):
    claiming, its = new_claiming(rounds=(Round([waits("a", 5), waits("b", 5)]),))
    its.roster.stays = {Uid("b"): 2}
    claiming.take(ME, float("inf"), 100.0)
    assert its.roster.bounds == [{"a": 1, "b": 2}, None]
    assert len(its.queue.asked) == 2


def test_the_store_is_not_asked_for_what_would_fit_nowhere(new_claiming, clock):
    claiming, its = new_claiming(a_claim(A, 0))
    its.roster.fits = 0
    assert claiming.take(ME, float("inf"), 100.0) == ()
    assert its.queue.asked == []
    assert claiming.left_s == pytest.approx(SLOW_S)
