from __future__ import annotations

import json

import pytest

from parzen.shared.errors import NotFound
from parzen.shared.records import Completed


def test_a_study_is_deleted_and_what_runs_is_stopped(call, worked, store, new_hand):
    study = worked(Completed(value=1.0), waiting=2)
    new_hand().claim(study, 1)
    code, out, err = call("delete", "s", "--yes")
    assert (code, err) == (0, "")
    assert out == "study 's' is deleted: 3 trials; stopping 1 trial on 1 worker\n"
    with pytest.raises(NotFound):
        store.catalog.study("s")


def test_where_nobody_can_be_asked_nothing_is_deleted(call, worked, store):
    worked(waiting=1)
    code, out, err = call("delete", "s")
    assert (code, out) == (2, "")
    assert "deleting 's' is for good: give --yes" in err
    assert store.catalog.study("s")


@pytest.mark.parametrize(("answer", "gone"), [("n", False), ("y", True)])
def test_a_person_is_shown_what_would_go_and_asked(call, worked, store, monkeypatch, answer, gone):
    worked(Completed(value=1.0))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer)
    code, out, err = call("delete", "s")
    assert "s: active, 1 trial, best 1; no trial runs" in err
    assert code == (0 if gone else 130)
    assert (store.db["studies"].count_documents({}) == 0) is gone
    assert ("is deleted" in out) is gone


def test_of_several_names_all_must_be_there(call, worked, store):
    worked()
    code, out, _ = call("delete", "s", "t", "--yes")
    assert (code, out) == (3, "")
    assert store.catalog.study("s")


def test_programs_get_the_counts(call, worked):
    worked(waiting=2)
    [item] = json.loads(call("delete", "s", "--yes", "--json")[1])["items"]
    assert item == {"study": "s", "deleted": {"studies": 1, "jobs": 2}}
