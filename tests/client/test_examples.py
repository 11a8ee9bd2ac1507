import subprocess
import sys
from pathlib import Path

import pytest

from parzen.shared.lifecycle import StudyStatus, TrialState

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_every_example_is_executed_here():
    assert {file.stem for file in EXAMPLES.glob("*.py")} == {"quadratic", "conditional"}


@pytest.mark.parametrize("name", ["quadratic", "conditional"])
def test_an_example_runs_to_its_end(store_uri, home, store, name):
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    study = store.catalog.study(name)
    trials = list(store.catalog.trials(study))
    assert study.status is StudyStatus.COMPLETE
    assert [t.number for t in trials] == list(range(40))
    assert {t.state for t in trials} == {TrialState.COMPLETE}
    assert out.stdout.strip()
    losses = [t.loss for t in trials]
    assert min(losses) < min(losses[:5])
