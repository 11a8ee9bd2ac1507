"""Searches on a real store, with a worker and a coordinator in threads of the test."""

from __future__ import annotations

import contextlib
import threading

import pytest

from parzen.client import watching
from parzen.coordinator.service import Coordinator
from parzen.hyperopt import waiting
from parzen.shared.mongo import open_store
from parzen.worker.agent import Agent
from parzen.worker.options import Options


@pytest.fixture
def mongo(store, mongod_uri):
    """The address of the test's database, as Hyperopt's users write it."""
    place, _, options = mongod_uri.removeprefix("mongodb://").partition("/parzen?")
    return f"mongo://{place}/{store.db.name}/jobs?{options}"


class Beside:
    """A coordinator beside a search: in a thread, where users have a process."""

    def __init__(self, study, where, *, workers):
        assert workers == 0
        self._store = open_store(where)
        self._coordinator = Coordinator(self._store, studies=(study,))
        self._thread = threading.Thread(target=self._coordinator.run)

    def check(self, study, live):
        assert self._thread.is_alive() or study.status.ended

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._coordinator.stop()
        self._thread.join(30)
        self._coordinator.close()
        self._store.close()


@pytest.fixture
def led(monkeypatch):
    """Let searches be led by a thread: a process takes seconds to start."""
    monkeypatch.setattr(waiting, "Background", Beside)
    monkeypatch.setattr(watching, "LOOK_EVERY_S", 0.05)


@pytest.fixture
def agent(store, tmp_path):
    """A worker with two slots, for every study of the test's store."""
    made = Agent(store, Options(home=tmp_path / "home", slots=2, grace_s=5.0))
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.stop()
    thread.join(60)
    assert not thread.is_alive()


@pytest.fixture
def open_trials(mongo):
    """Open the trials of an experiment: ``open_trials("exp")``; closed with the test."""
    from parzen.hyperopt.mongoexp import MongoTrials  # noqa: PLC0415 - most tests need none

    with contextlib.ExitStack() as stack:

        def make(exp_key="exp", **options):
            trials = MongoTrials(mongo, exp_key, **options)
            stack.callback(trials.close)
            return trials

        yield make
