"""Who gets the slots: priorities, shares among equals, and bounds, with a real agent."""

import itertools
import threading
import time

import pytest

from parzen.client import Float, Study
from parzen.coordinator.service import Coordinator
from parzen.shared.lifecycle import TrialState
from parzen.shared.places import held
from parzen.shared.steering import Draft
from parzen.worker import studies
from parzen.worker.agent import Agent
from parzen.worker.options import Options


@pytest.fixture
def agent(store, tmp_path):
    """Start an agent in a thread: ``agent(slots=2)``."""
    started = []

    def start(**options):
        made = Agent(store, Options(home=tmp_path / "home", grace_s=1.0, **options))
        thread = threading.Thread(target=made.run)
        thread.start()
        started.append((made, thread))
        return made

    yield start
    for made, thread in started:
        made.stop()
        made.stop()
        thread.join(60)


@pytest.fixture
def leader(store):
    """A coordinator that the test lets step."""
    coordinator = Coordinator(store)
    yield coordinator
    coordinator.close()


@pytest.fixture
def new_study(store, mongod_uri):
    """Submit a study whose trials run until the test opens their gate."""
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")

    def make(name, **options):
        given = {"space": {"x": Float(0, 1)}, "objective": gated, "sampler": "random", **options}
        with Study(name, **given).submit(uri):
            pass
        return store.catalog.study(name)

    return make


def step_until(leader, met, within_s=60.0):
    deadline = time.monotonic() + within_s
    while not met():
        assert time.monotonic() < deadline
        leader.step()


def started(store, *studies):
    """The names of the studies of all trials that were begun, in the order of their beginning."""
    trials = itertools.chain(*(store.catalog.trials(study, slim=False) for study in studies))
    begun = [(trial.attempts[0].started_at, trial.study) for trial in trials if trial.attempts]
    return [study for _, study in sorted(begun)]


def gated(params, trial):
    gate = trial.workdir.parents[2] / "gate"
    while not gate.exists():
        if trial.should_stop():
            return None
        time.sleep(0.01)
    return params["x"]


def running(store, study):
    return store.catalog.study(study.name).counts.get(TrialState.RUNNING, 0)


def waits(store, study):
    return store.catalog.study(study.name).counts.get(TrialState.WAITING, 0) > 0


def test_a_study_of_higher_priority_gets_the_next_free_slot(
    store, new_study, agent, leader, monkeypatch
):
    low = new_study("low", max_trials=4)
    monkeypatch.setattr(studies, "REFRESH_S", 3600.0)  # what it reads, it reads as it claims
    made = agent(slots=1)
    step_until(leader, lambda: running(store, low) == 1)
    high = new_study("high", max_trials=2, priority=5)
    step_until(leader, lambda: waits(store, high))
    (made.workdirs.root / "gate").touch()
    step_until(leader, lambda: all(store.catalog.study(n).status.ended for n in ("low", "high")))
    assert started(store, low, high)[:2] == ["low", "high"]


def test_an_idle_cluster_is_anybodys_and_a_bound_holds(store, new_study, agent, leader):
    bounded = new_study("bounded", max_trials=6, max_running=1)
    other = new_study("other", max_trials=6, priority=-5)
    step_until(leader, lambda: waits(store, bounded) and waits(store, other))
    made = agent(slots=3)
    step_until(leader, lambda: running(store, bounded) == 1 and running(store, other) == 2)
    (made.workdirs.root / "gate").touch()
    step_until(
        leader, lambda: all(store.catalog.study(n).status.ended for n in (bounded.name, "other"))
    )


def test_of_equals_that_of_which_fewer_trials_run_goes_next(store, new_study, agent, leader):
    many = new_study("many", max_trials=6)
    made = agent(slots=3)
    step_until(leader, lambda: running(store, many) == 3)
    few = new_study("few", max_trials=2)
    step_until(leader, lambda: store.catalog.study("few").counts.get(TrialState.WAITING, 0) > 0)
    (made.workdirs.root / "gate").touch()
    step_until(leader, lambda: all(store.catalog.study(n).status.ended for n in ("many", "few")))
    order = started(store, many, few)
    assert order[:3] == ["many"] * 3
    assert "few" in order[3:7]


def test_a_bound_that_is_set_later_holds_for_what_waits_already(store, new_study, agent, leader):
    late = new_study("late", max_trials=9, priority=5)
    drafts = [Draft(params={"x": n / 9}, enqueued_by="ann") for n in range(4)]
    store.catalog.append(late, drafts)
    step_until(leader, lambda: waits(store, late))
    store.catalog.amend(store.catalog.study("late"), {"max_running": 1})
    step_until(leader, lambda: sum(map(held, store.catalog.trials(late))) >= 3)
    other = new_study("other", max_trials=9)
    step_until(leader, lambda: waits(store, other))
    made = agent(slots=3)
    step_until(leader, lambda: running(store, late) == 1 and running(store, other) == 2)
    store.catalog.append(store.catalog.study("late"), drafts)
    (made.workdirs.root / "gate").touch()
    step_until(leader, lambda: all(store.catalog.study(n).status.ended for n in ("late", "other")))
    assert at_once(store, store.catalog.study("late")) == 1


def at_once(store, study):
    """How many trials of the study have run at the same time at most."""
    attempts = [trial.attempts[0] for trial in store.catalog.trials(study, slim=False)]
    return max(
        sum(one.started_at <= other.started_at < one.ended_at for one in attempts)
        for other in attempts
    )
