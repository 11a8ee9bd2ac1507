"""The README's code does what it says."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import click
import pytest

from parzen.client import minimize
from parzen.client.cli import COMMANDS, cli
from parzen.client.loading import load

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def tune(tmp_path):
    [code] = [block for block in blocks("python") if block.startswith("# tune.py")]
    file = tmp_path / "tune.py"
    file.write_text(code)
    yield load(f"{file}:study")
    del sys.modules["tune"]


def test_the_study_of_the_readme_can_be_run(tune):
    search = minimize(tune.objective, tune.space, 12, seed=1)

    assert tune.name == "first"
    assert len(search.trials) == 12
    assert search.best.nested["opt"].keys() <= {"sgd", "adam"}


def test_ask_and_tell_of_the_readme_finds_the_lowest_point(capsys):
    [code] = [block for block in blocks("python") if "import Float, Optimizer" in block]
    exec(code, {})

    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_commands_of_the_readme_exist_with_their_options():
    lines = [shlex.split(line, comments=True) for line in "".join(blocks("sh")).splitlines()]
    used = [line[1:] for line in lines if line[:1] == ["parzen"]]

    assert len(used) > 15
    for name, *arguments in used:
        assert name in COMMANDS
        cli.get_command(click.Context(cli), name).make_context(name, arguments)


ENDLESS = {"--watch", "--follow", "coordinator", "worker"}
"""What goes on until somebody stops it; other tests do."""


def test_what_the_readme_tells_of_a_study_can_be_done(tune, call, new_hand):
    tune.renamed("second").submit().close()
    with tune.submit() as handle:
        handle.enqueue([{}] * 18)
        hand = new_hand(slots=18)
        claims = hand.claim(handle.study, 18)
    hand.fail(claims[:1])
    hand.finish(claims[1:], 0.5)

    told = [block for block in blocks("sh") if " first" in block and "submit" not in block]
    lines = [shlex.split(line, comments=True) for line in "".join(told).splitlines()]
    typed = [line[1:] for line in lines if not ENDLESS & set(line)]
    assert len(typed) > 9
    for line in typed:
        code, _, error = call(*line)
        assert code == 0, (line, error)


def test_the_links_of_the_readme_lead_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)

    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []
