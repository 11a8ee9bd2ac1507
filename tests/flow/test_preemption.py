"""A cluster that takes half of its machines away again and again, as spot instances are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from engines.patience import until

from parzen.client import Float, Study
from parzen.shared.lifecycle import FailureKind, StudyStatus, TrialState

TRIALS, STEPS, MACHINES, ROUNDS = 200, 4, 4, 3


def stepping(journal):
    """An objective of a few steps, each checkpointed and written into a journal of its own."""

    def objective(params, trial):
        mine = trial.workdir / "checkpoint.json"
        before = trial.previous_workdir and trial.previous_workdir / "checkpoint.json"
        done = json.loads(before.read_text()) if before and before.exists() else []
        while len(done) < STEPS:
            time.sleep(0.02)
            done.append(trial.attempt)
            handle = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.write(handle, f"{trial.number} {len(done)}\n".encode())
            os.close(handle)
            mine.write_text(json.dumps(done))
            if trial.should_stop() and len(done) < STEPS:
                return None
        return {"loss": params["x"], "steps": done}

    return objective


class Cluster:
    """Machines that run agents with two slots each, on one shared work directory."""

    def __init__(self, uri, folder):
        self.folder, self.names, self.all, self.up = folder, count(), [], []
        self.environ = {**os.environ, "PARZEN_STORE": uri, "PARZEN_HOME": str(folder / "home")}
        self.words = [
            "worker",
            "--slots",
            "2",
            "--grace",
            "30",
            "--workdir",
            str(folder / "shared"),
        ]

    def start(self, *words):
        with (self.folder / f"process-{next(self.names)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "parzen.client.cli", *words],
                env=self.environ,
                stdout=log,
                stderr=log,
            )
        self.all.append(process)
        return process

    def fill(self):
        self.up += [self.start(*self.words) for _ in range(MACHINES - len(self.up))]

    def preempt(self):
        """Take the older half away."""
        gone, self.up = self.up[: MACHINES // 2], self.up[MACHINES // 2 :]
        for process in gone:
            process.send_signal(signal.SIGTERM)
        return gone


@pytest.fixture
def cluster(store, mongod_uri, tmp_path):
    made = Cluster(mongod_uri.replace("/parzen?", f"/{store.db.name}?"), tmp_path)
    yield made
    for process in made.all:
        process.kill()
        process.wait()


def test_preemption_again_and_again_costs_nothing_and_repeats_nothing(cluster, store, tmp_path):
    journal = tmp_path / "journal"
    study = Study(
        "spot", space={"x": Float(0, 1)}, objective=stepping(str(journal)), max_trials=TRIALS
    )
    study.submit(cluster.environ["PARZEN_STORE"]).close()
    cluster.start("coordinator")
    cluster.fill()
    mine = {"study": "spot", "state": "complete"}
    for n in range(1, ROUNDS + 1):
        due = n * TRIALS // (ROUNDS + 1)
        until(lambda due=due: store.db.jobs.count_documents(mine) >= due)
        gone = cluster.preempt()
        cluster.fill()
        assert [process.wait(60) for process in gone] == [0, 0]
    until(lambda: store.catalog.study("spot").status.ended)

    record = store.catalog.study("spot")
    trials = list(store.catalog.trials(record, slim=False))
    assert (record.status, record.status_reason) == (
        StudyStatus.COMPLETE,
        f"reached max_trials = {TRIALS}",
    )
    assert [t.number for t in trials] == list(range(TRIALS))
    assert {t.state for t in trials} == {TrialState.COMPLETE}
    assert {kind for t in trials for kind in t.failures} == {FailureKind.PREEMPTED}
    for t in trials:
        turns = [a.n for a in t.attempts]  # one that had not begun is kept no longer
        assert turns == sorted(set(turns))
        assert turns[-1] == t.attempt
        before = ["released"] * (len(turns) - 1)
        assert [a.outcome for a in t.attempts] == [*before, "complete"]
        assert t.result["steps"] == sorted(t.result["steps"])
        assert t.result["steps"][-1] == t.attempt
    ran = Counter(Path(journal).read_text().splitlines())
    assert ran == {f"{n} {step}": 1 for n in range(TRIALS) for step in range(1, STEPS + 1)}
    assert any(len(set(t.result["steps"])) > 1 for t in trials)  # some did go on elsewhere
