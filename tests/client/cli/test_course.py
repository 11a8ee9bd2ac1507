from __future__ import annotations

import json

import pytest

from parzen.client.cli import steered
from parzen.shared.lifecycle import FailureKind, StudyEvent
from parzen.shared.records import Completed, Failed, Failure, Want

BROKEN = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no"))


@pytest.fixture(autouse=True)
def _nobody_hears(monkeypatch):
    monkeypatch.setattr(steered, "CARRIED_OUT_S", 0.0)


@pytest.fixture
def heard(store):
    """Carry out what the study's owner asked for, as its leader would."""

    def do(event=None, reason=None):
        lead = store.ledger.lead("u1", "test", 30.0)
        if event is not None:
            store.ledger.move(lead, event, reason=reason)
        store.ledger.wish_done(lead, store.catalog.study("s").wish)

    return do


def test_a_pause_says_what_happens_to_running_trials(call, worked, store, new_hand, heard):
    study = worked(waiting=3)
    new_hand().claim(study, 1)
    code, out, err = call("pause", "s")
    assert code == 0
    assert out.startswith(
        "study 's' is to be paused: 1 trial runs on 1 worker and goes on to the end, "
        "3 waiting trials stay, `"
    )
    assert err.startswith("note: the pause waits until a coordinator runs: start `")
    heard(StudyEvent.PAUSE, "paused by its owner")
    assert call("resume", "s")[1] == (
        "study 's' is to be active: it was paused (paused by its owner)\n"
    )
    assert store.catalog.study("s").wish.want is Want.RUN


def test_a_live_coordinator_is_waited_for(call, worked, store, a_coordinator, monkeypatch, heard):
    worked(waiting=1)
    store.ledger.beat(a_coordinator())
    monkeypatch.setattr(steered, "CARRIED_OUT_S", 30.0)
    wait = store.catalog.watch_study(store.catalog.study("s")).__class__.wait

    def carried_out(self, timeout_s):
        heard(StudyEvent.PAUSE, "paused by its owner")
        return wait(self, timeout_s)

    monkeypatch.setattr(store.catalog.watch_study(store.catalog.study("s")).__class__, "wait",
                        carried_out)  # fmt: skip
    assert call("pause", "s")[1].startswith("study 's' is paused: no trial runs, 1 waiting trial ")


def test_a_cancel_is_a_wish_for_the_coordinator(call, worked, store, a_coordinator):
    worked(Completed(value=1.0), waiting=1)
    store.ledger.beat(a_coordinator())
    code, out, err = call("cancel", "s")
    assert (code, err) == (0, "")
    assert out == "study 's' is ending: no trial runs, 1 waiting trial is cancelled\n"
    assert store.catalog.study("s").wish.want is Want.CANCEL


def test_a_cancel_without_a_coordinator_says_that_it_waits(call, worked):
    worked(Completed(value=1.0))
    code, _, err = call("cancel", "s")
    assert code == 0
    assert err.startswith("note: the cancel waits until a coordinator runs: start `")
    assert "asked for    cancel, which no coordinator has carried out yet" in call("status", "s")[1]


def test_an_ended_study_is_not_cancelled_again(call, worked, heard):
    worked(Completed(value=1.0))
    heard(StudyEvent.CANCEL, "cancelled by its owner")
    assert call("cancel", "s")[1] == "study 's' had ended already: it is cancelled\n"


def test_failed_trials_are_asked_for_again(call, worked, store):
    worked(BROKEN, Completed(value=1.0), BROKEN)
    assert call("retry", "s", "--failed")[1] == (
        "2 trials of study 's' will be tried again: trials 0, 2\n"
    )
    assert call("retry", "s", "--kind", "timeout")[1] == "no trial of study 's' failed by timeout\n"
    wish = store.catalog.study("s").wish
    assert (wish.want, wish.serial, wish.retry) == (Want.RUN, 1, (0, 2))


def test_failed_trials_beyond_the_limit_are_left_alone_and_told(call, worked, store):
    worked(BROKEN, BROKEN, BROKEN)
    call("set", "s", "max_trials=2")
    assert call("retry", "s", "--failed")[1].splitlines() == [
        "2 trials of study 's' will be tried again: trials 0 to 1",
        "1 failed trial beyond max_trials = 2 stays as it is",
    ]


def test_which_trials_must_be_said(call, worked):
    worked(BROKEN)
    for words in ((), ("0", "--failed")):
        code, out, err = call("retry", "s", *words)
        assert (code, out) == (2, "")
        assert "which trials is not clear: name their numbers, or give --failed" in err


def test_programs_get_the_study_and_what_was_done(call, worked, new_hand):
    study = worked(BROKEN, waiting=1)
    new_hand(name="gpu-1").claim(study, 1)
    for words, trials in ((("pause",), []), (("retry", "0"), [0]), (("cancel",), [])):
        command, *rest = words
        code, out, err = call(command, "s", *rest, "--json")
        assert (code, err) == (0, "")
        found = json.loads(out)
        [item] = found["items"]
        assert (found["kind"], item["study"]["name"], item["trials"]) == ("steered", "s", trials)
        assert item["said"]
    assert item["running"] == {"gpu-1": 1}
