import csv
import json

import pyarrow.parquet as pq
import pytest

from parzen.client.export.destination import destination
from parzen.client.export.exporting import export
from parzen.shared.errors import InvalidInput


def test_each_format_of_a_file_is_written(source, tmp_path):
    for name in ("x.csv", "x.jsonl", "x.parquet"):
        done = export(source, destination(str(tmp_path / name)))
        assert str(done) == f"wrote 6 trials to {tmp_path / name}"
        assert done.trials == 6
    with (tmp_path / "x.csv").open(newline="") as file:
        numbers = [int(row["number"]) for row in csv.DictReader(file)]
    lines = (tmp_path / "x.jsonl").read_text().splitlines()
    assert numbers == [json.loads(line)["number"] for line in lines] == list(range(6))
    assert pq.read_table(tmp_path / "x.parquet").num_rows == 6


def test_text_is_utf_8_and_lines_stay_as_they_were(source, tmp_path, a_trial):
    trial = a_trial(params={}, note="größer\r\nals\n")
    found = type(source)(source.study, lambda: iter([trial]), source.slim, source.measurements)
    export(found, destination(str(tmp_path / "x.csv")))
    with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
        [row] = csv.DictReader(file)
    assert row["note"] == "größer\r\nals\n"


def test_an_optuna_storage_is_written_under_another_name(source, tmp_path):
    done = export(source, destination(f"journal:{tmp_path / 'x.log'}"), name="mine")
    assert done.format == "optuna"
    assert len(done.notes) == 2
    assert '"mine"' in (tmp_path / "x.log").read_text()


def test_a_file_has_no_study_of_another_name(source, tmp_path):
    with pytest.raises(InvalidInput, match="is for an Optuna storage"):
        export(source, destination(str(tmp_path / "x.csv")), name="mine")
