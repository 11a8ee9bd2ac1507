"""docs/containers.md: its commands and its study are such, and its table is the record."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import click
import pytest

from parzen.client import Float, Study, cli, settings
from parzen.shared.records import Image
from parzen.worker.containers.engine import SOCKET
from parzen.worker.containers.request import SHM_GB
from parzen.worker.studies import IMAGE_S
from parzen.worker.workdirs import TRIALS_UID

PAGE = (Path(__file__).parents[2] / "docs" / "containers.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def commands():
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [words for line in lines if (words := shlex.split(line, comments=True))]


@pytest.mark.parametrize("words", [w for w in commands() if w[0] == "parzen"], ids=" ".join)
def test_each_command_of_the_page_is_one(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parent = click.Context(cli.cli, **cli.cli.context_settings)
    found, rest = cli.cli, words[1:]
    while isinstance(found, click.Group):
        found, rest = found.get_command(parent, rest[0]), rest[1:]
    found.make_context("parzen", list(rest), parent=parent)


def test_there_are_commands_and_others_than_parzens_are_dockers():
    assert len(commands()) >= 10
    assert {words[0] for words in commands()} == {"parzen", "docker", "export"}


def test_the_study_of_the_page_is_one_and_so_are_its_settings():
    [code] = blocks("python")
    names = {"Study": Study, "Float": Float, "objective": lambda params: 0.0}
    exec(code, names)
    record = names["study"].record
    assert record.image == Image(name="registry.lab/torch:2.9", memory_gb=8.0, cpus=2.0)
    for words in commands():
        if words[:2] == ["parzen", "set"]:
            given = dict(word.split("=", 1) for word in words[3:])
            assert "image" in settings.changes(record, settings.typed(record, given)).fields


def test_the_table_has_each_part_of_an_image_and_no_other():
    rows = re.findall(r"^\| `(\w+)` \| ?(.*?) \| ", PAGE, flags=re.MULTILINE)
    assert [name for name, _ in rows] == [field.name for field in dataclasses.fields(Image)]
    assert dict(rows)["shm_gb"] == f"{SHM_GB:g}"


def test_what_it_says_in_figures_is_so():
    assert f"user {TRIALS_UID}" in PAGE
    assert IMAGE_S == 300.0
    assert "five\nminutes" in PAGE
    assert f"`{SOCKET}`" in PAGE
