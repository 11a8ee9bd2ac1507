import dataclasses
import math
from datetime import datetime, timezone

import pytest

from parzen.shared import signing
from parzen.shared.entries import Importable
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import Claim, Image, ObjectiveRef, SetAside, Study, Trial, Uid, Worker
from parzen.shared.signing import Keyring
from parzen.worker.studies import IMAGE_S, NEWS_S, REFRESH_S, VERDICT_S, Studies
from parzen.worker.trust import Policy

REF = ObjectiveRef(file="f", digest="d", bytes=1, python="3.11", cloudpickle="3", entry="pickle")


class Queue:
    def __init__(self, *names):
        self.found = [a_study(name) for name in names]

    def studies(self, names=()):
        return [s for s in self.found if not names or s.name in names]


def a_study(name, **fields):
    return Study(name=name, uid=Uid(name), dimensions=(), **{"objective": REF, **fields})


def me():
    return Worker(id="me", host="h", pid=1, slots=1)


def a_claim(name):
    uid = Uid(name)
    return Claim(a_study(name), Trial(study=name, uid=uid, number=0, params={}), "t", 60.0)


@pytest.fixture
def clock(monkeypatch):
    moment = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: moment[0])
    return moment


def served(studies):
    return [s.name for asked in studies.rounds() for s in asked.studies]


def test_they_are_read_now_and_then_and_sooner_when_something_changed(clock):
    studies = Studies(Queue("a"), (), me)
    assert studies.due_s == 0.0
    studies.read()
    assert studies.due_s == pytest.approx(REFRESH_S)
    studies.hear_news()
    assert studies.due_s == pytest.approx(NEWS_S)


def test_how_long_reading_takes_is_known_and_whether_it_was_just_now(clock):
    class Slow(Queue):
        def studies(self, names=()):
            clock[0] += 0.002
            return super().studies(names)

    studies = Studies(Slow("a"), (), me)
    assert not studies.fresh
    studies.read()
    assert studies.fresh
    assert studies.reading_s == pytest.approx(0.002)
    clock[0] += 0.01
    assert not studies.fresh


def test_reading_says_whether_others_may_be_served():
    queue = Queue("a")
    studies = Studies(queue, (), me)
    assert studies.read()
    assert not studies.read()
    queue.found.append(a_study("b"))
    assert studies.read()
    assert served(studies) == ["a", "b"]
    queue.found[0] = a_study("a", status=StudyStatus.PAUSED)
    assert studies.read()
    assert served(studies) == ["b"]


def test_only_the_named_ones_are_served():
    studies = Studies(Queue("a", "b", "c"), ("b", "c"), me)
    studies.read()
    assert served(studies) == ["b", "c"]
    studies.served()
    assert served(studies) == ["c", "b"]


def test_a_quarantine_ends_with_another_objective():
    queue = Queue("a")
    studies = Studies(queue, (), me)
    studies.read()
    studies.quarantine(queue.found[0], "no numpy here")
    assert served(studies) == []
    assert studies.quarantined == {"a": "no numpy here"}
    queue.found[0] = a_study("a", objective=dataclasses.replace(REF, digest="e"))
    studies.read()
    assert served(studies) == ["a"]


def test_an_image_that_could_not_run_is_tried_again_later_and_another_at_once(clock):
    queue, able = Queue(), [True]
    studies = Studies(queue, (), lambda: dataclasses.replace(me(), containers=able[0]))
    queue.found = [a_study("a", image=Image(name="torch:2"))]
    studies.read()
    studies.quarantine(queue.found[0], "it cannot be pulled")
    assert (served(studies), dict(studies.quarantined)) == ([], {"a": "it cannot be pulled"})
    clock[0] += IMAGE_S
    studies.read()
    assert (served(studies), dict(studies.quarantined)) == (["a"], {})
    studies.quarantine(queue.found[0], "it cannot be pulled")
    queue.found = [a_study("a", image=Image(name="torch:3"))]
    studies.read()
    assert (served(studies), dict(studies.quarantined)) == (["a"], {})
    able[0] = False
    studies.read()
    assert served(studies) == []


def on_probation(times=1):
    until = datetime(2026, 11, 1, tzinfo=timezone.utc)
    return SetAside(worker="me", until=until, reason="it fails", times=times, probation=True)


def test_on_probation_it_takes_one_trial_and_waits_for_the_verdict(clock):
    queue = Queue()
    queue.found = [a_study("a", quarantine=(on_probation(),))]
    studies = Studies(queue, (), me)
    studies.read()
    [asked] = studies.rounds()
    assert (served(studies), asked.most) == (["a"], 1)
    studies.served(asked)
    assert served(studies) == []
    clock[0] += VERDICT_S - 1
    studies.read()
    assert served(studies) == []
    queue.found = [a_study("a")]  # it did well
    studies.read()
    assert [asked.most for asked in studies.rounds()] == [math.inf]
    queue.found = [a_study("a", quarantine=(on_probation(times=2),))]
    studies.read()
    assert served(studies) == ["a"]


def test_a_verdict_that_never_comes_is_not_waited_for_for_ever(clock):
    queue = Queue()
    queue.found = [a_study("a", quarantine=(on_probation(),))]
    studies = Studies(queue, (), me)
    studies.read()
    [asked] = studies.rounds()
    studies.served(asked)
    clock[0] += VERDICT_S
    assert served(studies) == ["a"]
    assert list(studies.rounds(held={asked.studies[0].uid})) == []


def test_whether_a_running_trial_is_wanted():
    queue = Queue("a", "b")
    queue.found[1] = a_study("b", status=StudyStatus.STOPPING)
    studies = Studies(queue, (), me)
    studies.read()
    verdicts = {
        n: (studies.unwanted(a_claim(n)), studies.gone(a_claim(n).study.uid)) for n in "abc"
    }
    assert verdicts == {"a": (False, False), "b": (True, False), "c": (False, True)}


def test_what_a_policy_refuses_is_not_asked_for_and_said_once():
    policy = Policy(keys=Keyring.of([signing.new_signer().key.public_key()]))
    queue = Queue("a", "b")
    studies = Studies(queue, (), me, policy)
    assert not studies.read()
    assert served(studies) == []
    assert {study.name for study, _ in studies.refused_anew} == {"a", "b"}
    assert "is not signed" in studies.quarantined[Uid("a")]
    queue.found.pop()
    studies.read()
    assert studies.refused_anew == []
    assert list(studies.quarantined) == [Uid("a")]


def test_more_refusals_than_a_document_should_hold_are_not_told(monkeypatch):
    monkeypatch.setattr("parzen.worker.studies.MOST_TOLD", 2)
    studies = Studies(Queue(*"abcde"), (), me, Policy(only=Importable()))
    studies.read()
    assert len(studies.quarantined) == 2
    assert served(studies) == []


def test_the_highest_priority_of_what_waits_is_known(clock):
    queue = Queue()
    waiting = {TrialState.WAITING: 1}
    queue.found = [
        a_study("a", priority=1, counts=waiting),
        a_study("b", priority=9),
        a_study("c", priority=7, counts=waiting, status=StudyStatus.PAUSED),
    ]
    studies = Studies(queue, (), me)
    assert studies.top_priority() == -math.inf
    studies.read()
    assert studies.top_priority() == 1
    assert studies.top_priority(lambda study: study.name != "a") == -math.inf
