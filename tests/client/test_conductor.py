from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timezone

import pytest

from parzen.client import Float, Study, conductor, connect
from parzen.coordinator.service import Coordinator
from parzen.shared.errors import InvalidStudy, ParzenError, StudyFailed
from parzen.shared.lifecycle import StudyStatus
from parzen.shared.records import SamplerSpec

OWN = SamplerSpec(name="callable", options={"function": "test_conductor.halfway"}, seed=5)

OWNER = """
import sys
from parzen.client import connect

def halfway(seen, rng):
    if not seen.trials:
        return {}
    return {"x": (seen.trials[0].params["x"] + rng.random()) / 2}

print("here", flush=True)
connect().study(sys.argv[1]).coordinate(halfway, progress=False)
"""


def halfway(seen, rng):
    if not seen.trials:
        return {}
    return {"x": (seen.trials[0].params["x"] + rng.random()) / 2}


def square(params):
    return params["x"] ** 2


@pytest.fixture
def handle(store_uri, home, new_study):
    """Connect to a study whose sampler is a function: ``handle("name", max_trials=5)``."""
    opened = []

    def make(name="study", **options):
        new_study(name, **{"sampler": OWN, "max_running": 1, "max_trials": 12, **options})
        opened.append(connect())
        return opened[-1].study(name)

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def owner(store_uri, home):
    """Start a process that proposes for a study of that name."""
    started = []

    def start(name):
        process = subprocess.Popen(
            [sys.executable, "-c", OWNER, name], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def working(store, new_hand):
    """Work on a study, beside the test, for as long as the block lasts."""

    class Working:
        def __init__(self, study):
            self._over = threading.Event()
            self._thread = threading.Thread(target=self._run, args=(study, new_hand(slots=1)))

        def _run(self, study, hand):
            while not self._over.wait(0.01):
                hand.work(study, 1)

        def __enter__(self):
            self._thread.start()

        def __exit__(self, *_):
            self._over.set()
            self._thread.join()

    return Working


def until(met, within_s=20.0):
    deadline = time.monotonic() + within_s
    while not (found := met()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def params(store, name):
    return [trial.params for trial in store.catalog.trials(store.catalog.study(name))]


def test_a_study_is_led_here_until_it_has_ended(handle, store, working):
    own = handle()
    with working(own.record):
        assert own.coordinate(halfway, progress=False) is own
    assert own.record.status_reason == "reached max_trials = 12"
    assert store.catalog.workers()[0].id == "hand"  # the coordinator has left
    assert not any(t.name.startswith("coordinator-") for t in threading.enumerate())
    assert own.coordinate(halfway, progress=False).status is StudyStatus.COMPLETE


def test_an_owner_who_was_killed_goes_on_with_the_same_proposals(
    handle, store, owner, working, new_hand
):
    own, whole, hand = handle("killed"), handle("whole"), new_hand(slots=1)
    first = owner("killed")
    until(lambda: hand.work(own.record, 1) * 0 or len(params(store, "killed")) >= 5)
    first.kill()
    first.wait()
    long_ago = datetime(2026, 1, 1, tzinfo=timezone.utc)  # nobody waits for the lease to run out
    store.db.studies.update_one({"_id": "killed"}, {"$set": {"lease.expires_at": long_ago}})
    for study in (own, whole):
        with working(study.record):
            study.coordinate(halfway, progress=False)
    assert len(params(store, "whole")) == 12
    assert params(store, "killed") == params(store, "whole")
    assert store.catalog.study("killed").lease.term == 2


def test_ctrl_c_gives_the_lead_up_and_the_study_stays(handle, store, owner):
    own = handle()
    process = owner("study")
    until(lambda: params(store, "study"))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert b"nobody proposes for study 'study' until the same call goes on with it" in said
    left = store.catalog.study("study")
    assert left.status is StudyStatus.ACTIVE
    assert left.lease.expires_at <= store.catalog.now()
    assert store.catalog.workers() == []
    assert any("nobody proposes" in sentence for sentence in own.notices())


def test_what_the_function_raises_is_the_cause_of_what_is_raised(handle, home, working):
    def choose(seen, rng):
        raise KeyError("momentum")

    own = handle()
    with pytest.raises(StudyFailed, match="halfway' raised KeyError: 'momentum'") as error:
        own.coordinate(choose, progress=False)
    assert isinstance(error.value.__cause__, KeyError)
    logged = (home / "logs" / "study" / "coordinator.log").read_text()
    assert "Traceback" in logged
    assert "momentum" in logged


def test_another_function_than_the_one_submitted_is_told(handle, capsys):
    def choose(seen, rng):
        return {"x": 2}

    with pytest.raises(StudyFailed, match="does not lie in the space") as error:
        handle().coordinate(choose)
    assert error.value.__cause__ is None
    said = capsys.readouterr().err
    assert "note: study 'study' was submitted with the sampler test_conductor.halfway: " in said
    assert "choose proposes from now on" in said


def test_a_study_for_which_others_propose_takes_no_function(handle):
    with pytest.raises(InvalidStudy, match="has the sampler 'random', for which any coordinator"):
        handle(sampler=SamplerSpec(name="random")).coordinate(halfway)


def test_what_is_no_function_of_that_kind_is_refused(handle):
    with pytest.raises(InvalidStudy, match=r"it must take \(seen, rng\)"):
        handle().coordinate(square)


def test_a_coordinator_that_breaks_down_ends_the_waiting(handle, monkeypatch):
    def run(self):
        raise MemoryError("none left")

    monkeypatch.setattr(Coordinator, "run", run)
    with pytest.raises(ParzenError, match="of study 'study' broke down: MemoryError: none left"):
        handle().coordinate(halfway, progress=False)


def test_a_function_that_does_not_return_is_left_alone(handle, monkeypatch, caplog):
    let_go, own = threading.Event(), handle()

    def stuck(seen, rng):
        own.cancel()
        let_go.wait(30)
        return {}

    monkeypatch.setattr(conductor, "GRACE_S", 0.1)
    leading = conductor.Conductor(own.study, own._where, stuck)
    with leading:
        until(lambda: own.study.wish.serial)
    assert "stuck has not returned in 0.1 s and is left alone" in caplog.text
    let_go.set()
    until(lambda: not any(t.name.startswith("coordinator-") for t in threading.enumerate()))


def test_a_run_leads_here_and_works_in_processes(store_uri, store, home, capsys):
    def choose(seen, rng):
        if seen.number == 3:
            raise KeyError("momentum")
        return {"x": 0.5}

    study = Study("own", space={"x": Float(0, 1)}, objective=square, max_trials=9, sampler=choose)
    with pytest.raises(StudyFailed) as error:
        study.run(workers=1, progress=False)
    assert isinstance(error.value.__cause__, KeyError)
    tried = params(store, "own")
    assert tried[:2] == [{"x": 0.5}] * 2
    assert len(tried) <= 3  # a batch that it was in was not stored
    assert sorted(f.name for f in (home / "logs" / "own").iterdir()) == [
        "coordinator.log",
        "worker-1.log",
    ]
    assert "nobody proposes" not in capsys.readouterr().err


def test_a_run_needs_the_function_of_the_study_that_stands(handle):
    named = Study("study", space={"x": Float(0, 1)}, objective=square, max_trials=12)
    own = handle()
    with pytest.raises(InvalidStudy, match="stands with a function as its sampler, test_conductor"):
        named.run(workers=1, progress=False)
    assert own.status is StudyStatus.ACTIVE
