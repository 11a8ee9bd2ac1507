"""A trial that survives its machine: it saves itself at each epoch and goes on where it was.

The next attempt finds in ``trial.previous_workdir`` what the last one left in ``trial.workdir``,
whether it was preempted, or killed without a word. Workers on several machines need their
directories on storage that they share: ``parzen worker --workdir /shared/parzen``.

    python examples/checkpoint.py
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parzen.client import Float, Study

EPOCHS = 20
EPOCH_S = 0.05


def save(folder: Path, epoch: int, weight: float) -> None:
    """Write a checkpoint that is there whole or not at all, whenever this process is killed."""
    draft = folder / "checkpoint.draft"
    draft.write_text(json.dumps({"epoch": epoch, "weight": weight}))
    draft.replace(folder / "checkpoint.json")


def saved(folder: Path | None) -> tuple[int, float]:
    """The next epoch and the weight that the last attempt left, or where a new trial begins."""
    if folder is None or not (folder / "checkpoint.json").exists():
        return 0, 5.0
    found = json.loads((folder / "checkpoint.json").read_text())
    return found["epoch"] + 1, found["weight"]


def objective(params: Mapping[str, float], trial: Any) -> dict[str, float] | None:
    """Descend towards the minimum at 1; the loss is how far away the end still is."""
    first, weight = saved(trial.previous_workdir)
    if first:
        print(f"attempt {trial.attempt} goes on at epoch {first}")
    for epoch in range(first, EPOCHS):
        weight -= params["lr"] * 2.0 * (weight - 1.0)
        trial.report(epoch, (weight - 1.0) ** 2)
        save(trial.workdir, epoch, weight)
        time.sleep(EPOCH_S)  # real epochs take their time: here is yours to press Ctrl-C
        if trial.should_stop():
            return None  # it is saved: whoever gets this trial next goes on from here
    return {"loss": (weight - 1.0) ** 2, "resumed_at": first, "attempt": trial.attempt}


study = Study(
    "checkpoint",
    space={"lr": Float(1e-4, 0.1, log=True)},
    objective=objective,
    max_trials=12,
)

if __name__ == "__main__":
    handle = study.run(workers=2)  # interrupt it with Ctrl-C, and start it again
    best = handle.best
    if best is not None:
        print(f"best learning rate: {best.nested['lr']:.4f}, off by {best.value:.2e}")
    resumed = [trial.number for trial in handle.trials() if trial.result.get("resumed_at")]
    print(f"trials that were interrupted and went on: {resumed or 'none'}")
