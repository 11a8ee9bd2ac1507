import logging
import threading
from queue import SimpleQueue
from unittest import mock

import pytest

from parzen.shared.errors import StoreUnreachable
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import (
    Claim,
    Completed,
    Failed,
    Failure,
    Pruned,
    Study,
    Trial,
    Uid,
    Verdict,
)
from parzen.worker.outage import Outage
from parzen.worker.pace import Paces
from parzen.worker.reports import Finished, Reported, Reports


class Queue:
    def __init__(self):
        self.away = False
        self.verdict = Verdict.ACCEPTED
        self.calls = []
        self.before = lambda: None

    def report(self, done):
        self.before()
        if self.away:
            raise StoreUnreachable("no server answered")
        self.calls.append([claim.trial.number for claim, _ in done])
        return [self.verdict] * len(done)


class Heartbeat:
    def __init__(self):
        self.flushed, self.dropped = [], []

    def flush(self, claims):
        self.flushed.append([c.trial.number for c in claims])

    def drop(self, claim):
        self.dropped.append(claim.trial.number)


@pytest.fixture
def desk():
    queue, heartbeat = Queue(), Heartbeat()
    told = SimpleQueue()
    reports = Reports(queue, heartbeat, Outage(), Paces(1), told.put)
    reports.told = told
    yield reports, queue, heartbeat
    if reports.begun:
        reports.close()


def finished(number, outcome=None, **fields):
    uid = Uid("u")
    trial = Trial(study="s", uid=uid, number=number, params={})
    claim = Claim(Study(name="s", uid=uid, dimensions=()), trial, f"t{number}", 60.0)
    return Finished(claim, fields.get("given", outcome or Completed(value=0.5)), 1.5)


def test_what_finishes_together_travels_together_after_its_measurements(desk):
    reports, queue, heartbeat = desk
    for number in range(3):
        reports.add(finished(number))
    reports.flush()
    assert queue.calls == heartbeat.flushed == [[0, 1, 2]]
    assert heartbeat.dropped == [0, 1, 2]
    assert reports.waiting == []


def test_its_meter_is_told_what_the_store_knows_and_what_was_lost(desk):
    reports, queue, _ = desk
    told = []
    reports._meter = mock.Mock(ended=lambda *ended: told.append(ended))  # white box: as handed in
    one, other, lost = finished(0), finished(1), finished(2, given=None)
    queue.away = True
    reports.add(one)
    reports.flush()
    assert told == []
    queue.away = False
    reports.flush()
    assert told == [(one.claim, one.outcome, 1.5)]
    queue.verdict = Verdict.LEASE_LOST
    reports.add(other)
    reports.add(lost)
    reports.flush()
    assert told[1:] == [(lost.claim, None, 1.5), (other.claim, None, 1.5)]


def test_what_finishes_while_a_report_is_under_way_travels_with_the_next(desk):
    reports, queue, _ = desk
    under_way, go_on = threading.Event(), threading.Event()
    queue.before = lambda: (under_way.set(), go_on.wait(30.0))
    reports.start()
    reports.add(finished(0))
    assert under_way.wait(30.0)
    for number in range(1, 5):
        reports.add(finished(number))
    go_on.set()
    assert reports.told.get(timeout=30.0) == reports.told.get(timeout=30.0) == Reported()
    assert queue.calls == [[0], [1, 2, 3, 4]]
    assert reports.waiting == []


def test_an_outage_keeps_everything_until_the_store_is_back(desk):
    reports, queue, heartbeat = desk
    queue.away = True
    reports.add(finished(0))
    reports.start()
    assert reports.told.get(timeout=30.0) == Reported()
    reports.add(finished(1))
    assert len(reports.waiting) == 2
    assert heartbeat.dropped == []
    queue.away = False
    assert reports.told.get(timeout=30.0) == Reported()
    assert queue.calls == [[0, 1]]
    assert reports.waiting == []


def test_a_close_ends_the_thread_whatever_waits(desk):
    reports, queue, _ = desk
    queue.away = True
    reports.add(finished(0))
    reports.start()
    assert reports.told.get(timeout=30.0) == Reported()
    reports.close()
    assert [claim.trial.number for claim in reports.waiting] == [0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_nobody_foresaw_is_not_kept_quiet(desk):
    reports, queue, _ = desk
    queue.before = lambda: 1 / 0
    reports.start()
    reports.add(finished(0))
    assert isinstance(reports.told.get(timeout=30.0), ZeroDivisionError)


def test_a_lost_lease_is_said_as_a_warning(desk, caplog):
    reports, queue, heartbeat = desk
    queue.verdict = Verdict.LEASE_LOST
    reports.add(finished(4))
    with caplog.at_level(logging.INFO):
        reports.flush()
        reports.add(finished(5, given=None))
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "went to somebody else, or was deleted" in caplog.text
    assert heartbeat.dropped == [4, 5]
    assert queue.calls == [[4]]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Completed(value=0.125), "trial 0 of s complete: 0.125 in 1.5 s"),
        (Pruned(), "trial 0 of s pruned after 1.5 s"),
        (
            Failed(error=Failure(kind=FailureKind.EXCEPTION, type="E", message="m")),
            "trial 0 of s failed after 1.5 s (exception): E: m",
        ),
        (
            Failed(error=Failure(kind=FailureKind.INVALID_RESULT, message="it is nan, oh")),
            "trial 0 of s failed after 1.5 s (invalid_result): it is nan, oh",
        ),
    ],
)
def test_each_trial_has_its_line(desk, caplog, outcome, said):
    reports, _, _ = desk
    reports.add(finished(0, outcome))
    with caplog.at_level(logging.INFO):
        reports.flush()
    assert [record.getMessage() for record in caplog.records] == [said]


def test_a_short_trials_line_tells_milliseconds(desk, caplog):
    reports, _, _ = desk
    reports.add(Finished(finished(0).claim, Completed(value=0.5), 0.0123))
    with caplog.at_level(logging.INFO):
        reports.flush()
    assert [record.getMessage() for record in caplog.records] == [
        "trial 0 of s complete: 0.5 in 12 ms"
    ]


def test_whoever_wants_to_know_all_has_a_line_for_each(desk, caplog):
    reports, _, _ = desk
    for number in range(5):
        reports.add(finished(number, Completed(value=0.5)))
    with caplog.at_level(logging.DEBUG):
        reports.flush()
    told = [r.getMessage() for r in caplog.records if r.levelno == logging.INFO]
    assert told == [f"trial {number} of s complete: 0.5 in 1.5 s" for number in range(5)]


def test_many_that_are_complete_have_one_line_and_what_went_wrong_its_own(desk, caplog):
    reports, _, _ = desk
    for number, value in enumerate([0.5, 0.125, 0.25, 0.75]):
        reports.add(finished(number, Completed(value=value)))
    reports.add(finished(4, Failed(error=Failure(kind=FailureKind.KILLED, message="m"))))
    with caplog.at_level(logging.INFO):
        reports.flush()
    assert [record.getMessage() for record in caplog.records] == [
        "trial 4 of s failed after 1.5 s (killed): m",
        "4 trials of s complete, the best of them trial 1: 0.125",
    ]
