from __future__ import annotations

import json

from parzen.shared.records import Completed


def test_a_clone_with_other_settings_and_earlier_trials(call, worked, store):
    worked(Completed(value=1.0), waiting=1)
    code, out, err = call("clone", "s", "t", "max_trials=4", "tags=again", "--with-trials")
    assert code == 0
    assert out.splitlines() == [
        "study 't' has the definition of 's', and starts",
        "1 complete trial of 's' are earlier trials of it",
    ]
    assert "no live coordinator serves this study" in err
    made = store.catalog.study("t")
    assert (made.limits.max_trials, made.tags, made.owner is not None) == (5, ("again",), True)


def test_a_taken_name_is_a_conflict(call, worked):
    worked()
    code, out, err = call("clone", "s", "s")
    assert (code, out) == (4, "")
    assert "a study named 's' exists already" in err


def test_programs_get_the_new_study(call, worked):
    worked()
    [item] = json.loads(call("clone", "s", "t", "--json")[1])["items"]
    assert (item["study"]["name"], item["trials"]) == ("t", [])
