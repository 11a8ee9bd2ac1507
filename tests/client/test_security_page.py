"""Every command that docs/security.md tells to type does what it says there."""

from __future__ import annotations

import re
import shlex
import stat
import sys
from pathlib import Path

import click
import pytest
from engines.tls import guarded

from parzen.client import cli, connect
from parzen.shared.mongo.roles import EVERYWHERE, PRIVILEGES, Role

PAGE = Path(__file__).parents[2] / "docs" / "security.md"

ENDLESS = ("coordinator", "worker")
"""Commands that go on until they are stopped: their options are read here, other tests run them."""

STUDY = """
from parzen.client import Float, Study

def objective(params):
    return params["x"]

study = Study("tuned", space={"x": Float(0, 1)}, objective=objective, max_trials=3)
"""


def commands():
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    words = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [line[1:] for line in words if line[:1] == ["parzen"]]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with guarded(tmp_path_factory.mktemp("guarded")) as running:
        yield running


def test_each_command_of_the_page_works(server, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    admin = tmp_path / "admin.uri"
    admin.touch(mode=0o600)
    admin.write_text(server.uri())
    (tmp_path / "train.py").write_text(STUDY)

    typed = commands()
    assert len(typed) > 10
    for line in typed:
        command = cli.cli.get_command(None, line[0])
        if line[0] in ENDLESS:
            # a command remembers how help is asked for, which its parent says
            parzen = click.Context(cli.cli, **cli.cli.context_settings)
            command.make_context(line[0], line[1:], parent=parzen)
            continue
        assert cli.run(line) == 0, (line, capsys.readouterr().err)
        sys.modules.pop("train", None)  # each of these lines is a process of its own
    assert "tuned" in capsys.readouterr().out
    with connect(server.uri()) as client:
        assert client.study("signed").record.objective.signed_by
    for file in [*tmp_path.glob("*.uri"), tmp_path / "ann.key"]:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_the_table_of_the_page_is_the_table_that_is_granted():
    rows = dict(re.findall(r"^\| `(parzen\w+)` \| (.*) \|$", PAGE.read_text(), flags=re.MULTILINE))
    assert set(rows) == {role.stored for role in Role}
    for role in Role:
        granted = {name for name in PRIVILEGES[role] if name != EVERYWHERE}
        bare = {name.split(".")[0] + (".*" if "." in name else "") for name in granted}
        assert set(re.findall(r"`([\w.*]+)`", rows[role.stored])) == bare
