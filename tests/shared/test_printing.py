import json
from dataclasses import dataclass

import pytest

from parzen.shared import printing
from parzen.shared.printing import Column, field, listing


@dataclass
class Job:
    name: str
    time_left: str | None = None


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
    monkeypatch.setattr(printing, "on_terminal", lambda: True)
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


NAMES = [
    Column("id", lambda row: row["id"], named=True, least=10),
    Column("kind", lambda row: row["kind"], rare=True),
    Column("said", lambda row: row["said"], wide=True),
]
NODES = [{"id": "gpu-node-17:12345:3f9a2b", "kind": "worker", "said": "s" * 20}]


@pytest.mark.parametrize(
    ("width", "table"),
    [
        (10, ["id", "gpu-n…9a2b"]),
        (28, ["id said", f"gpu-n…9a2b {'s' * 15}…"]),
        (40, ["id said", f"gpu-node-…5:3f9a2b {'s' * 20}"]),
        (47, ["id said", f"gpu-node-17:12345:3f9a2b {'s' * 20}"]),
        (54, ["id kind said", f"gpu-node-17:12345:3f9a2b worker {'s' * 20}"]),
    ],
)
def test_names_are_cut_in_the_middle_and_rare_columns_cut_nothing(
    capsys, terminal, monkeypatch, width, table
):
    monkeypatch.setenv("COLUMNS", str(width))
    listing(NODES, NAMES, kind="rows", as_json=False, empty="")
    shown = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [line.split() for line in shown] == [line.split() for line in table]
    assert max(map(len, shown)) <= width


def test_a_name_is_shortened_to_what_its_letters_take():
    assert printing.shortened("abcdefgh", 8) == "abcdefgh"
    assert printing.shortened("abcdefgh", 7) == "abc…fgh"
    assert printing.shortened("abcdefgh", 6) == "abc…gh"
    assert printing.shortened("日本日本日本", 8) == "日本…本"


def test_whether_a_table_fits_depends_on_what_it_says(terminal, monkeypatch):
    rows = [{"n": 7, "text": "日本"}]
    assert printing.fits(rows, COLUMNS)
    monkeypatch.setenv("COLUMNS", "12")
    assert printing.fits(rows, COLUMNS)
    assert not printing.fits([{"n": 7, "text": "日本 日"}], COLUMNS)


def test_an_empty_terminal_gets_a_sentence(capsys, terminal):
    assert shown(capsys, rows=[]) == "Nothing here.\n"


def test_json_is_one_line_of_one_shape(capsys, terminal):
    out = shown(capsys, as_json=True)
    assert out.count("\n") == 1
    assert json.loads(out) == {"parzen": 1, "kind": "rows", "items": ROWS}


def test_json_survives_any_locale(capsys):
    listing([{"n": 1, "text": "ü"}], COLUMNS, kind="rows", as_json=True, empty="")
    assert capsys.readouterr().out.isascii()


def test_a_records_field_is_a_column_and_none_says_nothing(capsys):
    rows = [Job("a", "1:00"), Job("b")]
    listing(rows, [field("name"), field("time_left")], kind="jobs", as_json=False, empty="")
    assert capsys.readouterr().out == "name\ttime left\na\t1:00\nb\t\n"


@pytest.mark.usefixtures("terminal")
def test_a_column_that_folds_is_told_whole(capsys):
    rows = [Job("a", "/logs/" + "x" * 60)]
    listing(rows, [field("name"), field("time_left", folds=True)], kind="jobs", as_json=False,
            empty="")  # fmt: skip
    assert "/logs/" + "x" * 60 in "".join(capsys.readouterr().out.split("time left")[1].split()[1:])
