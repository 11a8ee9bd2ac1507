"""The main job at its fastest: eight worker processes and two thousand instant trials.

The objectives keep a journal of their own, outside the database, against which it is checked.
"""

import collections
import os
from pathlib import Path

import pytest

from parzen.client import Float, Study
from parzen.shared.lifecycle import StudyStatus, TrialState

WORKERS, TRIALS = 8, 2000


def journalling(journal):
    def objective(params, trial):
        line = f"{trial.number} {trial.attempt}\n".encode()
        handle = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, line)
        os.close(handle)
        return (params["x"] - 0.3) ** 2

    return objective


@pytest.mark.timeout(240)
def test_two_thousand_instant_trials_on_eight_workers_each_run_exactly_once(
    store, mongod_uri, home, tmp_path
):
    journal = tmp_path / "journal"
    study = Study(
        "instant",
        space={"x": Float(0, 1)},
        objective=journalling(str(journal)),
        max_trials=TRIALS,
    )

    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")

    with study.run(workers=WORKERS, store=uri, data_dir=home, progress=False) as handle:
        best = handle.best

    stored = store.catalog.study("instant")
    trials = list(store.catalog.trials(stored, slim=False))
    assert [trial.number for trial in trials] == list(range(TRIALS))
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert {len(trial.attempts) for trial in trials} == {1}
    assert stored.status is StudyStatus.COMPLETE
    assert stored.status_reason == f"reached max_trials = {TRIALS}"
    assert stored.counts[TrialState.COMPLETE] == sum(stored.counts.values()) == TRIALS
    assert best.loss == min(trial.loss for trial in trials)
    ran = collections.Counter(Path(journal).read_text().split("\n")[:-1])
    assert ran == {f"{number} 1": 1 for number in range(TRIALS)}
    assert len({trial.attempts[0].worker for trial in trials}) == WORKERS
