import runpy
import subprocess
import sys
import threading
from pathlib import Path
from statistics import median

import pytest

from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.worker.context import About, LocalTrial

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("quadratic", "conditional", "checkpoint", "staged")


def test_every_example_is_executed_here():
    assert {file.stem for file in EXAMPLES.glob("*.py")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_runs_to_its_end(store_uri, home, store, name):
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    study = store.catalog.study(name)
    trials = list(store.catalog.trials(study))
    assert study.status is StudyStatus.COMPLETE
    assert len(trials) == study.limits.max_trials
    assert [t.number for t in trials] == list(range(len(trials)))
    assert {t.state for t in trials} == {TrialState.COMPLETE}
    assert out.stdout.strip()
    losses = [t.loss for t in trials]
    third = len(losses) // 3
    last = list(store.catalog.trials(study, slim=False))[-third:]
    if all(t.proposed.seen >= third for t in last):  # instant trials may all wait before one ends
        assert median(losses[-third:]) < median(losses[:third])


def test_the_checkpoint_example_goes_on_where_it_was_stopped(tmp_path):
    objective = runpy.run_path(str(EXAMPLES / "checkpoint.py"))["objective"]
    params = {"lr": 0.01}
    folders = [tmp_path / name for name in ("first", "second", "whole")]
    for folder in folders:
        folder.mkdir()
    preempted = threading.Event()
    first = LocalTrial(About(number=0, attempt=1, params=params, workdir=folders[0]), preempted)
    preempted.set()
    assert objective(params, first) is None
    again = About(
        number=0, attempt=2, params=params, workdir=folders[1], previous_workdir=folders[0]
    )
    resumed = objective(params, LocalTrial(again))
    whole = objective(
        params, LocalTrial(About(number=0, attempt=1, params=params, workdir=folders[2]))
    )
    assert (resumed["resumed_at"], resumed["attempt"]) == (1, 2)
    assert resumed["loss"] == whole["loss"]
