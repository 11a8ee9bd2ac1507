"""A study with an image, from its owner's `run()` to its result: a real store and a real engine."""

from __future__ import annotations

import os
import sys

import pytest

from parzen.client import Float, Study

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]


def test_a_study_with_an_image_runs_from_end_to_end(engine, base, home, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", engine.host)

    def objective(params, trial):
        sys.stdout.write(f"tries {params['x']}\n")
        trial.report(0, params["x"])
        trial.attach("where", os.uname().nodename.encode())
        return {"loss": (params["x"] - 0.3) ** 2, "host": os.uname().nodename}

    study = Study(
        "contained",
        space={"x": Float(0, 1)},
        objective=objective,
        max_trials=4,
        image={"name": base, "memory_gb": 0.5, "cpus": 1},
    )
    with study.run(workers=2) as handle:
        trials = handle.trials()
        assert [trial.state.value for trial in trials] == ["complete"] * 4
        hosts = {trial.result["host"] for trial in trials}
        assert len(hosts) == 4
        assert os.uname().nodename not in hosts
        assert {handle.attachment(t.number, "where").decode() for t in trials} == hosts
        assert all("tries" in trial.attempts[-1].log_tail for trial in trials)
        assert handle.best.loss == min(trial.loss for trial in trials)
    assert engine.docker("ps", "--all", "--quiet", "--filter", "label=parzen.trial") == ""
