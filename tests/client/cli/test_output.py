import json

import pytest

from parzen.client.cli import output
from parzen.client.cli.output import Column, listing

COLUMNS = [
    Column("number", lambda row: str(row["n"]), right=True),
    Column("gone", lambda _: ""),
    Column("text", lambda row: row["text"], wide=True),
]
ROWS = [{"n": 7, "text": "one\tline\nonly " + "x" * 300}]


def shown(capsys, rows=ROWS, as_json=False):
    listing(rows, COLUMNS, kind="rows", as_json=as_json, empty="Nothing here.")
    return capsys.readouterr().out


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")


def test_a_pipe_gets_whole_cells_each_in_its_column(capsys):
    header, line = shown(capsys).splitlines()
    assert header == "number\tgone\ttext"
    assert line == "7\t\tone line only " + "x" * 300


def test_a_terminal_gets_a_table_that_fits_without_empty_columns(capsys, terminal):
    header, line = shown(capsys).splitlines()
    assert header.split() == ["number", "text"]
    assert len(line) <= 40
    assert line.rstrip().endswith("…")


def test_a_terminal_without_room_loses_the_last_columns_which_is_said(
    capsys, terminal, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "12")
    listing(ROWS, COLUMNS, kind="rows", as_json=False, empty="")
    captured = capsys.readouterr()
    assert captured.out.split() == ["number", "7"]
    assert captured.err == "there was no room for text\n"


def test_whether_a_table_fits_depends_on_what_it_says(terminal, monkeypatch):
    rows = [{"n": 7, "text": "日本"}]
    assert output.fits(rows, COLUMNS)
    monkeypatch.setenv("COLUMNS", "12")
    assert output.fits(rows, COLUMNS)
    assert not output.fits([{"n": 7, "text": "日本 日"}], COLUMNS)


def test_an_empty_terminal_gets_a_sentence(capsys, terminal):
    assert shown(capsys, rows=[]) == "Nothing here.\n"


def test_json_is_one_line_of_one_shape(capsys, terminal):
    out = shown(capsys, as_json=True)
    assert out.count("\n") == 1
    assert json.loads(out) == {"parzen": 1, "kind": "rows", "items": ROWS}


def test_json_survives_any_locale(capsys):
    listing([{"n": 1, "text": "ü"}], COLUMNS, kind="rows", as_json=True, empty="")
    assert capsys.readouterr().out.isascii()
