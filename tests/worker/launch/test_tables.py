import json
import sys
from dataclasses import dataclass

from parzen.worker.launch.tables import listing


@dataclass
class Thing:
    name: str
    time_left: str | None = None
    hidden: int = 7


THINGS = [Thing("a\tb\x1b[2J", "1:00"), Thing("c")]


def test_pipes_get_a_line_for_each_and_no_control_characters(capsys):
    listing(THINGS, ("name", "time_left"), kind="things", as_json=False)
    assert capsys.readouterr().out == "name\ttime left\na b\\x1b[2J\t1:00\nc\t\n"


def test_programs_get_all_fields(capsys):
    listing(THINGS[1:], ("name",), kind="things", as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "parzen": 1,
        "kind": "things",
        "items": [{"name": "c", "time_left": None, "hidden": 7}],
    }


def test_people_get_a_table_without_empty_columns(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    listing(THINGS[1:], ("name", "time_left"), kind="things", as_json=False)
    out = capsys.readouterr().out
    assert "name" in out
    assert "time left" not in out
