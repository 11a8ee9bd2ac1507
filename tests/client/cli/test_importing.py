import io
import json
import sys

import pytest

from parzen.shared.records import Completed


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("x,value,epoch\n0.1,3,1\n0.2,1,2\n")
    return path


def test_trials_are_imported_and_told(call, worked, table, store):
    worked(Completed(value=0.5))
    code, out, err = call("import", "s", table)
    assert code == 0
    assert out == (
        f"imported 2 trials from {table} into 's' (2 complete); the best, 1 (line 3, now trial 2)\n"
    )
    assert err.splitlines() == [
        "note: columns that the study has no place for were left out: epoch",
        "note: max_trials goes from 10 to 12, so that 9 are still to be run",
    ]
    assert [t.value for t in store.catalog.trials(store.catalog.study("s"))] == [0.5, 3, 1]


def test_a_dry_run_says_the_same_and_writes_nothing(call, worked, table):
    study = worked()
    code, out, _ = call("import", "s", table, "--dry-run", "--json", "--keep-limits")
    [item] = json.loads(out)["items"]
    assert code == 0
    assert (item["count"], item["trials"], item["dry_run"]) == (2, [], True)
    assert item["states"] == {"complete": 2}
    assert item["max_trials"] == study.limits.max_trials
    assert call("trials", "s")[1].count("\n") == 1


def test_standard_input_is_read(call, worked, monkeypatch):
    worked()
    given = io.TextIOWrapper(io.BytesIO(b"x,acc\n0.1,1\n"))
    monkeypatch.setattr(sys, "stdin", given)
    code, out, _ = call("import", "s", "-", "--value-column", "acc")
    assert code == 0
    assert out.startswith("imported 1 trial from standard input into 's'")


def test_wrong_rows_and_known_ones_are_refused_or_left_out(call, worked, table):
    worked()
    table.write_text(table.read_text() + "9,1,3\n")
    code, out, err = call("import", "s", table)
    assert (code, out) == (2, "")
    assert "line 4: the column 'x' is 9; it must be a number from 0.0 to 1.0" in err
    code, out, err = call("import", "s", table, "--skip-invalid")
    assert code == 0
    assert "note: left out: line 4" in err
    assert "--again" in call("import", "s", table, "--skip-invalid")[2]
    code, out, _ = call("import", "s", table, "--skip-invalid", "--skip-known")
    assert (code, out.split(" from ")[0]) == (0, "imported 0 trials")
    code, out, _ = call("import", "s", table, "--skip-invalid", "--again")
    assert (code, out.split(" from ")[0]) == (0, "imported 2 trials")


def test_what_the_source_lacks_may_be_given(call, new_study, table):
    from parzen.shared.dimensions import Dimension, Kind  # noqa: PLC0415 - this test's alone

    x = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)
    opt = Dimension(name="opt", kind=Kind.CHOICE, choices=("sgd", "adam"))
    new_study("two", dimensions=(x, opt))
    assert "the parameter 'opt' is missing; it must be one of" in call("import", "two", table)[2]
    assert call("import", "two", table, "--fill", "opt=adam")[0] == 0
    code, out, _ = call("trials", "two", "--where", "opt=adam", "--columns", "number")
    assert (code, out.split()) == (0, ["number", "1", "0"])
