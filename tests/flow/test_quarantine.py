"""A node that fails everything is set aside, and the study goes on without it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
from engines.patience import until

from parzen.client import Float, Study
from parzen.coordinator.quarantine import Rules
from parzen.coordinator.service import Coordinator
from parzen.shared.lifecycle import StudyStatus, TrialState


@pytest.fixture
def ward(new_flow, new_hand, store):
    """A flow of 200 trials with a hand that fails and one that does not, set aside for 0.3 s."""
    flow = new_flow(max_trials=200, slots=4)
    flow.coordinator.close()
    flow.coordinator = Coordinator(store, rules=Rules(after=3, first_s=0.3))
    flow.bad, flow.good = flow.hand, new_hand(name="good", slots=4)
    yield flow
    flow.coordinator.close()


def turn(flow, hand):
    """One trial for ``hand``, seen by the coordinator."""
    flow.hand = hand
    (claim,) = flow.claim()
    if hand is flow.bad:
        hand.fail([claim], "CUDA error: device lost")
    else:
        hand.finish([claim])
    flow.coordinator.step()


def fall_ill(flow):
    """Let the bad hand fail until it is set aside; its entry."""
    for _ in range(10):
        turn(flow, flow.bad)
        turn(flow, flow.good)
        if flow.study.quarantine:  # one more failure, and it may be the first of its probation
            break
    flow.step_until(lambda: flow.study.quarantine)
    [entry] = flow.study.quarantine
    return entry


def test_who_fails_alone_is_set_aside_then_on_probation_and_a_failure_doubles_it(ward, caplog):
    entry = fall_ill(ward)
    assert (entry.worker, entry.times, entry.probation) == ("hand", 1, False)
    assert "CUDA error: device lost" in entry.reason
    assert f"study 'study': worker hand is set aside until {entry.until:%Y-%m-%d}" in caplog.text

    ward.step_until(lambda: ward.study.quarantine[0].probation)
    turn(ward, ward.bad)
    ward.step_until(lambda: not ward.study.quarantine[0].probation)
    again = ward.study.quarantine[0]
    assert again.times == 2
    ended = [t.finished_at for t in ward.trials() if t.state is TrialState.FAILED]
    assert (again.until - max(ended)).total_seconds() >= 0.6

    ward.step_until(lambda: ward.study.quarantine[0].probation)
    ward.bad, healed = None, ward.bad
    turn(ward, healed)
    ward.step_until(lambda: ward.study.quarantine == ())


def test_what_failed_on_a_worker_that_is_set_aside_does_not_end_the_study(ward, new_hand, store):
    entry = fall_ill(ward)
    wanted = store.catalog.study("study").limits.max_consecutive_failures
    ward.hand = ward.bad
    for _ in range(wanted // 4 + 1):  # an agent that has not read of it yet
        ward.hand.fail(ward.claim(4))
    ward.step_until(lambda: ward.study.counts.get(TrialState.FAILED, 0) > wanted)
    heir = Coordinator(store, name="heir", rules=Rules(after=3))
    ward.coordinator.close()
    ward.coordinator = heir
    ward.step_until(lambda: heir.leads)
    for _ in range(3):
        heir.step()
    assert ward.study.status is StudyStatus.ACTIVE
    assert ward.study.quarantine[0].worker == entry.worker
    heir.close()


def test_an_objective_that_fails_on_all_workers_ends_the_study_and_sets_nobody_aside(ward):
    ward.good, ward.bad = None, ward.good
    other = ward.hand
    for _ in range(60):
        if ward.study.status.ended:
            break
        for hand in (ward.bad, other):
            claims = hand.claim(ward.study)
            hand.fail(claims)
        ward.coordinator.step()
    ward.step_until(lambda: ward.study.status.ended)
    assert "trials in a row failed (max_consecutive_failures = 50)" in ward.study.status_reason
    assert ward.study.quarantine == ()


def objective(params):
    if "BROKEN_NODE" in os.environ:
        raise RuntimeError("CUDA error: device lost")
    return params["x"]


@pytest.fixture
def cluster(mongod_uri, store, home, tmp_path):
    """Start ``parzen`` processes on the test's store."""
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
    made = []
    # a pipe that nobody reads would stop them once it is full
    sink = (tmp_path / "said").open("ab")

    def start(*words, **environment):
        command = [sys.executable, "-m", "parzen.client.cli", *words, "--store", uri]
        made.append(
            subprocess.Popen(
                command,
                env={**os.environ, "PARZEN_HOME": str(home), **environment},
                stdout=subprocess.PIPE if words[0] == "status" else sink,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return made[-1]

    start.uri = uri
    with sink:
        yield start
    for process in made:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in made:
        process.wait(timeout=60)


@pytest.mark.timeout(180)
def test_a_broken_node_does_not_eat_a_study(cluster, store):
    study = Study("hungry", space={"x": Float(0, 1)}, objective=objective, retries={"exception": 1})
    with study.submit(cluster.uri) as handle:
        cluster("coordinator")
        cluster("worker", "--slots", "1", "--name", "healthy")
        cluster("worker", "--slots", "1", "--name", "broken", BROKEN_NODE="1")

        [entry] = until(lambda: handle.study.quarantine)
        assert re.fullmatch(r"broken:\d+:\w+", entry.worker)
        shown = cluster("status", "hungry")
        said, _ = shown.communicate(timeout=60)
        assert f"{entry.worker}: set aside until " in said
        assert "RuntimeError: CUDA error: device lost" in said

        def attempts(worker):
            whole = store.db.jobs.aggregate(
                [
                    {"$unwind": "$attempts"},
                    {"$match": {"attempts.worker": {"$regex": f"^{worker}:"}}},
                    {"$count": "n"},
                ]
            )
            return next(iter(whole), {"n": 0})["n"]

        def idle():
            busy = [w.busy for w in store.catalog.workers() if w.id == entry.worker]
            return busy == [0]

        until(idle)
        done, eaten = attempts("healthy"), attempts("broken")
        until(lambda: attempts("healthy") > done + 20)
        assert attempts("broken") <= eaten + 1  # one may have been claimed while we looked
        assert handle.study.status is StudyStatus.ACTIVE
        handle.cancel()
        handle.wait(progress=False)
