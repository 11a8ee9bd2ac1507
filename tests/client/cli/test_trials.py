import json
import os
import socket

import pytest

from parzen.client.cli import output
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


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    monkeypatch.setattr("parzen.client.cli.trials.on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")


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


def test_trials_for_people_fit_the_terminal(call, four, terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    lines = call("trials", "s")[1].splitlines()
    assert max(map(len, lines)) <= 60
    assert "0.33333" in lines[-2]
    assert "x=0.1" in lines[-2]


@pytest.mark.parametrize("option", [["--state", "done"], ["--sort", "value"], ["--limit", "-1"]])
def test_wrong_options_are_refused_with_those_there_are(call, four, option):
    code, out, err = call("trials", "s", *option)
    assert (code, out) == (2, "")
    assert option[1] in err


def test_the_best_trial(call, four):
    [row] = rows(call("best", "s")[1])
    assert (row["number"], row["value"], row["x"]) == ("0", "0.3", "0.0")


def test_the_best_trials(call, four):
    assert [row["number"] for row in rows(call("best", "s", "-n", 5)[1])] == ["0", "1"]


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


def test_logs_elsewhere_are_the_end_that_is_kept(call, four):
    code, out, err = call("logs", "s", 2)
    assert (code, out) == (0, "the end\n")
    assert "the whole output lies on host" in err
    assert err.endswith("Trace\nValueError\n")


@pytest.fixture
def lies(four, store):
    """Say in the document of trial 2 that its attempt lay in a folder of this machine."""
    token = store.db.jobs.find_one({"number": 2})["attempts"][0]["token"]

    def say(folder):
        here = {"attempts.0.host": socket.gethostname(), "attempts.0.workdir": str(folder / token)}
        store.db.jobs.update_one({"number": 2}, {"$set": here})
        folder.mkdir(parents=True)
        (folder / f"{token}.log").write_text("the beginning\nthe end\n")

    return say


def test_logs_on_this_machine_are_whole(call, lies, tmp_path):
    lies(tmp_path / "s" / "2")
    code, out, err = call("logs", "s", 2)
    assert (code, out) == (0, "the beginning\nthe end\n")
    assert "lies on" not in err


def test_logs_longer_than_a_piece_are_whole_and_end_with_a_line(call, lies, tmp_path):
    lies(tmp_path / "s" / "2")
    (log,) = (tmp_path / "s" / "2").iterdir()
    log.write_text("é" * 200_000)
    assert call("logs", "s", 2)[:2] == (0, "é" * 200_000 + "\n")


@pytest.mark.parametrize("put", [os.mkdir, os.mkfifo, lambda log: log.symlink_to("/etc/passwd")])
def test_whatever_lies_in_the_outputs_place_its_end_is_printed(call, lies, tmp_path, put):
    lies(tmp_path / "s" / "2")
    (log,) = (tmp_path / "s" / "2").iterdir()
    log.unlink()
    put(log)
    code, out, err = call("logs", "s", 2)
    assert (code, out) == (0, "the end\n")
    assert err.startswith("note: the whole output cannot be read (")
    assert f"{log}); this is its end\n" in err


def test_no_document_makes_a_command_read_other_files(call, lies, tmp_path):
    lies(tmp_path / "elsewhere")
    code, out, _ = call("logs", "s", 2)
    assert (code, out) == (0, "the end\n")


def test_logs_of_a_trial_that_wrote_nothing(call, four):
    assert call("logs", "s", 0) == (0, "", "note: trial 0 wrote nothing\n")


def test_logs_of_a_trial_that_nobody_tried(call, four):
    code, _, err = call("logs", "s", 3)
    assert (code, err) == (3, "parzen: trial 3 of study 's' has not been tried yet\n")


def test_logs_of_no_trial(call, four):
    code, _, err = call("logs", "s", 9)
    assert code == 3
    assert "study 's' has no trial 9" in err


def test_thousands_of_trials_are_all_listed(call, worked, store):
    study = worked(Completed(value=0.5))
    one = store.db.jobs.find_one({"number": 0})
    store.db.jobs.insert_many(
        {**one, "_id": f"{study.uid}/{n}", "number": n, "loss": n / 7, "value": n / 7}
        for n in range(1, 3000)
    )
    assert len(rows(call("trials", "s")[1])) == 3000
    assert rows(call("best", "s", "-n", 2)[1])[1]["value"] == repr(2 / 7)
