from __future__ import annotations

from dataclasses import replace

import pytest

from parzen.shared.records import Completed
from parzen.shared.store import Proposal, Proposed


@pytest.fixture
def lost(recorded, new_study, worker):
    """A store, its commands, the leader, and a claim whose lease has run out."""
    store, commands = recorded
    study = new_study(store)
    lead = store.ledger.lead(study.uid, "leader", 60.0)
    proposal = Proposal(number=0, params={}, proposed=Proposed(sampler="random"))
    store.ledger.insert(lead, [proposal])
    (claim,) = store.queue.claim(replace(worker, lease_s=-1.0), [study])
    return store, commands, lead, claim


def test_a_renewal_that_comes_first_wins(lost):
    store, commands, lead, claim = lost
    commands.before["update"] = lambda: store.queue.renew([replace(claim, lease_s=60.0)])

    assert store.ledger.expire(lead) == []

    (trial,) = store.ledger.history(claim.trial.uid)
    assert (trial.state, trial.claim.token, trial.failures) == ("running", claim.token, {})


def test_a_report_that_comes_first_wins(lost):
    store, commands, lead, claim = lost
    commands.before["update"] = lambda: store.queue.report([(claim, Completed(value=1.0))])

    assert store.ledger.expire(lead) == []

    (trial,) = store.ledger.history(claim.trial.uid)
    assert (trial.state, trial.failures) == ("complete", {})


def test_two_sweeps_at_once_take_a_trial_back_once(lost):
    store, commands, lead, claim = lost
    commands.before["update"] = lambda: store.ledger.expire(lead)

    store.ledger.expire(lead)

    trial = store.catalog.trial(claim.study, 0)
    assert trial.failures == {"lost": 1}
    assert len(trial.attempts) == 1
