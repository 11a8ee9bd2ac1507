from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
import time
import uuid

import psutil
import pytest

from parzen.shared import bundle
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.records import Proposed, Study, Uid
from parzen.shared.space import Float, Space
from parzen.shared.store import Proposal
from parzen.worker.agent import Agent
from parzen.worker.options import Options


def until(met, within_s=30.0):
    """Wait until ``met()`` is true; what it gave."""
    deadline = time.monotonic() + within_s
    while not (found := met()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
    return found


@pytest.fixture(name="until")
def _until():
    return until


class Lab:
    """A study with a real bundle, whose trials are inserted by the test."""

    def __init__(self, store, study):
        self.store, self.study = store, study

    def insert(self, count=1, start=0):
        lead = self.store.ledger.lead(self.study.uid, "the test", 60.0)
        self.store.ledger.insert(
            lead,
            [
                Proposal(number=n, params={"x": 0.5}, proposed=Proposed(sampler="random"))
                for n in range(start, start + count)
            ],
        )
        return self

    def lead(self):
        return self.store.ledger.lead(self.study.uid, "the test", 60.0)

    def trial(self, number=0):
        return self.store.catalog.trial(self.study, number)

    def states(self):
        return [trial.state.value for trial in self.store.catalog.trials(self.study)]


@pytest.fixture
def new_lab(store):
    """Make a study that runs ``objective``, with ``trials`` waiting trials."""

    def make(objective, *, trials=1, setup=None, name=None, **fields):
        built = bundle.build(objective, Space({"x": Float(0, 1)}), setup=setup)
        study = Study(
            name=name or f"study-{uuid.uuid4().hex[:8]}",
            uid=Uid(uuid.uuid4().hex),
            dimensions=(Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0),),
            objective=built.manifest.ref("", built.data),
            **fields,
        )
        return Lab(store, store.catalog.create(study, built.data)).insert(trials)

    return make


class Running:
    """An agent in a thread of the test's process."""

    def __init__(self, agent):
        self.agent = agent
        self.code = None
        self.error = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            self.code = self.agent.run()
        except Exception as error:  # noqa: BLE001 - join() raises it in the test
            self.error = error

    @property
    def alive(self):
        return self._thread.is_alive()

    def join(self, within_s=60.0):
        """Wait for its end; the exit code."""
        self._thread.join(within_s)
        assert not self.alive, "the agent did not quit"
        if self.error:
            raise self.error
        return self.code


@pytest.fixture
def new_agent(store, tmp_path):
    """Start an agent in a thread; whatever is left of it ends with the test."""
    running = []

    def make(**options):
        given = {"home": tmp_path / "home", "grace_s": 5.0, **options}
        running.append(Running(Agent(store, Options(**given))))
        return running[-1]

    yield make
    for one in running:
        one.agent.stop()
        one.agent.stop()
        one.join()


@pytest.fixture
def run_all(store, tmp_path):
    """Run an agent until it has run ``trials`` attempts; the agent."""

    def run(trials=1, **options):
        given = {"home": tmp_path / "home", "grace_s": 1.0, **options}
        agent = Agent(store, Options(max_trials=trials, idle_timeout_s=20.0, **given))
        assert agent.run() == 0
        return agent

    return run


RUN = "from parzen.worker.cli import worker; worker()"


@pytest.fixture
def new_worker(store, mongod_uri, tmp_path):
    """Start ``parzen worker`` on the test's database."""
    started = []

    def make(*words):
        log = (tmp_path / f"worker-{len(started)}.log").open("w+")
        uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
        environ = {**os.environ, "PARZEN_STORE": uri, "PARZEN_HOME": str(tmp_path / "home")}
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, *words], stderr=log, stdout=log, env=environ
        )
        started.append((process, log))
        return process

    yield make
    for process, log in started:
        process.kill()
        process.wait()
        log.close()


@pytest.fixture(autouse=True)
def _nothing_outlives_its_trial():
    """After each test no process of a trial is left, not even a zombie of one."""
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    yield
    left = [p for p in psutil.Process().children(recursive=True) if p.pid not in before]
    ours = [p for p in left if _of_a_trial(p)]
    assert not ours, ours


def _of_a_trial(process):
    try:
        words = " ".join(process.cmdline())
        return process.status() == psutil.STATUS_ZOMBIE or "parzen.worker" in words
    except psutil.NoSuchProcess:
        return False


@dataclasses.dataclass
class Tracks:
    """Files that an objective leaves for the test to see."""

    folder: object

    def lines(self, name):
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def tracks(tmp_path):
    folder = tmp_path / "tracks"
    folder.mkdir()
    return Tracks(folder)
