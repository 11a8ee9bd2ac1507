"""docs/troubleshooting.md speaks of lines that the doctor has, and of commands that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click

from parzen.client import cli
from parzen.client.health.examination import examine
from parzen.shared.errors import InvalidStore

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text("utf-8")


def fail():
    raise InvalidStore("none is meant")


def test_each_line_that_the_page_names_is_one_of_the_doctors(home):
    named = {
        name
        for cell in re.findall(r"^\| .+? \| (`[^|]+`) \| ", PAGE, flags=re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", cell)
    }
    said = {finding.name for finding in examine(fail, home)}
    # those where it is meant, and where a GPU is
    assert named - said <= {"packages", "embedded MongoDB", "NVIDIA for trials"}
    assert len(named) > 10


def test_each_command_of_the_page_is_one():
    lines = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
             for line in block.splitlines()]  # fmt: skip
    parzen = click.Context(cli.cli, **cli.cli.context_settings)
    for line in lines:
        _, name, *options = shlex.split(line, comments=True)
        cli.cli.get_command(None, name).make_context(name, options, parent=parzen)
    assert len(lines) == 5
