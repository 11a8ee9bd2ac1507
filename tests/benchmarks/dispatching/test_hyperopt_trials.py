import sys
import time

import pytest
from dispatching import hyperopt_trials
from dispatching.hyperopt_trials import HyperoptTrials
from dispatching.server import serving
from pymongo import MongoClient
from pymongo.collection import Collection

TRIALS = 24
"""Hyperopt draws the first 20 at random."""


@pytest.fixture(scope="module")
def served():
    with serving() as ready:
        yield ready


@pytest.mark.parametrize("subject", hyperopt_trials.PEERS, ids=lambda peer: peer.name)
def test_every_trial_is_run_and_counted_once(subject, served, monkeypatch):
    pytest.importorskip("hyperopt")
    states = []
    drop = MongoClient.drop_database

    def look(client, name):
        states.extend(doc["state"] for doc in client[name]["jobs"].find())
        drop(client, name)

    monkeypatch.setattr(MongoClient, "drop_database", look)
    before = time.monotonic()
    ends = subject.run(2, TRIALS, served)
    assert len(ends) == 2  # the driver is no worker
    assert sum(map(len, ends)) == TRIALS
    for of_one in ends:
        assert of_one == sorted(of_one)
        assert all(before < moment < time.monotonic() for moment in of_one)
    assert states == [2] * TRIALS  # JOB_STATE_DONE
    with MongoClient(served.uri) as client:
        names = client.list_database_names()
    assert not [name for name in names if name.startswith("hyperopt")]
    assert "insert" not in vars(Collection)  # this process keeps the pymongo that it had


def test_it_is_refused_where_hyperopt_is_missing(served, monkeypatch):
    monkeypatch.setitem(sys.modules, "hyperopt", None)
    with pytest.raises(ImportError, match="hyperopt is not installed"):
        HyperoptTrials("TPE").run(1, 1, served)
