import csv
import json

import pytest

from parzen.client import connect
from parzen.shared.dimensions import Condition, Dimension, Kind
from parzen.shared.errors import InvalidInput, InvalidParams, NotFound
from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Cancelled, Completed, Direction, Failed, Failure, Pruned

BROKEN = Failed(error=Failure(kind=FailureKind.EXCEPTION, type="ValueError", message="no file"))

OUTCOMES = (
    Completed(value=1 / 3, result={"f1": 0.1 + 0.2, "epochs": 3, "why": "-early", "ok": True}),
    BROKEN,
    Pruned(),
    Completed(value=-0.5),
    Cancelled(),
)

SAME = ("params", "state", "value", "loss", "started_at", "finished_at", "duration_s", "note")


@pytest.fixture
def client(store_uri):
    with connect(store_uri) as found:
        yield found


@pytest.fixture
def handle(client, worked):
    """A study to maximize with trials in every state; the last one waits."""
    worked(*OUTCOMES, waiting=1, direction=Direction.MAXIMIZE)
    found = client.study("s")
    found.annotate("=a note", 3)
    return found


def told(handle):
    return [[getattr(t, name) for name in SAME] + [t.result] for t in handle.trials()]


@pytest.mark.parametrize("to", ["x.csv", "journal:x.log"])
def test_an_export_into_a_clone_gives_the_same_trials(handle, client, tmp_path, monkeypatch, to):
    monkeypatch.chdir(tmp_path)
    handle.export(to)
    handle.clone("twin")
    done = client.study("twin").import_trials(to)
    assert (done.count, done.unfinished, done.max_trials) == (5, 1, 15)
    assert told(client.study("twin")) == told(handle)[:5]
    with pytest.raises(InvalidInput, match="study 'twin' has 5 of the 5 trials of "):
        client.study("twin").import_trials(to)


def test_only_the_trials_that_were_asked_for_are_written(handle, tmp_path):
    done = handle.export(tmp_path / "x.jsonl", states=["complete"], where="value<0")
    assert str(done) == f"wrote 1 trial to {tmp_path / 'x.jsonl'}"
    [line] = (tmp_path / "x.jsonl").read_text().splitlines()
    assert json.loads(line)["number"] == 3
    assert handle.export(tmp_path / "y.txt", format="csv", states=["running"]).trials == 0
    with (tmp_path / "y.txt").open() as file:
        assert list(csv.DictReader(file)) == []


def test_a_dataframe_has_the_columns_of_the_csv(handle, tmp_path):
    handle.export(tmp_path / "x.csv")
    with (tmp_path / "x.csv").open() as file:
        assert next(csv.reader(file)) == ["number", *handle.dataframe().columns]


def test_what_python_got_wrong_is_told_in_a_sentence(handle, tmp_path):
    with pytest.raises(InvalidInput, match="no format 'xls': expected one of csv, jsonl, parquet"):
        handle.export(tmp_path / "x", format="xls")
    with pytest.raises(InvalidInput, match="needs a file"):
        handle.export("-")
    with pytest.raises(InvalidInput, match="no format 'jsonl': expected one of csv, hyperopt"):
        handle.import_trials("x.jsonl", format="jsonl")
    with pytest.raises(NotFound, match="there is no file"):
        handle.import_trials(tmp_path / "x.csv")
    with pytest.raises(InvalidParams, match="no parameter 'y'"):
        handle.import_trials(tmp_path / "x.csv", fill={"y": 1})


def test_one_wrong_row_keeps_all_out(handle, tmp_path):
    (tmp_path / "x.csv").write_text("x,value\n0.1,1\n7,2\n")
    before = len(handle.trials())
    with pytest.raises(InvalidInput, match="line 3: the column 'x' is 7; it must be a number from"):
        handle.import_trials(tmp_path / "x.csv")
    assert len(handle.trials()) == before
    done = handle.import_trials(tmp_path / "x.csv", skip_invalid=True)
    assert [handle.trial(n).value for n in done.trials] == [1.0]


def test_parameters_that_take_no_part_stay_absent_on_the_way(client, store, new_study, tmp_path):
    dimensions = (
        Dimension(name="opt", kind=Kind.CHOICE, choices=("sgd", "adam")),
        Dimension(
            name="opt/sgd/momentum", kind=Kind.FLOAT, low=0.0, high=1.0,
            active_when=(Condition("opt", "sgd"),),
        ),
    )  # fmt: skip
    (tmp_path / "x.csv").write_text("opt,opt/sgd/momentum,loss\nsgd,0.5,1\nadam,,2\n")
    new_study("a", dimensions=dimensions)
    new_study("b", dimensions=dimensions)
    client.study("a").import_trials(tmp_path / "x.csv")
    client.study("a").export(tmp_path / "y.csv")
    client.study("b").import_trials(tmp_path / "y.csv")
    assert [t.params for t in client.study("b").trials()] == [
        {"opt": "sgd", "opt/sgd/momentum": 0.5},
        {"opt": "adam"},
    ]


def test_what_is_attached_by_hand_is_kept_with_the_trial(handle):
    handle.attach(1, "plots/loss.png", b"1")
    handle.attach(1, "plots/loss.png", bytearray(b"12"))
    assert handle.attachment_sizes(1) == {"plots/loss.png": 2}
    assert handle.attachment(1, "plots/loss.png") == b"12"
    with pytest.raises(NotFound, match="no trial 77"):
        handle.attach(77, "x", b"1")
