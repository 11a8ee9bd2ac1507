"""The page's two ways to a sampler of one's own, followed to the letter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parzen.client import minimize
from parzen.client.loading import load
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import SamplerSpec

PAGE = (Path(__file__).parents[2] / "docs" / "samplers.md").read_text("utf-8")
SECTION = PAGE.partition("## Your own sampler\n")[2].partition("\n## ")[0]

SEARCH = """
from parzen.client import Float, Optimizer
from parzen.coordinator.samplers.registry import names

optimizer = Optimizer({"x": Float(0, 1)}, sampler="climb", step=0.1, seed=1)
for _ in range(40):
    for trial in optimizer.ask(2):
        optimizer.tell(trial.number, abs(trial.params["x"] - 0.3))
print("climb" in names(), optimizer.best.loss < 0.01)
"""


def block(language, first=""):
    [found] = re.findall(
        rf"^```{language}\n({re.escape(first)}.*?)^```$", SECTION, re.MULTILINE | re.DOTALL
    )
    return found


@pytest.fixture
def tune(tmp_path):
    file = tmp_path / "tune.py"
    file.write_text(block("python", "# tune.py"))
    yield load(f"{file}:study")
    del sys.modules["tune"]


def test_the_function_of_the_page_finds_the_lowest_point(tune):
    search = minimize(tune.objective, tune.space, 60, sampler=tune.choose, seed=1)
    assert len(search.trials) == 60
    assert search.best.loss < 0.01
    assert tune.record.sampler.function == "tune.choose"


@pytest.fixture
def installed(tmp_path):
    """The environment of a process in which the page's package is installed."""
    (tmp_path / "parzen_climb.py").write_text(block("python", "# parzen_climb.py"))
    project = block("toml")
    name, version = (
        re.search(rf'^{key} = "(.*)"$', project, re.MULTILINE)[1] for key in ("name", "version")
    )
    [group, entries] = re.search(
        r'^\[project\.entry-points\."(.*)"\]\n(.*)', project, re.MULTILINE | re.DOTALL
    ).groups()
    info = tmp_path / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{entries.replace(chr(34), '')}")
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def test_the_package_of_the_page_proposes_for_an_optimizer(installed):
    found = subprocess.run(
        [sys.executable, "-c", SEARCH], env=installed, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["True", "True"]


def test_the_package_of_the_page_proposes_in_a_coordinator(
    installed, store, mongod_uri, new_study, new_hand
):
    spec = SamplerSpec(name="climb", options={"step": 0.1}, seed=1)
    study, hand = new_study(max_trials=30, sampler=spec), new_hand(slots=2)
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
    process = subprocess.Popen(
        [sys.executable, "-m", "parzen.client.cli", "coordinator", "--exit-when-done"],
        env={**installed, "PARZEN_STORE": uri},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while process.poll() is None:
            assert time.monotonic() < deadline
            hand.work(study)
            time.sleep(0.01)
    finally:
        process.kill()
        _, said = process.communicate()
    ended = store.catalog.study("study")
    assert ended.status_reason == "reached max_trials = 30", said
    trials = list(store.catalog.trials(study))
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert {trial.proposed.memo["by"] for trial in trials} == {"climb"}
    assert len({trial.proposed.memo["step"] for trial in trials}) > 3
