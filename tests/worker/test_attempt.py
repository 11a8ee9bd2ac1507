"""One attempt with a child that the test plays."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from parzen.shared.errors import InvalidInput, StoreDenied, StoreUnreachable
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import (
    Cancelled,
    Claim,
    Completed,
    Failed,
    Failure,
    Pruned,
    Released,
    Study,
    Trial,
    Uid,
)
from parzen.worker.attempt import Attempt, Stop
from parzen.worker.executor.protocol import Attached, Done, Gone, Measured, Started
from parzen.worker.outage import Outage

FAILED = Failed(error=Failure(kind=FailureKind.EXCEPTION, message="m"))


class Child:
    """Says what it is given; says nothing more once it is killed."""

    def __init__(self, *events):
        self.events = list(events)
        self.killed = []
        self.asked = 0
        self.bell = threading.Event()

    def run(self, job):
        self.job = job

    def receive(self, timeout_s):
        if self.events:
            event = self.events.pop(0)
            if callable(event):
                event()
                return []
            return [event]
        self.bell.wait(min(timeout_s, 0.05))
        return []

    def ask_to_stop(self):
        self.asked += 1

    def interrupt(self):
        self.bell.set()

    def kill(self, grace_s):
        self.killed.append(grace_s)


class Heartbeat:
    def __init__(self):
        self.seen = []
        self.until = float("inf")

    def measured(self, claim, step, value):
        self.seen.append((step, value))

    def expires(self, claim):
        return self.until


class Queue:
    def __init__(self, *errors):
        self.errors = list(errors)
        self.kept = []

    def attach(self, claim, name, data):
        if self.errors:
            raise self.errors.pop(0)
        self.kept.append((name, data))


@pytest.fixture
def new_attempt():
    with ThreadPoolExecutor(1) as uploads:

        def make(*, queue=None, grace_s=3600.0, **study):
            uid = Uid("u")
            claim = Claim(
                Study(name="s", uid=uid, dimensions=(), **study),
                Trial(study="s", uid=uid, number=0, params={}),
                "t",
                60.0,
            )
            attempt = Attempt(
                claim,
                queue=queue or Queue(),
                heartbeat=Heartbeat(),
                outage=Outage(),
                uploads=uploads,
                grace_s=grace_s,
            )
            attempt.heartbeat = attempt._heartbeat
            return attempt

        yield make


def test_what_a_child_says_is_handed_on(new_attempt):
    queue = Queue()
    attempt = new_attempt(queue=queue)
    child = Child(Started(), Measured(0, 0.5), Attached("a", b"1"), Done(Completed(value=1.0)))
    assert attempt.run(child, None) == Completed(value=1.0)
    assert attempt.heartbeat.seen == [(0, 0.5)]
    assert queue.kept == [("a", b"1")]
    assert (attempt.replace, child.killed) == (None, [])


@pytest.mark.parametrize(
    ("why", "said", "outcome"),
    [
        (Stop.MAKE_WAY, Completed(value=1.0), Completed(value=1.0)),
        (Stop.MAKE_WAY, Pruned(), Released()),
        (Stop.MAKE_WAY, FAILED, Released()),
        (Stop.UNWANTED, Completed(value=1.0), Completed(value=1.0)),
        (Stop.UNWANTED, Pruned(), Cancelled()),
        (Stop.UNWANTED, FAILED, Cancelled()),
        (Stop.LOST, Completed(value=1.0), None),
    ],
)
def test_what_a_stopped_trial_says_counts_only_where_it_is_a_loss(new_attempt, why, said, outcome):
    attempt = new_attempt()
    child = Child(Started(), lambda: attempt.stop(why), Done(said))
    assert attempt.run(child, None) == outcome
    assert child.asked == 1


def test_a_trial_that_is_no_longer_wanted_stays_so_when_the_agent_stops(new_attempt):
    attempt = new_attempt()
    for why in (Stop.UNWANTED, Stop.MAKE_WAY):
        attempt.stop(why)
    assert attempt.without_loss() == Cancelled()
    attempt.stop(Stop.LOST)
    assert attempt.without_loss() is None


def test_a_stop_before_the_child_runs_reaches_it(new_attempt):
    attempt = new_attempt()
    attempt.stop(Stop.UNWANTED)
    child = Child(Done(Pruned()))
    assert attempt.run(child, None) == Cancelled()
    assert child.asked == 1


def test_a_trial_is_ended_after_its_grace(new_attempt):
    attempt = new_attempt(grace_s=0.0)
    child = Child(lambda: attempt.stop(Stop.UNWANTED))
    assert attempt.run(child, None) == Cancelled()
    assert len(child.killed) == 1
    assert attempt.replace == "it was stopped"


def test_a_lost_trial_is_ended_at_once(new_attempt):
    attempt = new_attempt()
    child = Child(lambda: attempt.stop(Stop.LOST))
    assert attempt.run(child, None) is None
    assert child.killed == [0.0]


def test_a_trial_whose_lease_ran_out_is_ended_at_once(new_attempt):
    attempt = new_attempt()
    child = Child(lambda: setattr(attempt.heartbeat, "until", 0.0))
    assert attempt.run(child, None) == Released()
    assert child.killed == [0.0]


def test_the_time_of_a_trial_begins_with_its_objective(new_attempt, monkeypatch):
    moment = [100.0]
    monkeypatch.setattr("parzen.worker.attempt.time.monotonic", lambda: moment[0])

    def later(seconds):
        return lambda: moment.__setitem__(0, moment[0] + seconds)

    attempt = new_attempt(trial_timeout_s=5.0, grace_s=7.0)
    child = Child(later(30.0), Started(), later(4.0), later(2.0))
    outcome = attempt.run(child, None)
    assert outcome.error.kind is FailureKind.TIMEOUT
    assert outcome.error.message == "it ran longer than trial_timeout_s = 5"
    assert (child.killed, moment[0]) == ([7.0], 136.0)


def test_a_setup_without_end_is_ended_too(new_attempt, monkeypatch):
    moment = [100.0]
    monkeypatch.setattr("parzen.worker.attempt.time.monotonic", lambda: moment[0])
    attempt = new_attempt(trial_timeout_s=5.0)
    outcome = attempt.run(Child(lambda: moment.__setitem__(0, 1000.0)), None)
    assert "setup() took longer" in outcome.error.message


@pytest.mark.parametrize(
    ("gone", "kind", "message"),
    [
        (Gone(exit_code=3), FailureKind.KILLED, "exit code 3"),
        (Gone(signal="SIGSEGV"), FailureKind.KILLED, "killed by SIGSEGV"),
        (Gone(signal="SIGKILL", out_of_memory=True), FailureKind.OUT_OF_MEMORY, "for memory"),
        (Gone(garbled="a frame of 9 bytes"), FailureKind.KILLED, "a frame of 9 bytes"),
    ],
)
def test_a_child_that_is_gone_has_failed(new_attempt, gone, kind, message):
    attempt = new_attempt()
    child = Child(Started(), gone)
    error = attempt.run(child, None).error
    assert (error.kind, error.exit_code, error.signal) == (kind, gone.exit_code, gone.signal)
    assert message in error.message
    assert child.killed == [0.0]  # whatever it left behind


def test_a_child_that_a_scheduler_ended_with_the_agent_goes_back(new_attempt, monkeypatch):
    monkeypatch.setattr("parzen.worker.attempt.NODE_S", 30.0)
    attempt = new_attempt()
    told = threading.Timer(0.05, attempt.stop, (Stop.MAKE_WAY,))
    told.start()
    assert attempt.run(Child(Gone(signal="SIGTERM")), None) == Released()
    told.join()


def test_a_child_that_somebody_ended_alone_has_failed(new_attempt, monkeypatch):
    monkeypatch.setattr("parzen.worker.attempt.NODE_S", 0.0)
    assert isinstance(new_attempt().run(Child(Gone(signal="SIGTERM")), None), Failed)


def test_an_attachment_waits_for_the_end_of_an_outage(new_attempt, monkeypatch):
    monkeypatch.setattr("parzen.worker.outage.FIRST_S", 0.001)
    queue = Queue(*[StoreUnreachable("away")] * 5)
    attempt = new_attempt(queue=queue)
    assert attempt.run(Child(Attached("a", b"1"), Done(Pruned())), None) == Pruned()
    assert queue.kept == [("a", b"1")]


@pytest.mark.parametrize("errors", [[StoreDenied("no right")] * 3, [InvalidInput("a bad name")]])
def test_an_attachment_that_the_store_refuses_is_given_up(new_attempt, monkeypatch, caplog, errors):
    monkeypatch.setattr("parzen.worker.outage.FIRST_S", 0.001)
    queue = Queue(*errors)
    attempt = new_attempt(queue=queue)
    assert attempt.run(Child(Attached("a", b"1"), Done(Pruned())), None) == Pruned()
    assert (queue.kept, queue.errors) == ([], [])
    assert "could not be stored" in caplog.text


def test_a_stop_is_obeyed_while_an_attachment_waits(new_attempt):
    release = threading.Event()

    class Slow(Queue):
        def attach(self, claim, name, data):
            release.wait(30.0)

    attempt = new_attempt(queue=Slow(), grace_s=0.0)
    threading.Timer(0.05, attempt.stop, (Stop.MAKE_WAY,)).start()
    try:
        assert attempt.run(Child(Attached("a", b"1")), None) == Released()
    finally:
        release.set()
