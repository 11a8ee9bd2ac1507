"""A worker and a coordinator, as processes, on a replica set that falls and comes back."""

from __future__ import annotations

import signal
import subprocess
import sys
import uuid

import pytest
from engines.patience import until
from pymongo import MongoClient

from parzen.shared import bundle
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.mongo import connect
from parzen.shared.records import Limits, SamplerSpec, Study, Uid
from parzen.shared.space import Float, Space

MAIN = "import sys; from parzen.{0}.cli import {0}; sys.exit({0}())"


class Program:
    """One of parzen's programs in the background, and what it has said."""

    def __init__(self, room, uri, log, *options):
        self.log = log
        with log.open("w") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-c", MAIN.format(room), "--store", uri, *options], stderr=sink
            )

    def lines(self, words):
        return [line for line in self.log.read_text().splitlines() if words in line]

    def __repr__(self):
        return self.log.read_text()[-3000:]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def site(cluster):
    name = f"test_{uuid.uuid4().hex}"
    yield cluster, cluster.uri(name)
    cluster.mend()
    with MongoClient(cluster.uri()) as client:
        client.drop_database(name)


@pytest.fixture
def start(site, tmp_path):
    running = []

    def one(room, *options):
        given = ["--data-dir", str(tmp_path / room), *options]
        running.append(Program(room, site[1], tmp_path / f"{room}.log", *given))
        return running[-1]

    yield one
    for program in running:
        if program.process.poll() is None:
            program.process.kill()
            program.process.wait()


def objective(params):
    import time as clock  # noqa: PLC0415 - it travels

    clock.sleep(0.05)
    return params["x"]


def submit(store):
    built = bundle.build(objective, Space({"x": Float(0, 1)}))
    study = Study(
        name="outage",
        uid=Uid(uuid.uuid4().hex),
        dimensions=(Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0),),
        objective=built.manifest.ref("", built.data),
        sampler=SamplerSpec(name="random", seed=1),
        limits=Limits(max_trials=100_000),
    )
    return store.catalog.create(study, built.data)


def test_programs_outlive_their_store_and_say_so_in_one_line(site, start):
    cluster, uri = site
    with connect(uri, prepare=True) as store:
        study = submit(store)
        worker = start("worker", "--slots", "2", "--lease", "20")
        coordinator = start("coordinator", "--lease", "3")

        def complete():
            return store.db.jobs.count_documents({"uid": study.uid, "state": "complete"})

        def goes_on():
            target = complete() + 10
            until(lambda: complete() >= target)

        goes_on()
        cluster.step_down()
        goes_on()
        for i in range(len(cluster.members)):
            cluster.kill(i)
        until(lambda: worker.lines("the store does not answer"))
        until(lambda: coordinator.lines("the store does not answer"))
        cluster.mend()
        goes_on()
        assert (worker.end(), coordinator.end()) == (0, 0)
        trials = list(store.catalog.trials(study, slim=False))

    assert [t.number for t in trials] == list(range(len(trials)))
    for trial in trials:
        if trial.state == "complete":
            assert [a.outcome for a in trial.attempts].count("complete") == 1
    for program in (worker, coordinator):
        said = program.log.read_text()
        assert "Traceback" not in said
        words = {"the store does not answer": "away", "the store answers again": "back"}
        lines = program.log.read_text().splitlines()
        told = [words[w] for line in lines for w in words if w in line]
        assert told == [("away", "back")[n % 2] for n in range(len(told))]
        assert told
