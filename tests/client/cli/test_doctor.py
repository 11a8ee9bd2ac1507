from __future__ import annotations

import json

import pytest

from parzen.client import cli
from parzen.client.cli import doctor
from parzen.client.health.findings import Findings, Group

machine, server = Findings(Group.MACHINE), Findings(Group.SERVER)
SKIPPED = "not looked at: no way"


@pytest.fixture
def shown(monkeypatch, capsys):
    """What a person sees of findings, on a terminal of 60 columns: (exit code, output)."""
    monkeypatch.setattr(doctor, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")

    def show(*findings):
        monkeypatch.setattr(
            "parzen.client.health.examination.examine", lambda *_, **__: iter(findings)
        )
        code = cli.run(["doctor"])
        return code, capsys.readouterr().out

    return show


def test_a_person_sees_groups_symbols_and_advice(shown):
    code, out = shown(
        machine.ok("Python", "CPython 3.11"),
        machine.warning("disk", "little is free", "run `parzen gc --finished` to make room"),
        server.problem("connection", "nobody answers", "start the server"),
        server.skipped("version", SKIPPED),
        server.skipped("clock", SKIPPED),
    )
    assert code == 1
    lines = out.splitlines()
    assert lines[1:6] == [
        "this machine",
        "✓  Python               CPython 3.11",
        "!  disk                 little is free",
        "                        → run `parzen gc --finished` to make",
        "                        room",
    ]
    assert "✗  connection           nobody answers" in lines
    assert "version, clock are not looked at" in out
    assert out.endswith("\n\n1 problem, 1 warning\n")


def test_warnings_alone_are_no_failure(shown):
    assert shown(machine.warning("a", "b", "c"))[0] == 0
    code, out = shown(machine.ok("a" * 30, "fine"))
    assert (code, out.splitlines()[2:4]) == (0, [f"✓  {'a' * 30} ", " " * 24 + "fine"])
    assert out.endswith("No problem\n")


def test_a_terminal_without_the_signs_gets_ascii(shown, monkeypatch):
    monkeypatch.setattr(doctor, "_can_write", lambda _: False)
    _, out = shown(machine.ok("a", "b"), machine.problem("c", "d", "e"))
    assert out.isascii()
    assert "ok a" in out
    assert "-> e" in out


def test_what_is_told_commands_no_terminal(shown):
    assert "\x1b" not in shown(machine.problem("\x1b[2Ja", "\x1b[2Jb", "\x1b[2Jc"))[1]


def test_a_pipe_gets_columns_and_programs_json(call):
    code, out, err = call("doctor")
    header, *lines = out.splitlines()
    assert (code, err) == (0, "")
    assert header.split("\t") == ["group", "name", "verdict", "said", "advice"]
    assert any(line.startswith("the database\tset up\tok\t") for line in lines)

    told = json.loads(call("doctor", "--json")[1])
    assert told["kind"] == "health"
    assert set(told["items"][0]) == {"group", "name", "verdict", "said", "advice"}


def test_a_store_that_is_away_is_the_only_problem(home, capsys, monkeypatch):
    monkeypatch.setattr("parzen.client.health.patient.CALL_S", 0.2)
    code = cli.run(["doctor", "--json", "--store", "mongodb://ann:s3cret@127.0.0.1:1/"])
    out = capsys.readouterr().out
    found = {i["name"]: i["verdict"] for i in json.loads(out)["items"]}
    assert code == 1
    assert [name for name, verdict in found.items() if verdict == "problem"] == ["connection"]
    assert found["change stream"] == "skipped"
    assert "s3cret" not in out


def test_a_contradiction_is_a_finding_and_no_usage_error(home, capsys, monkeypatch):
    monkeypatch.setenv("PARZEN_STORE", "mongodb://127.0.0.1:1/")
    monkeypatch.setenv("PARZEN_STORE_FILE", "/nowhere")
    assert cli.run(["doctor"]) == 1
    assert "address\tproblem\ttwo stores are named" in capsys.readouterr().out


def test_init_sets_the_store_up_before_it_is_looked_at(store, store_uri, home, capsys):
    store.db.drop_collection("jobs")
    uri = store_uri
    assert cli.run(["doctor", "--json", "--store", uri]) == 1
    capsys.readouterr()
    assert cli.run(["doctor", "--json", "--init", "--store", uri]) == 0
    found = {i["name"]: i for i in json.loads(capsys.readouterr().out)["items"]}
    assert found["init"]["said"].startswith("made 1 collection, 3 indexes, 1 validator in ")
    assert found["set up"]["verdict"] == "ok"
