"""What real processes tell Prometheus is what stands in the database."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from engines.cluster import free_ports
from engines.patience import until
from engines.scraping import scraped, value

from parzen.client import Float, Study
from parzen.shared.metrics import table
from parzen.shared.mongo import connect

ADDRESS = re.compile(r"metrics are at http://(\S+)/metrics")


class Process:
    """A parzen command with --metrics-port 0, and where it told that it listens."""

    def __init__(self, log, uri, *words):
        self._log = log
        environ = {**os.environ, "PARZEN_STORE": uri, "PARZEN_HOME": str(log.with_suffix(".home"))}
        command = [sys.executable, "-m", "parzen.client.cli", *words, "--metrics-port", "0"]
        with log.open("w") as file:
            self._child = subprocess.Popen(
                [*command, "--metrics-address", "127.0.0.1"], stdout=file, stderr=file, env=environ
            )
        self.address = until(self._address)

    def _address(self):
        assert self._child.poll() is None, self._log.read_text()
        found = ADDRESS.search(self._log.read_text())
        return found and found[1]

    def scraped(self):
        return scraped(self.address)

    def probed(self, path):
        try:
            with urlopen(f"http://{self.address}{path}", timeout=20) as answer:
                return answer.status
        except HTTPError as error:
            with error:
                return error.code

    def end(self, number=signal.SIGTERM):
        self._child.send_signal(number)
        return self._child.wait(60)


@pytest.fixture
def new_process(tmp_path):
    started = []

    def make(uri, *words):
        started.append(Process(tmp_path / f"{words[0]}-{len(started)}.log", uri, *words))
        return started[-1]

    yield make
    for process in started:
        process.end(signal.SIGKILL)


@pytest.fixture
def uri(store, mongod_uri):
    return mongod_uri.replace("/parzen?", f"/{store.db.name}?")


def objective(params):
    if params["x"] > 0.8:
        raise ValueError("too far")
    return params["x"]


def test_what_they_tell_is_what_stands_in_the_database(store, uri, new_process):
    coordinator = new_process(uri, "coordinator")
    agent = new_process(uri, "worker", "--slots", "2")
    study = Study("first", space={"x": Float(0, 1)}, objective=objective, max_trials=40, seed=3)
    with study.submit(uri) as handle:
        handle.wait(progress=False)
        best = handle.best.loss

    trials = list(store.catalog.trials(store.catalog.study("first"), slim=False))
    states = Counter(trial.state.value for trial in trials)
    ends = Counter(attempt.outcome for trial in trials for attempt in trial.attempts)
    assert states["complete"] > 0
    assert states["failed"] > 0
    mine = {"study": "first"}
    until(lambda: value(agent.scraped(), "parzen_agent_attempt_seconds_count", **mine) == 40)
    told = agent.scraped()
    for outcome, kind in (("complete", ""), ("failed", "exception")):
        found = value(told, "parzen_agent_attempts_total", **mine, outcome=outcome, kind=kind)
        assert found == ends[outcome] == states[outcome]
    assert value(told, "parzen_agent_trials_claimed_total") == 40
    assert value(told, "parzen_agent_slots") == 2
    assert value(told, "parzen_agent_slots_idle_seconds_total") > 0

    until(lambda: value(coordinator.scraped(), "parzen_coordinator_studies_led") == 0)
    led = coordinator.scraped()
    for state in ("complete", "failed", "waiting"):
        assert value(led, "parzen_coordinator_trials", **mine, state=state) == states[state]
    assert value(led, "parzen_coordinator_proposals_total", **mine, sampler="auto") == 40
    assert value(led, "parzen_coordinator_results_total", **mine) == 40
    assert value(led, "parzen_coordinator_best_loss", **mine) == best
    assert value(led, "parzen_coordinator_workers") == 1

    assert known(told, table.AGENT)
    assert known(led, table.COORDINATOR)


def known(found, metrics):
    """Whether all that is ours stands in the table."""
    names = {metric.name for metric in metrics}
    bare = {re.sub("_(bucket|sum|count)$", "", name) for name, *_ in found}
    return {name for name in bare if name.startswith("parzen_")} <= names


def test_probes_and_metrics_are_answered_before_the_store_is_there(new_process):
    [port] = free_ports(1)
    agent = new_process(f"mongodb://127.0.0.1:{port}/parzen", "worker")
    assert agent.probed("/-/healthy") == 200
    assert agent.probed("/-/ready") == 503
    assert value(agent.scraped(), "parzen_agent_slots") is None


def test_a_store_that_goes_away_and_comes_back_is_told(cluster, tmp_path, new_process):
    uri = cluster.uri(f"metrics_{os.getpid()}")
    with connect(uri, prepare=True):
        pass
    coordinator, agent = new_process(uri, "coordinator"), new_process(uri, "worker")
    both = (coordinator, agent)
    for process in both:
        until(lambda process=process: process.probed("/-/ready") == 200)
    for i in range(3):
        cluster.pause(i)
    for process in both:
        until(lambda process=process: value(process.scraped(), "parzen_store_errors_total") > 0)
    for process in both:  # when it is not ready any more, its clock tells: see its tests
        until(lambda process=process: value(process.scraped(), "parzen_store_silence_seconds") > 2)
        assert process.probed("/-/healthy") == 200
    cluster.mend()
    for process in both:
        until(lambda process=process: process.probed("/-/ready") == 200)
