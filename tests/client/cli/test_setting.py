from __future__ import annotations

import pytest

from parzen.client.cli import steered
from parzen.client.cli.setting import pairs
from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import StudyEvent
from parzen.shared.records import Completed


def test_limits_and_settings_of_a_live_study(call, worked, store):
    worked(waiting=1)
    code, out, _ = call("set", "s", "max_trials=400", "priority=5", "note=try it")
    assert code == 0
    assert out.splitlines() == [
        "study 's': max_trials is now 400, it was 10",
        "study 's': priority is now 5, it was 0",
        "study 's': note is now 'try it', it was none",
    ]
    study = store.catalog.study("s")
    assert (study.wish.limits.max_trials, study.priority, study.note) == (400, 5, "try it")


def test_what_stands_so_already(call, worked, store):
    worked(waiting=1)
    out = call("set", "s", "priority=0")[1]
    assert out == "study 's' has these settings already: nothing was changed\n"
    assert store.catalog.study("s").wish.serial == 0


def test_a_wrong_setting_changes_nothing(call, worked, store):
    worked(waiting=1)
    code, out, err = call("set", "s", "priority=5", "max_trials=many")
    assert (code, out) == (2, "")
    assert err == (
        "parzen: max_trials='many' is not usable: give an integer of at least 1, or None\n"
    )
    assert store.catalog.study("s").priority == 0


def test_a_larger_limit_lets_an_ended_study_go_on(call, worked, store, a_coordinator, monkeypatch):
    worked(Completed(value=1.0))
    lead = store.ledger.lead("u1", "test", 30.0)
    store.ledger.move(lead, StudyEvent.COMPLETE, reason="reached max_trials = 10")
    store.ledger.beat(a_coordinator())
    monkeypatch.setattr(steered, "CARRIED_OUT_S", 0.0)
    monkeypatch.setattr("parzen.client.cli.setting.carried_out", _resumed(store, lead))
    assert call("set", "s", "max_trials=20")[1].splitlines()[-1] == (
        "it was complete (reached max_trials = 10), and goes on"
    )


def _resumed(store, lead):
    def do(handle, live):
        assert live
        store.ledger.move(lead, StudyEvent.RESUME)
        return handle.study

    return do


def test_notes_are_written_read_and_cleared(call, worked, store):
    worked(waiting=1)
    assert call("note", "s", "a", "study")[1] == "the note on study 's' is kept\n"
    assert call("note", "s:0", "a trial")[1] == "the note on trial 0 of study 's' is kept\n"
    assert [call("note", *words)[1] for words in (("s",), ("s:0",), ("s", "0"))] == [
        "a study\n", "a trial\n", "a trial\n"
    ]  # fmt: skip
    assert call("note", "s", "0", "odd")[1] == (
        "the note on trial 0 of study 's' is kept; it was 'a trial'\n"
    )
    assert call("note", "s:0", "--clear")[1] == "trial 0 of study 's' has no note any more\n"
    assert call("note", "s:0")[1] == "trial 0 of study 's' has no note\n"
    assert store.catalog.study("s").note == "a study"
    code, _, err = call("note", "s", "x", "--clear")
    assert (code, "leave the text out" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a"], "'a' is not usable: write KEY=VALUE"),
        (["=1"], "'=1' is not usable"),
        (["a=1", "a=2"], "'a' is given twice"),
    ],
)
def test_words_that_are_no_pairs(words, message):
    with pytest.raises(InvalidInput, match=message):
        pairs(words)


def test_pairs_are_parted_at_the_first_sign():
    assert pairs(["a=1=2", "b="]) == {"a": "1=2", "b": ""}
