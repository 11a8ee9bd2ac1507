"""The documentation can be built without one warning, and leaves nothing out."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import parzen.client
from parzen.client.cli import COMMANDS, cli

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(page for page in DOCS.iterdir() if page.suffix in (".md", ".rst"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built pages; whatever Sphinx remarks fails the tests."""
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet"]
    done = subprocess.run([*build, DOCS, folder], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def anchors(page):
    return {html.unescape(found) for found in re.findall(r'id="([^"]+)"', page.read_text("utf-8"))}


def commands(group, path):
    """(its words, the command) for each command below ``group``."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def test_each_page_is_built_and_can_be_reached_from_each_other(site):
    menu = (site / "index.html").read_text("utf-8")
    for page in PAGES:
        assert (site / f"{page.stem}.html").is_file()
        assert page.stem == "index" or f'href="{page.stem}.html"' in menu, page


def test_each_command_is_there_with_all_its_options(site):
    there = anchors(site / "cli.html")
    listed = dict(commands(cli, ("parzen",)))

    assert {path[1] for path in listed} == set(COMMANDS)
    for path, command in listed.items():
        assert "-".join(path) in there
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                for word in option.opts:
                    bare = word.lstrip("-")
                    assert f"cmdoption-{'-'.join(path)}-{bare}" in there, (path, word)


def test_each_public_name_is_there(site):
    there = anchors(site / "api.html")
    assert {f"parzen.client.{name}" for name in parzen.client.__all__} <= there


@pytest.mark.parametrize("name", ["Client", "Optimizer", "Study", "StudyHandle"])
def test_each_method_is_there(site, name):
    there = anchors(site / "api.html")
    offered = {member for member in dir(getattr(parzen.client, name)) if member[0] != "_"}
    assert {f"parzen.client.{name}.{member}" for member in offered} <= there


def test_no_page_loads_anything_from_elsewhere(site):
    loaded = re.compile(r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//|<link[^>]+href="https?://')
    for page in site.rglob("*.html"):
        assert not loaded.search(page.read_text("utf-8")), page
