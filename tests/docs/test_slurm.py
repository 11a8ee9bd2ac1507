"""docs/slurm.md shows the script that is submitted, and commands that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from parzen.client import cli
from parzen.worker.launch.slurm.request import Agents, Request, warning_for, with_idle_timeout
from parzen.worker.launch.slurm.script import script
from parzen.worker.launch.words import checked

PAGE = Path(__file__).parents[2] / "docs" / "slurm.md"
PARZEN = click.Context(cli.cli, **cli.cli.context_settings)
HOME = Path("/home/ann/.local/share/parzen")


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)


def lines():
    words = [
        shlex.split(line, comments=True) for block in blocks("sh") for line in block.split("\n")
    ]
    return [line[1:] for line in words if line[:1] == ["parzen"]]


def test_the_script_is_the_one_that_is_submitted():
    request = Request(
        nodes=4,
        gpus_per_node="8",
        cpus_per_node=64,
        time="12:00:00",
        warning_s=warning_for([], None),
        output=HOME / "slurm" / "logs",
        chdir=Path("/home/ann"),
    )
    agents = Agents(
        words=with_idle_timeout([]),
        python="/home/ann/venv/bin/python",
        store_file=Path("/home/ann/gpu-cluster.uri"),
        shown="mongodb://db.example.org/tuning",
        home=HOME,
    )
    assert blocks("bash") == [script(request, agents)]


@pytest.mark.parametrize("words", lines(), ids=" ".join)
def test_each_command_of_the_page_is_one(words):
    depth = 2 if words[0] == "launch" else 1
    options = words[depth:]
    if "--" in options:
        checked(options[options.index("--") + 1 :])
    found = command(words[:depth])
    found.make_context(found.name, list(options), parent=PARZEN)


def test_each_option_that_the_page_names_is_one():
    said = re.sub(r"```bash\n.*?```", "", PAGE.read_text("utf-8"), flags=re.DOTALL)
    named = set(re.findall(r"(?<![\w=-])(--[a-z][a-z-]+)", said))
    paths = (("launch", "slurm"), ("launch", "local"), ("worker",))
    params = [param for path in paths for param in command(path).params]
    known = {option for param in params for option in (*param.opts, *param.secondary_opts)}
    assert named - known == {"--exclude"}  # which is sbatch's


def command(path):
    found = cli.cli
    for name in path:
        found = found.get_command(click.Context(found), name)
    return found
