import math
from types import SimpleNamespace

import pytest

from parzen.shared.records import Uid
from parzen.worker import ready as module
from parzen.worker.ready import HELD_S, Ready


def attempt(name, study="a", priority=0):
    its = SimpleNamespace(uid=Uid(study), priority=priority)
    return SimpleNamespace(name=name, claim=SimpleNamespace(study=its))


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def names(attempts):
    return [one.name for one in attempts]


def test_they_are_taken_in_their_order():
    ready = Ready()
    ready.put(map(attempt, "xyz"))
    assert len(ready) == 3
    assert names(ready.attempts) == ["x", "y", "z"]
    assert [ready.take(None).name for _ in range(3)] == ["x", "y", "z"]
    assert ready.take(None) is None


def test_that_of_the_study_whose_child_is_warm_comes_first():
    ready = Ready()
    ready.put([attempt("x", "a"), attempt("y", "b"), attempt("z", "b")])
    assert [ready.take(Uid(study)).name for study in "bcb"] == ["y", "x", "z"]


def test_what_has_waited_too_long_goes_back(clock):
    ready = Ready()
    assert ready.left_s == float("inf")
    ready.put([attempt("x")])
    clock.now += HELD_S / 2
    ready.put([attempt("y")])
    assert ready.overdue() == []
    assert ready.left_s == pytest.approx(HELD_S / 2)
    clock.now += HELD_S / 2
    assert names(ready.overdue()) == ["x"]
    assert names(ready.clear()) == ["y"]
    assert len(ready) == 0


def test_those_of_a_lower_priority_make_way():
    ready = Ready()
    ready.put([attempt("x"), attempt("y", priority=5), attempt("z", priority=1)])
    assert ready.below(lambda study: -math.inf) == []
    assert names(ready.below(lambda study: 5)) == ["x", "z"]
    assert names(ready.attempts) == ["y"]


def test_one_that_does_not_fit_is_passed_over():
    ready = Ready()
    ready.put([attempt("x", "a"), attempt("y", "b"), attempt("z", "b")])
    assert ready.take(Uid("b"), lambda one: one.name != "y").name == "z"
    assert ready.take(Uid("b"), lambda one: one.name != "y").name == "x"
    assert ready.take(None, lambda one: one.name != "y") is None
    assert len(ready) == 1
