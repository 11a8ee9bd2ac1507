import json

import pytest

from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Completed, Failed, Failure, Limits

BROKEN = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no"))


@pytest.fixture
def two(worked):
    worked(Completed(value=0.5), BROKEN)
    worked(Completed(value=0.5), name="t", uid="u2", limits=Limits(max_trials=20))


def rows(text):
    return [line.split("\t") for line in text.splitlines()]


def test_two_studies(call, two):
    code, out, err = call("diff", "s", "t")
    assert code == 0
    header, *found = rows(out)
    assert header == ["field", "s", "t"]
    assert [row for row in found if row[0] != "created"] == [
        ["limits/max_trials", "10", "20"],
        ["done", "2", "1"],
        ["failed", "1", "0"],
    ]
    assert err.endswith(" fields agree; --all shows all\n")


def test_two_trials(call, two):
    code, out, _ = call("diff", "s:0", "s:1")
    found = {field: (a, b) for field, a, b in rows(out)}
    assert code == 0
    assert found["field"] == ("s:0", "s:1")
    assert (found["x"], found["state"]) == (("0.0", "0.1"), ("complete", "failed"))
    assert (found["kind"], found["error"]) == (("", "exception"), ("", "no"))
    assert "worker" not in found


def test_what_agrees_is_shown_where_it_is_asked_for(call, two):
    code, out, err = call("diff", "s:0", "t:0", "--all")
    assert (code, err) == (0, "")
    assert ["x", "0.0", "0.0"] in rows(out)
    [*_, worker] = [row for row in rows(out) if row[0] == "worker"]
    assert worker == ["worker", "host:1:a", "host:1:a"]


def test_differences_for_programs(call, two):
    items = json.loads(call("diff", "s", "t", "--json")[1])["items"]
    assert {"field": "limits/max_trials", "a": 10, "b": 20, "same": False} in items


def test_differences_for_people(call, two, store, terminal):
    store.db.jobs.update_one({"uid": "u2"}, {"$set": {"params.x": 1e-9, "value": 0.50000001}})
    out = call("diff", "s:0", "t:0")[1]
    assert [line.split() for line in out.splitlines()][:3] == [
        ["field", "s:0", "t:0"],
        ["x", "0", "1e-09"],
        ["value", "0.5", "0.50000001"],  # where they look alike in short, every digit
    ]
    assert call("diff", "s:0", "s:0")[1] == "s:0 and s:0 do not differ.\n"
    terminal(40)
    lines = call("diff", "s", "t")[1].splitlines()
    assert lines[:3] == ["limits/max_trials", "  s  10", "  t  20"]


def test_a_study_is_not_compared_with_a_trial(call, two):
    code, out, err = call("diff", "s", "t:0")
    assert (code, out) == (2, "")
    assert err == (
        "parzen: 's' and 't:0' are not of one kind: compare two studies, or two trials as "
        "STUDY:NUMBER\n"
    )
    assert call("diff", "s:0", "s:9")[0] == 3
