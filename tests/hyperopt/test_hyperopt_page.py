"""The code of docs/hyperopt.md runs, and its commands exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from parzen.client.cli import COMMANDS, cli
from parzen.hyperopt.mongo_worker import command

PAGE = (Path(__file__).parents[2] / "docs" / "hyperopt.md").read_text("utf-8")
ADDRESS = "mongo://db.example.org/tuning/jobs"
POSING = "pose_as_hyperopt()"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


@pytest.mark.usefixtures("led", "agent")
def test_the_code_of_the_page_runs(mongo, store, capsys, monkeypatch):
    monkeypatch.setenv("HYPEROPT_FMIN_SEED", "1")
    code = [block.replace(ADDRESS, mongo) for block in blocks("python") if POSING not in block]
    names = {"__name__": "page"}
    for block in code:
        exec(block, names)
    found, (best, count) = [line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines()]
    names["mine"].close(), names["old"].close()
    assert float(found[1]) < 0
    assert found[0].startswith("('wave', ")
    assert count == "6"
    assert best.startswith("{'x': -1.")
    assert {study.name for study in store.catalog.all_studies()} == {"sine", "wave"}
    assert store.catalog.created(store.catalog.study("wave")) == 0


def test_packages_that_import_hyperopt_get_parzens_modules():
    [code] = [block for block in blocks("python") if POSING in block]
    whole = f"from parzen.hyperopt import fmin\n{code}"
    done = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_the_commands_of_the_page_exist_with_their_options():
    lines = [shlex.split(line, comments=True) for line in "".join(blocks("sh")).splitlines()]
    assert {line[0] for line in lines} == {"parzen", "parzen-mongo-worker", "export"}
    for program, *words in lines:
        if program == "parzen":
            name, *arguments = words
            assert name in COMMANDS
            cli.get_command(click.Context(cli), name).make_context(name, arguments)
        elif program == "parzen-mongo-worker":
            command.make_context(program, words)
