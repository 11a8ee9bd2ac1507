"""Factories of records, with everything filled in that a test does not speak of."""

from __future__ import annotations

import pytest

from parzen.client import cli
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Limits, Proposed, Study, Trial, Uid, Worker
from parzen.shared.store import Kept, Proposal

X = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)


@pytest.fixture
def a_study():
    def make(**changes):
        given = {
            "name": "s",
            "uid": Uid("u1"),
            "dimensions": (X,),
            "limits": Limits(max_trials=10),
            **changes,
        }
        return Study(**given)

    return make


@pytest.fixture
def a_trial():
    def make(number=0, value=None, **changes):
        state = TrialState.WAITING if value is None else TrialState.COMPLETE
        given = {
            "study": "s",
            "uid": Uid("u1"),
            "number": number,
            "params": {"x": 0.5},
            "state": state,
            "value": value,
            "loss": value,
            **changes,
        }
        return Trial(**given)

    return make


@pytest.fixture
def a_worker():
    def make(identity="host:1:a", **changes):
        return Worker(**{"id": identity, "host": "host", "pid": 1, "slots": 1, **changes})

    return make


@pytest.fixture
def a_coordinator(a_worker):
    return lambda **changes: a_worker("host:2:c", role="coordinator", slots=0, **changes)


@pytest.fixture
def store_uri(store, mongod_uri, monkeypatch):
    """The address of ``store``, which ``PARZEN_STORE`` names too."""
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
    monkeypatch.setenv("PARZEN_STORE", uri)
    return uri


@pytest.fixture
def call(store_uri, capsys):
    """Call parzen on ``store``: (exit code, standard output, standard error)."""

    def run(*words):
        capsys.readouterr()
        code = cli.run([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def worked(store, a_study, a_worker):
    """Create a study and run one trial for each outcome given, without any process."""

    def make(*outcomes, waiting=0, uid="u1", **changes):
        study = store.catalog.create(a_study(uid=uid, **changes), b"")
        lead = store.ledger.lead(study.uid, "test", 30.0)
        assert lead is not None
        total = len(outcomes) + waiting
        store.ledger.insert(
            lead,
            [
                Proposal(number=n, params={"x": n / 10}, proposed=Proposed(sampler="random"))
                for n in range(total)
            ],
        )
        worker = a_worker()
        claims = store.queue.claim(worker, [study], len(outcomes))
        store.queue.report(list(zip(claims, outcomes, strict=True)))
        counts = {}
        done = list(store.catalog.trials(study))
        for trial in done:
            counts[trial.state] = counts.get(trial.state, 0) + 1
        losses = [(t.loss, t.number) for t in done if t.loss is not None]
        store.ledger.keep_counts(
            [Kept(lead=lead, counts=counts, best_number=min(losses)[1] if losses else None)]
        )
        store.ledger.yield_lead(lead)
        return store.catalog.study(study.name)

    return make
