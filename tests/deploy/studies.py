"""What the tests of the composed system submit to it."""

from __future__ import annotations

import os
import time

from parzen.client import Float, Study


def quick(params, trial):
    """Say who runs it, and where."""
    time.sleep(0.1)
    return {"loss": params["x"], "uid": os.getuid(), "host": os.uname().nodename}


def patient(params, trial):
    """Save itself, say so, and heed nothing until its study's gate is opened."""
    (trial.workdir / "saved").write_text("so far")
    trial.report(0, 1.0)
    before = trial.previous_workdir
    gate = trial.workdir.parents[1] / "gate"
    while not gate.exists():
        time.sleep(0.05)
    return {"loss": params["x"], "resumed": before is not None and (before / "saved").exists()}


def study(name, objective, max_trials):
    """A study of that name."""
    return Study(name, space={"x": Float(0, 1)}, objective=objective, max_trials=max_trials)


first = study("first", quick, 16)
again = study("again", quick, 4)
contained = Study(
    "contained",
    space={"x": Float(0, 1)},
    objective=quick,
    max_trials=2,
    requires={"labels": ["contained"]},
    image={"name": "set-by-the-test", "memory_gb": 0.5},
)
killed = study("killed", patient, 3)
stopped = study("stopped", patient, 3)
