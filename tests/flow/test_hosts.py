"""Machines that differ: clocks hours apart, other versions, a machine that slept."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import libfaketime
import psutil
import pytest
from engines.patience import until

from parzen.client import Float
from parzen.client.progress import left
from parzen.shared import archive, bundle
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import FailureKind, StudyStatus, TrialState
from parzen.shared.records import Completed, Limits, Proposed, Released, Study, Uid
from parzen.shared.space import Space
from parzen.shared.store import Proposal
from parzen.worker.agent import Agent
from parzen.worker.options import Options

FAKETIME = Path(libfaketime.__file__).parent / "vendor/libfaketime/src/libfaketime.so.1"
ROOMS = [str(Path(__file__).parents[2] / room) for room in ("shared", "worker", "coordinator")]
ROOMS += [str(Path(__file__).parents[2] / "client")]
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
MINUTE_S, HOUR_S = 60, 3600


class Machines:
    """Processes of parzen on one store, each as if on a machine of its own."""

    def __init__(self, uri, folder):
        self.uri, self.folder = uri, folder
        self.running = []

    def environ(self, name, hours=0):
        home = self.folder / f"home-{name}"
        environ = {**os.environ, "PARZEN_STORE": self.uri, "PARZEN_HOME": str(home)}
        if hours:
            environ |= {"LD_PRELOAD": str(FAKETIME), "DONT_FAKE_MONOTONIC": "1"}
            environ |= {"FAKETIME": f"{hours:+d}h"}
        return environ

    def start(self, name, *words, hours=0, python=sys.executable, **environ):
        with (self.folder / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                [python, "-m", "parzen.client.cli", *words],
                env={**self.environ(name, hours), **environ},
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        return process

    def call(self, *words, hours=0):
        """The output of a command on a laptop whose clock is ``hours`` off."""
        command = [sys.executable, "-m", "parzen.client.cli", *map(str, words)]
        done = subprocess.run(
            command, env=self.environ("laptop", hours), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def said(self, name):
        return (self.folder / f"{name}.log").read_text()


@pytest.fixture
def machines(store, mongod_uri, tmp_path):
    made = Machines(mongod_uri.replace("/parzen?", f"/{store.db.name}?"), tmp_path)
    yield made
    for process in made.running:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


SUBMITTED = """
import time
from parzen.client import Float, Study

def objective(params, trial):
    begun = time.monotonic()
    if trial.number == 0:  # outlasts its lease of two seconds, unless that is renewed
        time.sleep(3.0)
    return {"loss": params["x"], "took": time.monotonic() - begun}

study = Study("apart", space={"x": Float(0, 1)}, objective=objective, max_trials=12)
study.submit().close()
"""


def test_clocks_hours_apart_harm_nothing(machines, store, tmp_path):
    begun = store.catalog.now()
    script = tmp_path / "submitted.py"
    script.write_text(SUBMITTED)
    laptop = machines.environ("laptop", hours=-7)
    subprocess.run([sys.executable, str(script)], env=laptop, check=True)
    machines.start("fast-coordinator", "coordinator", hours=5)
    machines.start("slow-coordinator", "coordinator", hours=-7)
    for name, hours in (("fast", 5), ("slow", -7)):
        words = ["worker", "--lease", "10", "--slots", "2", "--name", name]
        machines.start(name, *words, hours=hours)

    until(lambda: store.catalog.study("apart").status.ended)

    study = store.catalog.study("apart")
    ended = store.catalog.now()
    trials = list(store.catalog.trials(study, slim=False))
    assert (study.status, study.status_reason) == (StudyStatus.COMPLETE, "reached max_trials = 12")
    assert [t.state for t in trials] == [TrialState.COMPLETE] * 12
    assert {t.attempt for t in trials} == {1}
    assert study.lease.term == 1  # nobody took a lease that had not run out
    assert begun <= study.created_at <= study.ended_at <= ended
    for t in trials:
        times = (t.waiting_since, t.started_at, t.finished_at, t.attempts[0].ended_at)
        assert begun <= times[0]
        assert times[1] <= times[2] == times[3] <= ended
        assert t.duration_s <= (t.finished_at - t.started_at).total_seconds()
        assert t.result["took"] - 0.005 <= t.duration_s <= (ended - begun).total_seconds()
    assert {w.id.split(":")[0] for w in store.catalog.workers()} >= {"fast", "slow"}
    ids = {w["id"] for w in json.loads(machines.call("workers", "--json", hours=5))["items"]}
    assert ids == {w.id for w in store.catalog.workers()}


@pytest.mark.parametrize("hours", [5, -7])
def test_what_is_left_of_a_study_is_reckoned_on_the_servers_clock(
    machines, new_study, new_hand, store, hours
):
    study = new_study("timed", timeout_s=HOUR_S)
    lead = store.ledger.lead(study.uid, "the test", 60.0)
    proposals = [
        Proposal(number=n, params={"x": 0.5}, proposed=Proposed(sampler="random")) for n in range(2)
    ]
    store.ledger.insert(lead, proposals)
    hand = new_hand()
    for claim in hand.claim(study, 2):
        hand.finish([claim])
        until(lambda: store.catalog.now() > store.catalog.trial(study, 0).finished_at)
    assert 59 * MINUTE_S < left(study, None, store.catalog.now()) <= HOUR_S

    said = machines.call("status", "timed", hours=hours)

    assert re.search(r"trials/s, about (59:\d\d|1:00:00) left", said), said


def test_a_study_of_another_version_is_left_alone_and_harms_nobody(
    new_flow, new_study, store, caplog
):
    flow = new_flow(max_trials=3)
    newer = new_study("newer", max_trials=3)
    store.db.studies.update_one({"_id": "newer"}, {"$set": {"schema": 2}})
    before = store.db.studies.find_one({"_id": "newer"})
    store.db.jobs.insert_one(
        {"_id": "of-another-version", "schema": 2, "study": "study", "uid": flow.study.uid}
        | {"number": 99, "state": "waiting", "params": {}, "order": -1}
    )

    flow.run()

    assert flow.status[0] == "complete"
    assert len(flow.hand.claim(newer)) == 0
    assert store.db.studies.find_one({"_id": "newer"}) == before
    assert store.db.jobs.find_one({"_id": "of-another-version"})["state"] == "waiting"
    warnings = [m for m in caplog.messages if "has schema 2" in m]
    assert any("'newer'" in m for m in warnings)
    assert any("'of-another-version'" in m for m in warnings)
    assert all("another version of parzen wrote it" in m for m in warnings)
    assert len(warnings) == len(set(warnings))


def test_documents_that_lack_what_later_versions_added_are_served(new_flow, store):
    """Fields that are optional may be missing: an older parzen did not know them."""
    flow = new_flow(max_trials=3)
    bare = {"_id", "schema", "uid", "status", "direction", "dimensions", "wish", "limits"}
    stored = store.db.studies.find_one({"_id": "study"})
    late = dict.fromkeys(set(stored) - bare - {"created_at", "active_since"}, 1)
    store.db.studies.update_one({"_id": "study"}, {"$unset": late})
    flow.coordinator.step()
    spare = dict.fromkeys(("attempt", "attempts", "failures", "proposed", "waiting_since"), 1)
    store.db.jobs.update_many({}, {"$unset": spare})

    flow.run()

    assert flow.states() == [TrialState.COMPLETE] * 3
    assert {trial.attempt for trial in flow.trials()} == {1}


# --- workers that cannot run a study, and one that can ------------------------------------------


def shelved(store, objective=lambda params: params["x"], **claims):
    """A study with one waiting trial, whose bundle's manifest says ``claims``."""
    built = bundle.build(objective, Space({"x": Float(0, 1)}))
    manifest = {**json.loads(archive.read(built.data, "manifest.json")), **claims}
    members = {"payload.pkl": archive.read(built.data, "payload.pkl")}
    data = archive.pack({"manifest.json": json.dumps(manifest).encode(), **members})
    study = Study(
        name=f"study-{uuid.uuid4().hex[:6]}",
        uid=Uid(uuid.uuid4().hex),
        dimensions=(Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0),),
        objective=built.manifest.ref("", data),
        limits=Limits(max_trials=1),
    )
    study = store.catalog.create(study, data)
    lead = store.ledger.lead(study.uid, "the test", 60.0)
    trial = Proposal(number=0, params={"x": 0.5}, proposed=Proposed(sampler="random"))
    store.ledger.insert(lead, [trial])
    store.ledger.yield_lead(lead)
    return study


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"python": "3.7"}, "was pickled by Python 3.7"),
        (
            {"imports": {"nosuchpackage": "NoSuch"}, "packages": {"NoSuch": "1.2"}},
            "which this worker lacks; install NoSuch==1.2",
        ),
        ({"format": 999}, "has format 999 and this parzen reads format"),
    ],
)
def test_who_cannot_run_a_study_costs_it_nothing_and_says_why(
    machines, store, tmp_path, claims, says
):
    study = shelved(store, **claims)
    agent = Agent(store, Options(home=tmp_path / "home", idle_timeout_s=0.5))
    assert agent.run() == 0

    assert says in agent.worker.quarantined[study.uid]
    trial = store.catalog.trial(study, 0)
    assert trial.state is TrialState.WAITING
    assert trial.order is not None
    assert [a.error.kind for a in trial.attempts] == [FailureKind.INCOMPATIBLE]
    store.queue.beat(agent.worker)  # as long as it lives, everybody can read why nothing runs
    assert says in machines.call("status", study.name)


def test_a_bundle_of_another_parzen_runs_where_its_format_is_known(store, tmp_path):
    study = shelved(store, parzen="99.1.0")
    agent = Agent(store, Options(home=tmp_path / "home", max_trials=1, idle_timeout_s=20.0))
    assert agent.run() == 0
    assert store.catalog.trial(study, 0).value == 0.5


def other_python():
    """An interpreter of another minor version in which parzen's worker can be imported, if any."""
    site = str(Path(pytest.__file__).parents[1])
    path = os.pathsep.join([*ROOMS, site])
    found = [shutil.which(f"python3.{minor}") for minor in range(10, 15)]
    found += map(str, Path.home().glob(".pyenv/versions/3.1*/bin/python3"))
    ask = "import sys, parzen.worker.agent, parzen.shared.mongo; print(sys.version_info[:2])"
    for python in filter(None, found):
        done = subprocess.run(
            [python, "-c", ask],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0 and done.stdout.strip() != str(sys.version_info[:2]):
            return python, path
    return None


def test_a_worker_of_another_python_leaves_the_study_to_one_that_can(machines, store):
    found = other_python()
    if found is None:
        pytest.skip("no interpreter of another minor version that could run a worker is installed")
    python, path = found
    study = shelved(store)
    machines.start("other", "worker", "--name", "other", python=python, PYTHONPATH=path)
    until(lambda: any(w.quarantined for w in store.catalog.workers()))
    until(lambda: store.catalog.trial(study, 0).state is TrialState.WAITING)
    assert f"start the worker with Python {HERE}" in machines.call("status", study.name)

    right = machines.start("right", "worker", "--name", "right", "--max-trials", "1")
    assert right.wait(60) == 0

    trial = store.catalog.trial(study, 0)
    assert (trial.state, trial.value) == (TrialState.COMPLETE, 0.5)
    assert [a.worker.split(":")[0] for a in trial.attempts] == ["other", "right"]
    assert trial.attempts[0].error.kind is FailureKind.INCOMPATIBLE


# --- a machine that slept -----------------------------------------------------------------------


class Watched:
    """The worker's view of a store that notes which leases are renewed while their child lives."""

    def __init__(self, queue):
        self._queue = queue
        self.renewed_alive = []
        self.reported = []

    def __getattr__(self, name):
        return getattr(self._queue, name)

    def renew(self, claims, seen=()):
        pids = {m.step for m in seen}
        self.renewed_alive += [c.trial.attempt for c in claims if any(map(psutil.pid_exists, pids))]
        return self._queue.renew(claims, seen)

    def report(self, done):
        self.reported += [(claim.trial.attempt, type(outcome)) for claim, outcome in done]
        return self._queue.report(done)


def test_after_a_sleep_a_trial_is_ended_before_its_lease_could_be_renewed(
    store, tmp_path, monkeypatch
):
    """Nobody took it meanwhile, so that the store would have let it go on."""

    def objective(params, trial):
        while trial.attempt == 1:
            trial.report(os.getpid(), 0.0)  # measurements make for renewals
            time.sleep(0.01)
        return 0.25

    study = shelved(store, objective)
    slept, clock = [0.0], time.clock_gettime
    monkeypatch.setattr(
        time, "clock_gettime", lambda of: clock(of) + slept[0] * (of == time.CLOCK_BOOTTIME)
    )
    queue = Watched(store.queue)
    options = Options(home=tmp_path / "home", max_trials=2, grace_s=30.0)
    agent = Agent(SimpleNamespace(queue=queue), options)
    thread = threading.Thread(target=agent.run)
    thread.start()
    try:
        until(lambda: 1 in queue.renewed_alive)
        with agent._heartbeat._renewing:  # white box: no renewal is under way as it falls asleep
            slept[0] = 61.0
            queue.renewed_alive.clear()
        agent._heartbeat.renew_soon()
        thread.join(60)
    finally:
        agent.stop()
        thread.join()

    assert 1 not in queue.renewed_alive
    assert queue.reported == [(1, Released), (2, Completed)]
    trial = store.catalog.trial(study, 0)
    assert (trial.state, trial.value) == (TrialState.COMPLETE, 0.25)
    assert trial.failures == {FailureKind.PREEMPTED: 1}
