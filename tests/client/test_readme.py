"""The README's code does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parzen.client import minimize
from parzen.client.cli import COMMANDS
from parzen.client.loading import load

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def tune(tmp_path):
    [code] = [block for block in blocks("python") if block.startswith("# tune.py")]
    file = tmp_path / "tune.py"
    file.write_text(code)
    return load(f"{file}:study")


def test_the_study_of_the_readme_can_be_run(tune):
    search = minimize(tune.objective, tune.space, 12, seed=1)

    assert tune.name == "first"
    assert len(search.trials) == 12
    assert search.best.nested["opt"].keys() <= {"sgd", "adam"}


def test_ask_and_tell_of_the_readme_finds_the_lowest_point(capsys):
    [code] = [block for block in blocks("python") if "import Float, Optimizer" in block]
    exec(code, {})

    assert len(capsys.readouterr().out.splitlines()) == 2


def test_the_commands_of_the_readme_exist():
    used = re.findall(r"^parzen (\w+)", "\n".join(blocks("sh")), flags=re.MULTILINE)

    assert used
    assert set(used) <= set(COMMANDS)
