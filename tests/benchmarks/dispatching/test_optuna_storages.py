import sys
import time

import pytest
from dispatching import instant, optuna_storages
from dispatching.optuna_storages import OptunaStorage
from dispatching.server import Served

TRIALS = 12


@pytest.fixture
def served(tmp_path):
    """A folder is all that these storages need."""
    return Served("mongodb://nobody.invalid", tmp_path, 0)


@pytest.mark.parametrize("subject", optuna_storages.PEERS, ids=lambda peer: peer.name)
def test_every_trial_is_run_and_counted_once(subject, served):
    optuna = pytest.importorskip("optuna")
    before = time.monotonic()
    ends = subject.run(2, TRIALS, served)
    assert len(ends) == 2
    assert sum(map(len, ends)) == TRIALS
    for of_one in ends:
        assert of_one == sorted(of_one)
        assert all(before < moment < time.monotonic() for moment in of_one)

    (folder,) = served.home.iterdir()
    storage = optuna_storages.STORAGES[subject.storage](optuna, folder)
    study = optuna.load_study(study_name=optuna_storages.STUDY, storage=storage)
    trials = study.trials
    if subject.storage == "sqlite":
        storage.remove_session()
        storage.engine.dispose()
    assert [trial.state for trial in trials] == [optuna.trial.TrialState.COMPLETE] * TRIALS
    assert [trial.value for trial in trials] == [instant.loss(**trial.params) for trial in trials]
    assert len({trial.params["x"] for trial in trials}) == TRIALS  # no two workers draw the same


def test_a_worker_too_many_has_no_trial(served):
    pytest.importorskip("optuna")
    ends = OptunaStorage("journal", "random").run(2, 1, served)
    assert sorted(map(len, ends)) == [0, 1]


def test_it_is_refused_where_optuna_is_missing(served, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(ImportError, match="optuna is not installed"):
        OptunaStorage("journal", "TPE").run(1, 1, served)
    assert not list(served.home.iterdir())


def test_what_a_worker_raises_is_told_and_nobody_waits(served, monkeypatch):
    pytest.importorskip("optuna")
    monkeypatch.setattr(optuna_storages, "_create", lambda storage, folder: None)
    began = time.monotonic()
    with pytest.raises(KeyError, match="Record does not exist"):
        OptunaStorage("journal", "random").run(2, TRIALS, served)
    assert time.monotonic() - began < 30
