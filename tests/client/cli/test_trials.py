import json

import pytest

from parzen.shared.criteria import FIELDS, KEYED
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import FailureKind, StudyEvent
from parzen.shared.records import Completed, Failed, Failure

BROKEN = Failed(
    error=Failure(
        kind=FailureKind.EXCEPTION, type="ValueError", message="no", traceback="Trace\nValueError"
    ),
    log_tail="the end\n",
)


def rows(text):
    header, *lines = [line.split("\t") for line in text.splitlines()]
    return [dict(zip(header, line, strict=True)) for line in lines]


@pytest.fixture
def four(worked):
    return worked(
        Completed(value=0.3), Completed(value=1 / 3, result={"extra": 1}), BROKEN, waiting=1
    )


def test_trials_in_columns_with_every_digit(call, four):
    code, out, err = call("trials", "s")
    assert (code, err) == (0, "")
    found = rows(out)
    assert [row["number"] for row in found] == ["3", "2", "1", "0"]
    assert [row["state"] for row in found] == ["waiting", "failed", "complete", "complete"]
    assert found[2]["value"] == repr(1 / 3)
    assert found[2]["x"] == "0.1"
    assert found[1]["failures"] == "exception"


def test_trials_by_state_sort_and_limit(call, four):
    out = call("trials", "s", "--state", "complete", "--state", "failed", "--sort", "number")[1]
    assert [row["number"] for row in rows(out)] == ["0", "1", "2"]
    out = call("trials", "s", "--sort", "loss", "--limit", 1)[1]
    assert [row["number"] for row in rows(out)] == ["0"]


def test_a_cut_list_says_so(call, four):
    assert call("trials", "s", "--limit", 2)[2] == "2 of 4 trials; --limit 0 lists all\n"
    assert call("trials", "s", "--limit", 0)[2] == ""


def test_trials_for_programs_hold_everything(call, four):
    found = json.loads(call("trials", "s", "--json", "--sort", "number")[1])
    assert found["kind"] == "trials"
    assert found["items"][1]["result"] == {"extra": 1}
    assert found["items"][2]["attempts"][0]["error"]["message"] == "no"


def test_trials_for_people_fit_the_terminal(call, four, terminal):
    shown = ["number", "state", "value", "took", "failures", "x"]
    for width, columns in {30: 3, 40: 4, 60: 6}.items():
        terminal(width)
        lines = call("trials", "s")[1].splitlines()
        assert max(map(len, lines)) <= width
        assert lines[0].split() == shown[:columns]
        assert "0.33333" in lines[-2]


def test_what_a_terminal_has_no_room_for_is_named(call, four, terminal):
    terminal(30)
    assert call("trials", "s")[2] == "there was no room for took, failures, parameters\n"


def test_parameters_share_a_column_where_there_is_no_room_for_each(call, worked, store, terminal):
    names = [f"model/number-{n}/learning-rate" for n in range(4)]
    worked(
        Completed(value=0.3),
        dimensions=tuple(Dimension(name=n, kind=Kind.FLOAT, low=0, high=1) for n in names),
    )
    store.db.jobs.update_one({}, {"$set": {"params": dict.fromkeys(names, 0.5)}})
    assert call("trials", "s")[1].split()[4] == "parameters"
    terminal(200)
    assert call("trials", "s")[1].split()[4:8] == names


def test_trials_that_meet_conditions(call, four):
    out = call("trials", "s", "--where", "x>0", "--where", "state!=waiting")[1]
    assert [row["number"] for row in rows(out)] == ["2", "1"]
    assert rows(call("trials", "s", "--where", "error~no")[1])[0]["number"] == "2"
    assert call("trials", "s", "--where", "result/extra=1", "--limit", 1)[2] == ""
    assert call("trials", "s", "--where", "x>=0", "--limit", 1)[2] == (
        "the first 1 trial; --limit 0 lists all\n"
    )


def test_a_person_is_told_that_no_trial_meets_them(call, four, terminal):
    assert call("trials", "s", "--where", "x>5")[1] == "study 's' has no such trials yet\n"


def test_columns_are_those_that_are_asked_for(call, four):
    fields = "number,loss,x,result/extra,worker,error,started"
    header, *_, second, first = call("trials", "s", "--columns", fields)[1].splitlines()
    assert header.split("\t") == fields.split(",")
    assert second.split("\t")[:5] == ["1", repr(1 / 3), "0.1", "1", "host:1:a"]
    assert first.split("\t")[6].endswith("+00:00")
    assert call("trials", "s", "--columns", "number, parameters")[1].startswith("number\tx\n")


def test_columns_for_a_person(call, four, terminal):
    out = call("trials", "s", "--columns", "number,parameters,took", "--where", "number=1")[1]
    header, line = out.splitlines()
    assert header.split() == ["number", "parameters", "took"]
    assert line.split()[:2] == ["1", "x=0.1"]


def test_trials_are_sorted_by_any_field(call, four):
    out = call("trials", "s", "--sort", "-x", "--limit", 2)[1]
    assert [row["number"] for row in rows(out)] == ["3", "2"]
    out = call("trials", "s", "--sort", "result/extra")[1]
    assert [row["number"] for row in rows(out)] == ["1", "0", "2", "3"]


WRONG = [
    ("--state", "done", "'done' is not one of 'waiting', 'running'"),
    ("--limit", "-1", "-1 is not in the range"),
    ("--sort", "valu", "study 's' has no field 'valu': did you mean 'value'?"),
    ("--sort", "failures", "cannot be sorted by 'kind'"),
    ("--columns", "number,los", "study 's' has no field 'los': did you mean 'loss'"),
    ("--columns", "number,", "study 's' has no field ''"),
    ("--where", "x~3", "x holds a number, compare it with"),
    ("--where", "y<3", "study 's' has no field 'y'"),
]


def test_wrong_options_are_refused_with_those_there_are(call, four):
    for option, word, says in WRONG:
        code, out, err = call("trials", "s", option, word)
        assert (code, out) == (2, "")
        assert says in err


def test_the_help_names_every_field(call):
    said = call("trials", "--help")[1]
    assert [field for field in (*FIELDS, *KEYED) if field not in said] == []


def test_the_best_trial(call, four):
    [row] = rows(call("best", "s")[1])
    assert (row["number"], row["value"], row["x"]) == ("0", "0.3", "0.0")


def test_the_best_trials(call, four):
    assert [row["number"] for row in rows(call("best", "s", "-n", 5)[1])] == ["0", "1"]


def test_the_best_trials_in_other_columns(call, four, terminal):
    out = call("best", "s", "--columns", "number,result/extra")[1]
    assert out.split() == ["number", "0"]


def test_the_best_for_people_has_a_line_for_each_parameter(call, four, terminal):
    assert call("best", "s")[1] == "0.3  (trial 0)\n  x = 0\n"


def test_the_best_for_programs(call, four):
    [item] = json.loads(call("best", "s", "--json")[1])["items"]
    assert (item["number"], item["value"], item["params"]) == (0, 0.3, {"x": 0.0})


def test_no_best_yet(call, worked):
    worked(BROKEN)
    code, out, err = call("best", "s")
    assert (code, out) == (3, "")
    assert err == "parzen: study 's' has no complete trial yet: wait for one\n"


def test_no_best_of_a_study_that_has_ended_says_where_to_look(call, worked, store):
    study = worked(BROKEN)
    lead = store.ledger.lead(study.uid, "test", 30.0)
    store.ledger.move(lead, StudyEvent.COMPLETE, reason="it is over")
    code, out, err = call("best", "s")
    assert (code, out) == (3, "")
    assert err.startswith(
        "parzen: study 's' is complete, without one complete trial: trial 0 failed"
    )
    assert "parzen logs s 0" in err
    assert "wait for one" not in err


def test_thousands_of_trials_are_all_listed(call, worked, store):
    study = worked(Completed(value=0.5))
    one = store.db.jobs.find_one({"number": 0})
    store.db.jobs.insert_many(
        {**one, "_id": f"{study.uid}/{n}", "number": n, "loss": n / 7, "value": n / 7}
        for n in range(1, 3000)
    )
    assert len(rows(call("trials", "s")[1])) == 3000
    assert rows(call("best", "s", "-n", 2)[1])[1]["value"] == repr(2 / 7)
