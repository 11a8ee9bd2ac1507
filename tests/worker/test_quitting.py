"""When an agent quits by itself: with a clock of the test's own, and once on a real store."""

from types import SimpleNamespace

import pytest

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
from parzen.worker import quitting
from parzen.worker.options import Options
from parzen.worker.quitting import Quitting
from parzen.worker.reports import Finished

BROKEN = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="OSError", message="no disk"))
KILLED = Failed(error=Failure(kind=FailureKind.KILLED, message="it was killed"))
TOLD = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="TrialFailed", message="diverged"))


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(quitting, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def finished(outcome, number=0, study="s"):
    uid = Uid(study)
    trial = Trial(study=study, uid=uid, number=number, params={})
    return Finished(Claim(Study(name=study, uid=uid, dimensions=()), trial, "t", 60.0), outcome, 1)


def after(*outcomes, most=2):
    found = Quitting(Options(max_consecutive_failures=most))
    for number, outcome in enumerate(outcomes):
        found.ended(finished(outcome, number))
    return found


def test_without_limits_it_never_is_due(clock):
    found = after(*[BROKEN] * 100, most=None)
    clock.now += 1e9
    assert not found.due(busy=False)
    assert found.left_s(busy=False) == float("inf")
    assert found.quota == float("inf")


def test_what_a_slot_gave_back_before_it_began_uses_up_nothing(clock):
    found = Quitting(Options(max_trials=1))
    found.begun()
    found.ended(finished(Released(begun=False)))
    assert found.quota == 1


def test_a_quota_is_used_up(clock):
    found = Quitting(Options(max_trials=2))
    found.begun()
    assert (found.quota, found.due(busy=False)) == (1, False)
    found.begun()
    assert (found.quota, found.due(busy=True)) == (0, True)


def test_only_who_has_nothing_to_do_is_idle(clock):
    found = Quitting(Options(idle_timeout_s=10.0))
    clock.now += 9
    assert (found.due(busy=False), found.left_s(busy=False)) == (False, 1.0)
    clock.now += 1
    assert found.due(busy=False)
    assert (found.due(busy=True), found.left_s(busy=True)) == (False, float("inf"))
    found.vacant()
    assert (found.due(busy=False), found.left_s(busy=False)) == (False, 10.0)


def test_the_time_to_claim_is_over_whatever_runs(clock):
    found = Quitting(Options(claim_for_s=30.0, idle_timeout_s=100.0))
    clock.now += 20
    found.vacant()
    assert (found.due(busy=True), found.left_s(busy=True), found.left_s(busy=False)) == (
        False,
        10.0,
        10.0,
    )
    clock.now += 10
    assert found.due(busy=True)
    assert not found.spoilt


@pytest.mark.parametrize(
    ("outcomes", "spoilt"),
    [
        ((BROKEN,), False),
        ((BROKEN, KILLED), True),
        ((BROKEN, Completed(value=0.0), BROKEN), False),
        ((BROKEN, Pruned(), BROKEN), False),
        ((BROKEN, TOLD, BROKEN), False),
        ((TOLD, TOLD, TOLD), False),
        ((BROKEN, Released(), Cancelled(), None, BROKEN), True),
        ((BROKEN, BROKEN, Completed(value=0.0)), True),
    ],
)
def test_failures_count_while_they_come_in_a_row(outcomes, spoilt):
    found = after(*outcomes)
    assert (found.spoilt, found.due(busy=True)) == (spoilt, spoilt)


def test_the_last_failure_is_named_once_whatever_the_study(caplog):
    found = after(KILLED)
    assert caplog.messages == []
    found.ended(finished(BROKEN, 7, "other"))
    found.ended(finished(KILLED, 8))
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage() == (
        "quitting, for 2 attempts in a row have failed here, the last one trial 7 of other "
        "(OSError: no disk): see whether this machine has what the objective needs"
    )


def raises(params):
    raise FileNotFoundError("no data here")


def test_an_agent_on_which_everything_fails_quits_and_leaves_the_rest(new_lab, new_agent, caplog):
    lab = new_lab(raises, trials=2)
    other = new_lab(raises, trials=2)
    assert new_agent(max_consecutive_failures=2).join() == 1
    assert sorted(lab.states() + other.states()) == ["failed"] * 2 + ["waiting"] * 2
    assert "the last one trial" in caplog.text
    assert "(FileNotFoundError: no data here)" in caplog.text


def test_an_agent_claims_nothing_once_its_time_is_over(new_lab, new_agent):
    lab = new_lab(lambda params: 0.0)
    assert new_agent(claim_for_s=0.0).join() == 0
    assert lab.states() == ["waiting"]


def test_what_goes_back_before_it_has_begun_is_no_attempt():
    quitting = Quitting(Options(max_trials=2))
    quitting.begun()
    quitting.begun()
    assert quitting.due(busy=True)
    assert not quitting.over  # what was claimed for the quota is run
    quitting.not_begun()
    assert (quitting.quota, quitting.due(busy=True)) == (1, False)


def test_what_was_claimed_is_not_begun_after_its_time_or_on_a_spoilt_machine(clock):
    quitting = Quitting(Options(claim_for_s=5.0, max_consecutive_failures=1))
    assert not quitting.over
    quitting.ended(finished(BROKEN))
    assert quitting.over
    quitting = Quitting(Options(claim_for_s=5.0))
    clock.now += 5.0
    assert quitting.over
