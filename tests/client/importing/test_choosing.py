import io

import pytest

from parzen.client.importing.choosing import kind, opened
from parzen.shared.errors import InvalidInput, NotFound


@pytest.mark.parametrize(
    ("words", "given", "found"),
    [
        ("a.CSV", None, "csv"),
        ("-", None, "csv"),
        ("a.txt", "csv", "csv"),
        ("journal:a.csv", None, "optuna"),
        ("a.sqlite3", None, "optuna"),
        ("postgresql://h/db", None, "optuna"),
        ("a.log", "optuna", "optuna"),
        ("mongo://h:1/db/jobs", None, "hyperopt"),
        ("mongodb+srv://h/db", None, "hyperopt"),
        ("h:1/db", "hyperopt", "hyperopt"),
    ],
)
def test_the_name_tells_what_it_is(words, given, found):
    assert kind(words, given) == found


def test_what_cannot_be_told_is_to_be_said():
    with pytest.raises(InvalidInput, match="cannot be told from its name"):
        kind("a.log")
    with pytest.raises(InvalidInput, match="no format 'xls': expected one of csv, hyperopt, opt"):
        kind("a.log", "xls")


def test_a_csv_is_read_whatever_mark_stands_before_it(study, tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xef\xbb\xbflr,value\r\n0.1,2\r\n")
    with opened(study, str(tmp_path / "x.csv")) as source:
        [row] = source.rows
    assert row.params == {"lr": "0.1"}


def test_standard_input_is_read_and_left_open(study):
    given = io.BytesIO(b"lr,value\n0.1,2\n")
    with opened(study, "-", standard_input=given) as source:
        assert source.name == "standard input"
        assert len(list(source.rows)) == 1
    assert not given.closed


def test_a_file_that_is_no_text_is_told(study, tmp_path):
    (tmp_path / "x.csv").write_bytes(b"lr,value\n\xff\xfe,2\n")
    with (
        pytest.raises(InvalidInput, match="no UTF-8 text"),
        opened(study, str(tmp_path / "x.csv")) as source,
    ):
        list(source.rows)


@pytest.mark.parametrize(
    ("words", "options", "error", "why"),
    [
        ("none.csv", {}, NotFound, "there is no file"),
        (".", {"given": "csv"}, InvalidInput, "cannot be read .Is a directory"),
        ("none.csv", {"name": "one"}, InvalidInput, r"--name \(in .* of the kind 'csv': leave it"),
        ("journal:x", {"value_column": "acc"}, InvalidInput, "--value-column .*kind 'optuna': l"),
        ("x.csv", {"trust_pickle": True}, InvalidInput, "--trust-pickle .*of the kind 'csv'"),
        ("-", {"given": "optuna", "standard_input": io.BytesIO()}, InvalidInput, "standard input"),
    ],
)
def test_what_cannot_be_opened_is_told_in_a_sentence(
    study, tmp_path, monkeypatch, words, options, error, why
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=why), opened(study, words, **options):
        pass
