"""The child of a slot, with executors that the test plays."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from parzen.shared.records import Claim, Image, Study, Trial, Uid
from parzen.worker.seats import Placement
from parzen.worker.warmth import Served, Warmth


class Child:
    def __init__(self):
        self.pid, self.ended, self.spent = 77, None, False

    def usable(self):
        return self.ended is None and not self.spent

    def retire(self):
        self.ended = "retired"

    def kill(self, grace_s):
        self.ended = "killed"


class Executor:
    def __init__(self):
        self.children, self.fails = [], False

    def spawn(self, *claim):
        if self.fails:
            raise OSError("no room")
        self.children.append(Child())
        return self.children[-1]


@pytest.fixture
def bench():
    return SimpleNamespace(executor=Executor(), containers=Executor())


def a_claim(name, image=None):
    study = Study(name=name, uid=Uid(name), dimensions=(), image=image and Image(name=image))
    return Claim(study, Trial(study=name, uid=Uid(name), number=0, params={}), "t", 60.0)


def child(warmth, name, *, image=None, devices=()):
    claim = a_claim(name, image)
    served = Served(Uid(name), Path(f"{name}.zip"), Placement(devices=devices), claim.study.image)
    return warmth.child_for(served, claim)


def test_a_child_is_kept_for_its_study_and_its_place(bench):
    warmth = Warmth(bench)
    first = child(warmth, "a", devices=("GPU-0",))
    assert (warmth.study, warmth.stays, warmth.pid) == (Uid("a"), Uid("a"), 77)
    assert child(warmth, "a", devices=("GPU-0",)) is first
    assert child(warmth, "a", devices=("GPU-1",)) is not first
    assert first.ended == "retired"


def test_one_that_cannot_go_on_or_serves_another_study_is_replaced(bench):
    warmth = Warmth(bench)
    first = child(warmth, "a")
    first.spent = True
    second = child(warmth, "a")
    third = child(warmth, "b")
    assert [first.ended, second.ended, third.ended] == ["retired", "retired", None]


def test_a_blank_one_is_for_whatever_comes_first_but_no_image(bench):
    warmth = Warmth(bench, early=True)
    warmth.prepare()
    [blank] = bench.executor.children
    assert (warmth.study, child(warmth, "a")) == (None, blank)

    other = Warmth(bench, early=True)
    other.prepare()
    inside = child(other, "b", image="torch:2")
    assert bench.containers.children == [inside]
    assert bench.executor.children[-1].ended == "killed"  # it had run nothing
    other.retire()
    other.prepare()
    assert len(bench.executor.children) == 2  # another image is likely to come


def test_a_machine_without_room_for_a_blank_one_says_so_when_it_is_needed(bench):
    bench.executor.fails = True
    warmth = Warmth(bench, early=True)
    warmth.prepare()
    with pytest.raises(OSError, match="no room"):
        child(warmth, "a")


def test_a_study_whose_children_die_keeps_no_slot_longer(bench, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    warmth = Warmth(bench)
    child(warmth, "a")
    clock[0] += 8.0
    assert (warmth.study, warmth.stays) == (Uid("a"), None)
    for _ in range(3):
        warmth.retire()
        child(warmth, "a")
    assert warmth.stays is None
    child(warmth, "b")
    assert warmth.stays == Uid("b")
