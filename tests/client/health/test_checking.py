from __future__ import annotations

import threading

import pytest

from parzen.client.health.checking import NEEDLESS, Absent, Check, TooLate, examined, within
from parzen.client.health.findings import Findings, Group, Verdict
from parzen.shared.errors import StoreDenied, StoreUnreachable

found = Findings(Group.MACHINE)


def raising(error):
    def find():
        yield found.ok("first", "which is told only with the rest")
        raise error

    return find


def check(name, find=None, **options):
    good = lambda: [found.ok(name, "fine")]  # noqa: E731 - a check in one line
    return Check(group=Group.SERVER, name=name, find=find or good, **options)


def verdicts(*checks):
    return [(f.name, f.verdict.value) for f in examined(checks)]


def test_a_check_that_fails_is_a_problem_and_the_others_go_on():
    checks = [check("a"), check("b", raising(StoreDenied("no right: ask"))), check("c", asks=True)]
    assert verdicts(*checks) == [("a", "ok"), ("b", "problem"), ("c", "ok")]
    (_, told, _) = examined(checks)
    assert told.said == "no right: ask"


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(StoreUnreachable("silent"), "problem"), (Absent("none", "make one"), "skipped")],
)
def test_nobody_waits_for_a_silent_store_again(error, verdict):
    asked = []
    checks = [
        check("a", raising(error), asks=True),
        check("b", lambda: asked.append(1), asks=True),
        check("c"),
    ]
    assert verdicts(*checks) == [("a", verdict), ("b", "skipped"), ("c", "ok")]
    assert not asked
    assert [f.said for f in examined(checks)][1] == NEEDLESS


def test_without_a_way_to_the_store_nothing_is_asked_of_it():
    checks = [check("a", raising(StoreDenied("no")), opens=True), check("b", asks=True)]
    assert verdicts(*checks) == [("a", "problem"), ("b", "skipped")]


def test_a_check_that_hangs_is_left_behind():
    over = threading.Event()
    hangs = check("a", over.wait, asks=True, limit_s=0.05)
    told = list(examined([hangs, check("b", asks=True), check("c")]))
    over.set()
    assert [f.verdict for f in told] == [Verdict.PROBLEM, Verdict.SKIPPED, Verdict.OK]
    assert told[0].said == "no answer within 0.05 s"
    with pytest.raises(TooLate):
        within(threading.Event().wait, 0.01)


def test_a_fault_of_a_checks_own_is_told():
    told, other = examined([check("a", raising(ZeroDivisionError("by zero"))), check("b")])
    assert "ZeroDivisionError: by zero" in told.said
    assert (told.verdict, other.verdict) == (Verdict.PROBLEM, Verdict.OK)
