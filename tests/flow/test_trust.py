"""A worker that trusts keys runs what they signed, and never unpickles anything else."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest
from engines.patience import until

from parzen.client import Float, Study, connect
from parzen.shared import bundle, plainspace
from parzen.shared.keyfiles import make_pair
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Proposed
from parzen.shared.store import Proposal
from parzen.worker.agent import Agent
from parzen.worker.options import Options
from parzen.worker.trust import Refusals


def leave(marker):
    Path(marker).touch()
    return lambda params: params["x"]


class Traced:
    """An objective whose unpickling leaves a file."""

    def __init__(self, marker):
        self.marker = str(marker)

    def __call__(self, params):
        return params["x"]

    def __reduce__(self):
        return leave, (self.marker,)


class Crew:
    """Studies with one waiting trial each, and agents that run in threads."""

    def __init__(self, store, folder):
        self.store, self.folder, self.running = store, folder, []

    def marker(self, name):
        return self.folder / f"{name}-was-unpickled"

    def submit(self, name, sign_key=None, objective=None, params=None):
        objective = objective or Traced(self.marker(name))
        study = Study(name, space={"x": Float(0, 1)}, objective=objective, max_trials=1)
        study.submit(sign_key=sign_key).close()
        stored = self.store.catalog.study(name)
        lead = self.store.ledger.lead(stored.uid, "the test", 60.0)
        proposed = Proposed(sampler="random")
        self.store.ledger.insert(
            lead, [Proposal(number=0, params=params or {"x": 0.5}, proposed=proposed)]
        )
        return stored

    def edit(self, name, **fields):
        changes = {f"objective.{key}": value for key, value in fields.items()}
        self.store.db.studies.update_one({"_id": name}, {"$set": changes})

    def start(self, **options):
        agent = Agent(self.store, Options(home=self.folder / "home", grace_s=1.0, **options))
        thread = threading.Thread(target=agent.run)
        thread.start()
        self.running.append((agent, thread))
        return agent

    def close(self):
        for agent, thread in self.running:
            agent.stop()
            agent.stop()
            thread.join(60.0)

    def trial(self, name):
        return self.store.catalog.trial(self.store.catalog.study(name), 0)

    def state(self, name):
        return self.trial(name).state

    def reasons(self, agent):
        """Why the agent cannot run what it cannot run, as the database says; by name."""
        found = [w for w in self.store.catalog.workers() if w.id == agent.worker.id]
        names = {study.uid: study.name for study in self.store.catalog.all_studies()}
        return {names[uid]: why for worker in found for uid, why in worker.quarantined.items()}


@pytest.fixture
def crew(store, mongod_uri, tmp_path, monkeypatch):
    monkeypatch.setenv("PARZEN_STORE", mongod_uri.replace("/parzen?", f"/{store.db.name}?"))
    made = Crew(store, tmp_path)
    yield made
    made.close()


def another_bundle(marker):
    return bundle.build(Traced(marker), plainspace.Space({"x": Float(0, 1)})).data


def test_only_what_a_trusted_key_signed_for_its_study_is_unpickled(crew, store, tmp_path):
    mine, theirs = (make_pair(tmp_path / "keys" / name) for name in ("mine", "theirs"))
    crew.submit("unsigned")
    crew.submit("other-key", theirs.private)
    crew.submit("altered", mine.private)
    evil = another_bundle(crew.marker("evil"))
    ref = bundle.read_manifest(evil).ref(store.catalog.files.put_bundle("altered", evil), evil)
    crew.edit("altered", file=ref.file, digest=ref.digest, bytes=ref.bytes)
    crew.submit("torn", mine.private)
    crew.edit("torn", file=ref.file)
    good = crew.submit("good", mine.private)
    crew.submit("replayed")
    crew.edit("replayed", **dataclasses.asdict(good.objective))

    agent = crew.start(trust=(mine.public,))
    until(lambda: crew.state("good") is TrialState.COMPLETE)
    reasons = until(lambda: len(found := crew.reasons(agent)) == 5 and found)
    assert set(reasons) == {"unsigned", "other-key", "altered", "torn", "replayed"}
    assert "is not signed" in reasons["unsigned"]
    assert f"signed by {theirs.key_id}" in reasons["other-key"]
    assert f"trusts only {mine.key_id}" in reasons["other-key"]
    assert "does not fit study 'altered'" in reasons["altered"]
    assert "is not the one that was submitted" in reasons["torn"]
    assert "does not fit study 'replayed'" in reasons["replayed"]
    assert [path.name for path in tmp_path.glob("*-was-unpickled")] == ["good-was-unpickled"]
    with connect() as client:
        (notice,) = [n for n in client.study("altered").notices() if "worker" in n]
    assert "no live worker can run this study" in notice
    assert "does not fit study 'altered'" in notice

    for name in reasons:
        trial = until(lambda name=name: (t := crew.trial(name)).state is TrialState.WAITING and t)
        assert dict(trial.failures).get(FailureKind.UNTRUSTED, 0) <= 1
        # refused by the document alone, it was not even claimed
        assert trial.attempt == (1 if name == "torn" else 0)
    assert crew.trial("torn").attempts[0].error.kind is FailureKind.UNTRUSTED

    crew.start()  # trusts everybody
    for name in ("unsigned", "other-key", "altered", "replayed"):
        until(lambda name=name: crew.state(name) is TrialState.COMPLETE)
        assert crew.marker({"altered": "evil", "replayed": "good"}.get(name, name)).exists()
    assert crew.state("torn") is TrialState.WAITING


def test_a_claim_whose_study_changed_meanwhile_is_given_back_unread(crew, tmp_path, monkeypatch):
    mine = make_pair(tmp_path / "keys" / "mine")
    crew.submit("s", mine.private)
    crew.edit("s", signature=None)
    monkeypatch.setattr(Refusals, "judge", lambda self, studies: [])  # as if it had changed since
    crew.start(trust=(mine.public,))
    error = until(lambda: (a := crew.trial("s").attempts) and a[-1].error)
    assert error.kind is FailureKind.UNTRUSTED
    assert not crew.marker("s").exists()
    assert crew.state("s") is TrialState.WAITING


LAB = """
from pathlib import Path
def halve(params):
    return params["x"] / 2
"""


def test_a_worker_without_pickles_runs_functions_that_it_has(crew, tmp_path, monkeypatch):
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "mylab.py").write_text(LAB)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lab"))
    monkeypatch.syspath_prepend(tmp_path / "lab")
    crew.submit("pickled")
    crew.submit("shell", objective="subprocess:call")
    crew.submit("elsewhere", objective="parzen.client:connect")
    crew.submit("lying")
    crew.edit("lying", entry="mylab:halve")
    crew.submit("mine", objective="mylab:halve")
    crew.submit("forged", objective="mylab:halve", params={"x": 7.0})
    agent = crew.start(no_pickle=True, allow_entries=("mylab",))
    until(lambda: crew.state("mine") is TrialState.COMPLETE)
    assert crew.trial("mine").value == 0.25
    reasons = until(lambda: len(found := crew.reasons(agent)) == 4 and found)
    assert "unpickles nothing (--no-pickle)" in reasons["pickled"]
    assert "'subprocess', in Python's standard library" in reasons["shell"]
    assert "calls only functions of mylab" in reasons["elsewhere"]
    assert "unpickles nothing" in reasons["lying"]
    assert not list(tmp_path.glob("*-was-unpickled"))
    forged = until(lambda: (t := crew.trial("forged")).state is TrialState.FAILED and t)
    assert "the parameter 'x' is 7.0" in forged.attempts[-1].error.message
