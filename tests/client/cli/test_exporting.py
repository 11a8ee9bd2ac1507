import csv
import io
import json

import pyarrow.parquet as pq
import pytest

from parzen.client.cli import exporting
from parzen.shared.records import Completed


@pytest.fixture
def study(worked):
    return worked(Completed(value=0.5, result={"note": "\x1b[31mred"}), Completed(value=0.25))


def test_csv_goes_to_standard_output(call, study):
    for words in ((), ("--to", "-"), ("--format", "csv")):
        code, out, err = call("export", "s", *words)
        assert (code, err) == (0, "")
        rows = list(csv.DictReader(io.StringIO(out, newline="")))
        assert [(row["number"], row["value"]) for row in rows] == [("0", "0.5"), ("1", "0.25")]
        assert rows[0]["result/note"] == "\x1b[31mred"


def test_no_trial_commands_a_persons_terminal(call, study, monkeypatch):
    monkeypatch.setattr(exporting, "on_terminal", lambda: True)
    _, out, _ = call("export", "s")
    assert "\x1b" not in out
    assert "\\x1b[31mred" in out
    assert "\r" not in out


def test_a_file_is_written_whole_and_told(call, study, tmp_path):
    path = tmp_path / "x.csv"
    assert call("export", "s", "--to", path) == (0, f"wrote 2 trials to {path}\n", "")
    code, out, err = call("export", "s", "--to", path)
    assert (code, out) == (2, "")
    assert "is there already: choose another name, or write over it with --force" in err
    code, out, _ = call("export", "s", "--to", path, "--force", "--state", "complete",
                        "--where", "value<0.3", "--json")  # fmt: skip
    [item] = json.loads(out)["items"]
    assert item == {
        "study": "s", "trials": 1, "format": "csv", "to": str(path), "notes": [],
    }  # fmt: skip
    assert path.read_text().count("\n") == 2


def test_parquet_goes_to_a_pipe_and_to_no_terminal(call, study, monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(exporting.click, "echo", lambda data, nl: written.write(data))
    assert call("export", "s", "--format", "parquet")[0] == 0
    assert pq.read_table(io.BytesIO(written.getvalue())).num_rows == 2


def test_parquet_is_no_text_for_a_terminal(call, study, monkeypatch):
    monkeypatch.setattr(exporting, "on_terminal", lambda: True)
    code, out, err = call("export", "s", "--format", "parquet")
    assert (code, out) == (2, "")
    assert "Parquet is no text for a terminal: name a file with --to" in err


@pytest.mark.parametrize(
    ("words", "hint"),
    [(("--json",), "--format jsonl writes the trials as JSON"), (("--force",), "leave it out"),
     (("--name", "x"), "leave it out")],
)  # fmt: skip
def test_what_is_about_a_file_is_refused_where_there_is_none(call, study, words, hint):
    code, out, err = call("export", "s", *words)
    assert (code, out) == (2, "")
    assert f"{words[0]} is about a file or a storage" in err
    assert hint in err


def test_optuna_gets_the_study_and_the_user_what_is_lost(call, new_study, tmp_path):
    from parzen.shared.dimensions import Dimension, Kind  # noqa: PLC0415 - this test's alone

    new_study("n", dimensions=(Dimension(name="x", kind=Kind.NORMAL, mu=0.0, sigma=1.0),))
    where = f"journal:{tmp_path / 'x.log'}"
    code, out, err = call("export", "n", "--to", where, "--name", "mine")
    assert (code, out) == (0, f"wrote 0 trials to {where}\n")
    assert err.startswith("note: the parameter 'x' is normal, for which Optuna has no distribution")
    assert '"mine"' in (tmp_path / "x.log").read_text()
