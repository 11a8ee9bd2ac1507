import threading

import pytest

from parzen.shared.errors import StoreUnreachable
from parzen.shared.records import Claim, Directive, Study, Trial, Uid, Worker
from parzen.worker.executor import kernel
from parzen.worker.heartbeat import Heartbeat
from parzen.worker.metering import Meter
from parzen.worker.outage import Outage


class Queue:
    """Notes what it is told; may be away."""

    def __init__(self):
        self.away = False
        self.unanswered = 0
        self.directive = Directive.CONTINUE
        self.renewed = []
        self.seen = []
        self.beaten = []
        self.before_reply = lambda: None

    def renew(self, claims, seen=()):
        if not claims:  # as the store: it is not asked
            return []
        self.before_reply()
        if self.away:
            raise StoreUnreachable("no server answered")
        self.renewed.append([c.token for c in claims])
        self.seen.append([(m.number, m.step, m.value) for m in seen])
        return [self.directive] * len(claims)

    def beat(self, worker):
        if self.away:
            self.unanswered += 1
            raise StoreUnreachable("no server answered")
        self.beaten.append(worker)

    @property
    def measured(self):
        return [m for some in self.seen for m in some]


def a_claim(number=0, lease_s=60.0):
    uid = Uid("u")
    trial = Trial(study="s", uid=uid, number=number, params={}, attempt=2)
    return Claim(Study(name="s", uid=uid, dimensions=()), trial, f"t{number}", lease_s)


@pytest.fixture
def queue():
    return Queue()


@pytest.fixture
def new_heartbeat(queue):
    made = []

    def make(lease_s=60.0, meter=None, outage=None):
        worker, outage = Worker(id="w", host="h", pid=1), outage or Outage()
        broken = []
        made.append(Heartbeat(queue, lambda: worker, outage, lease_s, broken.append, meter=meter))
        made[-1].start()
        return made[-1]

    yield make
    for heartbeat in made:
        heartbeat.close()


def test_leases_are_renewed_again_and_again(queue, new_heartbeat, until):
    heartbeat = new_heartbeat(lease_s=0.2)
    claim = a_claim(lease_s=0.2)
    heartbeat.hold(claim, kernel.now(), lambda told: None)
    until(lambda: len(queue.renewed) >= 3)
    heartbeat.drop(claim)
    until(lambda: heartbeat._renew_at is None)  # white box: there is nothing left to renew
    assert {token for tokens in queue.renewed for token in tokens} == {"t0"}


class Told(Meter):
    def __init__(self):
        self.renewals, self.failures = [], []

    def renewed(self, directives):
        self.renewals.extend(directives)

    def not_renewed(self, leases):
        self.failures.append(leases)


def test_its_meter_is_told_of_each_lease(queue, new_heartbeat, until):
    told = Told()
    heartbeat = new_heartbeat(lease_s=0.4, meter=told)
    queue.away, queue.directive = True, Directive.STOP
    for number in range(2):
        heartbeat.hold(a_claim(number), kernel.now(), lambda told: None)
    until(lambda: 2 in told.failures)
    queue.away = False
    until(lambda: told.renewals)
    assert set(told.renewals) == {Directive.STOP}


def test_a_store_that_is_not_asked_has_not_answered(queue, new_heartbeat, until):
    answers, queue.away = [], True
    heartbeat = new_heartbeat(lease_s=0.04, outage=Outage(answered=lambda: answers.append(1)))
    heartbeat.hold(a_claim(lease_s=0.0), 0.0, lambda told: None)  # its lease has run out
    until(lambda: queue.unanswered >= 5)
    assert answers == []
    queue.away = False
    until(lambda: answers)


def test_measurements_travel_soon_and_together(queue, new_heartbeat, until):
    heartbeat = new_heartbeat(lease_s=6000.0)
    claim = a_claim()
    heartbeat.hold(claim, kernel.now(), lambda told: None)
    for step in range(5):
        heartbeat.measured(claim, step, step / 10)
    heartbeat.measured(claim, 2, 9.0)
    until(lambda: queue.seen)
    assert queue.seen[0] == [(0, 0, 0.0), (0, 1, 0.1), (0, 3, 0.3), (0, 4, 0.4), (0, 2, 9.0)]


def test_measurements_outlast_an_outage_with_the_latest_of_each_step(queue, new_heartbeat, until):
    heartbeat = new_heartbeat(lease_s=0.4)
    claim = a_claim()
    queue.away = True
    heartbeat.hold(claim, kernel.now(), lambda told: None)
    heartbeat.measured(claim, 0, 1.0)
    heartbeat.measured(claim, 1, 1.0)
    queue.before_reply = lambda: heartbeat.measured(claim, 1, 2.0)
    with pytest.raises(StoreUnreachable):
        heartbeat.flush([claim])
    queue.before_reply = lambda: None
    queue.away = False
    until(lambda: queue.measured)
    assert queue.measured == [(0, 0, 1.0), (0, 1, 2.0)]


def test_a_flush_stores_what_is_about_to_be_reported(queue, new_heartbeat):
    heartbeat = new_heartbeat()
    mine, other = a_claim(0), a_claim(1)
    for claim in (mine, other):
        heartbeat.hold(claim, kernel.now(), lambda told: None)
    heartbeat.measured(mine, 0, 1.0)
    heartbeat.flush([other])
    assert queue.renewed == []
    heartbeat.flush([mine])
    assert (queue.renewed, queue.measured) == ([["t0"]], [(0, 0, 1.0)])


def test_a_lease_counts_from_before_it_was_asked_for(queue, new_heartbeat):
    heartbeat = new_heartbeat()
    claim = a_claim(lease_s=100.0)
    heartbeat.hold(claim, 5.0, lambda told: None)
    assert heartbeat.expires(claim) == 105.0
    asked = []
    queue.before_reply = lambda: asked.append(kernel.now())
    heartbeat.measured(claim, 0, 0.0)
    before = kernel.now()
    heartbeat.flush([claim])
    assert before + 100.0 <= heartbeat.expires(claim) <= asked[0] + 100.0


def test_an_outage_renews_nothing(queue, new_heartbeat):
    heartbeat = new_heartbeat()
    claim = a_claim()
    heartbeat.hold(claim, 5.0, lambda told: None)
    heartbeat.measured(claim, 0, 0.0)
    queue.away = True
    with pytest.raises(StoreUnreachable):
        heartbeat.flush([claim])
    assert heartbeat.expires(claim) == 65.0


@pytest.mark.parametrize("directive", [Directive.STOP, Directive.LOST])
def test_directives_are_handed_on(queue, new_heartbeat, directive):
    heartbeat = new_heartbeat()
    told = threading.Event()
    heard = []
    claim = a_claim()
    queue.directive = directive
    begun = kernel.now()
    heartbeat.hold(claim, begun, lambda d: (heard.append(d), told.set()))
    heartbeat.renew_soon()
    assert told.wait(20.0)
    assert set(heard) == {directive}
    assert (heartbeat.expires(claim) == begun + 60.0) is (directive is Directive.LOST)


def test_the_worker_shows_that_it_lives(queue, new_heartbeat, until):
    heartbeat = new_heartbeat()
    until(lambda: len(queue.beaten) == 1)
    heartbeat.beat_soon()
    until(lambda: len(queue.beaten) == 2)


def test_what_ran_out_here_is_not_renewed_again_and_what_it_measured_waits(queue, new_heartbeat):
    """The machine slept: its trials are about to be ended, and must not go on instead."""
    heartbeat = new_heartbeat(lease_s=6000.0)
    stale, fresh = a_claim(0), a_claim(1)
    heartbeat.hold(stale, kernel.now() - 61.0, lambda told: None)
    heartbeat.hold(fresh, kernel.now(), lambda told: None)
    heartbeat.measured(stale, 0, 1.0)
    renewed = threading.Event()
    queue.before_reply = renewed.set
    heartbeat.renew_soon()
    assert renewed.wait(20.0)
    heartbeat.flush([fresh])
    assert {token for tokens in queue.renewed for token in tokens} <= {"t1"}
    assert heartbeat.expires(stale) < kernel.now()
    heartbeat.flush([stale])  # it has ended, and is about to be reported: the fence decides
    assert (0, 0, 1.0) in queue.measured


def test_a_flush_waits_for_a_renewal_that_has_taken_its_measurements_along(queue, new_heartbeat):
    heartbeat, claim = new_heartbeat(), a_claim()
    under_way, cut = threading.Event(), threading.Event()

    def first():
        queue.before_reply = lambda: None
        under_way.set()
        cut.wait(30)
        raise StoreUnreachable("no server answered")

    queue.before_reply = first
    heartbeat.hold(claim, kernel.now(), lambda told: None)
    heartbeat.measured(claim, 0, 1.0)
    heartbeat.renew_soon()
    assert under_way.wait(30)
    flushing = threading.Thread(target=heartbeat.flush, args=([claim],))
    flushing.start()
    cut.set()
    flushing.join(30)
    assert queue.measured == [(0, 0, 1.0)]
