"""A checkpoint is found again: by the next attempt, on whatever machine, after whatever loss."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from engines.patience import until

from parzen.client import Float, Study
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed
from parzen.shared.store import Proposal

STEPS = 6


def checkpointing(hold):
    """An objective of six steps that halts at each step that a file in ``hold`` names."""

    def objective(params, trial):
        mine = trial.workdir / "checkpoint.json"
        before = trial.previous_workdir and trial.previous_workdir / "checkpoint.json"
        found = json.loads(before.read_text()) if before and before.exists() else []
        for step in range(len(found), STEPS):
            found.append([step, trial.attempt])
            draft = mine.with_suffix(".draft")
            draft.write_text(json.dumps(found))
            draft.replace(mine)
            trial.report(step, float(step))
            while (Path(hold) / str(step)).exists():
                if trial.should_stop():
                    return None
                time.sleep(0.01)
        return {
            "loss": 0.5,
            "steps": found,
            "previous": trial.previous_workdir and str(trial.previous_workdir),
        }

    return objective


class Site:
    """One study with one trial, machines that run it, and files that halt it at a step."""

    def __init__(self, store, uri, tmp_path):
        self.store, self.folder = store, tmp_path
        self.environ = {**os.environ, "PARZEN_STORE": uri}
        self.hold = tmp_path / "hold"
        self.hold.mkdir()
        self.running = []
        study = Study(
            f"long-{uuid.uuid4().hex[:6]}",
            space={"x": Float(0, 1)},
            objective=checkpointing(str(self.hold)),
            max_trials=1,
        )
        with study.submit(uri) as handle:
            self.study = handle.study
        lead = store.ledger.lead(self.study.uid, "the test", 3600.0)
        trial = Proposal(number=0, params={"x": 0.5}, proposed=Proposed(sampler="random"))
        store.ledger.insert(lead, [trial])
        self.lead = lead

    @property
    def trial(self):
        return self.store.catalog.trial(self.study, 0)

    def halt_at(self, step):
        for old in self.hold.iterdir():
            old.unlink()
        if step is not None:
            (self.hold / str(step)).touch()

    def machine(self, name, workdir):
        """Start an agent that shares nothing with the others but, perhaps, its work directory."""
        words = ["worker", "--workdir", str(workdir), "--name", name, "--grace", "20"]
        words += ["--studies", self.study.name, "--max-trials", "1"]
        with (self.folder / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "parzen.client.cli", *words],
                env={**self.environ, "PARZEN_HOME": str(self.folder / f"home-{name}")},
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        return process

    def at(self, step, attempt):
        """Wait until the attempt of that number has left that step."""
        path = until(lambda: len(self.trial.attempts) == attempt and self.trial.attempts[-1])
        file = Path(path.workdir) / "checkpoint.json"
        until(lambda: file.exists() and len(json.loads(file.read_text())) > step)
        return Path(path.workdir)

    def lose(self, process):
        """The machine is gone, and its lease runs out."""
        process.kill()
        process.wait()
        past = self.store.catalog.now().replace(year=2000)
        mine = {"uid": self.study.uid, "state": "running"}
        self.store.db.jobs.update_one(mine, {"$set": {"claim.expires_at": past}})
        assert self.store.ledger.expire(self.lead) == [0]

    def finish(self, process):
        self.halt_at(None)
        assert process.wait(60) == 0
        trial = self.trial
        assert trial.state is TrialState.COMPLETE
        return trial


@pytest.fixture
def site(store, mongod_uri, tmp_path):
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
    made = Site(store, uri, tmp_path)
    yield made
    for process in made.running:
        process.kill()
        process.wait()


@pytest.mark.parametrize("roots", [("all", "all"), ("first", "second")])
def test_after_a_loss_another_machine_goes_on_where_the_last_one_was(site, roots):
    """With one work directory on shared storage, and with one for each machine there."""
    one, two = (site.folder / "shared" / root for root in roots)
    site.halt_at(3)
    first = site.machine("first", one)
    left = site.at(3, attempt=1)
    site.lose(first)

    trial = site.finish(site.machine("second", two))

    assert trial.result["steps"] == [[0, 1], [1, 1], [2, 1], [3, 1], [4, 2], [5, 2]]
    assert trial.result["previous"] == str(left)
    assert left.is_relative_to(one)
    assert Path(trial.attempts[1].workdir).is_relative_to(two)
    assert [a.outcome for a in trial.attempts] == ["lost", "complete"]
    measured = site.store.catalog.measurements(site.study, 0)
    assert {m.step: m.attempt for m in measured if m.attempt == 2} == {4: 2, 5: 2}


def test_what_does_not_lie_here_is_not_named(site):
    site.halt_at(1)
    first = site.machine("first", site.folder / "local-disk")
    left = site.at(1, attempt=1)
    site.lose(first)
    left.parent.rename(site.folder / "out-of-reach")

    trial = site.finish(site.machine("second", site.folder / "another-disk"))

    assert trial.result["previous"] is None
    assert trial.result["steps"] == [[step, 2] for step in range(STEPS)]


def test_a_chain_of_losses_loses_no_step_and_a_zombie_disturbs_nobody(site):
    shared = site.folder / "shared"
    places = []
    for n in (1, 2, 3):
        site.halt_at(n)
        machine = site.machine(f"machine-{n}", shared)
        places.append(site.at(n, attempt=n))
        site.lose(machine)
    # a fence does not stop writes to files: each attempt has a directory of its own
    (places[0] / "checkpoint.json").write_text("half writ")

    trial = site.finish(site.machine("last", shared))

    assert trial.result["steps"] == [[0, 1], [1, 1], [2, 2], [3, 3], [4, 4], [5, 4]]
    assert trial.result["previous"] == str(places[2])
    assert len(set(places)) == 3


def test_an_attempt_that_left_nothing_hides_no_older_checkpoint(site):
    shared = site.folder / "shared"
    site.halt_at(2)
    first = site.machine("first", shared)
    left = site.at(2, attempt=1)
    site.lose(first)
    # lost before it began: it made no directory
    (claim,) = site.store.queue.claim(site.store.queue.workers()[0], [site.study])
    past = site.store.catalog.now().replace(year=2000)
    site.store.db.jobs.update_one({"uid": site.study.uid}, {"$set": {"claim.expires_at": past}})
    assert site.store.ledger.expire(site.lead) == [claim.trial.number]

    trial = site.finish(site.machine("third", shared))

    assert trial.attempt == 3
    assert trial.result["previous"] == str(left)
    assert trial.result["steps"][2:4] == [[2, 1], [3, 3]]


def test_a_preempted_trial_saves_itself_and_goes_on_elsewhere_at_no_cost(site):
    shared = site.folder / "shared"
    site.halt_at(4)
    first = site.machine("first", shared)
    site.at(4, attempt=1)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    assert site.trial.state is TrialState.WAITING

    trial = site.finish(site.machine("second", shared))

    assert trial.result["steps"] == [*([step, 1] for step in range(5)), [5, 2]]
    assert [a.outcome for a in trial.attempts] == ["released", "complete"]
