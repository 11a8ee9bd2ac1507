from __future__ import annotations

from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Completed, Failed, Failure, ObjectiveRef
from parzen.shared.store import Proposal, Proposed


def test_what_a_store_holds(store, new_study):
    ref = ObjectiveRef(file="", digest="", bytes=0, python="3.11", cloudpickle="3", entry="f")
    one = new_study(store, objective=ref)
    two = new_study(store)
    found = store.holdings()
    assert found.studies == {one.name: one.uid, two.name: two.uid}
    assert found.digests == {one.objective.digest}
    assert found.whole

    # a study without its uid makes it unsure what is gone
    store.db.command("collMod", "studies", validationLevel="off")
    store.db.studies.update_one({"_id": two.name}, {"$unset": {"uid": 1}})
    found = store.holdings()
    assert found.studies == {one.name: one.uid}
    assert not found.whole


def test_what_trials_remember_of_their_attempts(store, new_study, worker):
    study = new_study(store)
    lead = store.ledger.lead(study.uid, "leader", 60.0)
    store.ledger.insert(
        lead,
        [
            Proposal(number=n, params={"x": 0.5}, proposed=Proposed(sampler="random"))
            for n in range(3)
        ],
    )
    done, runs = store.queue.claim(worker, [study], 2)
    store.queue.report([(done, Completed(value=1.0))])

    found = store.tried(study.uid, [0, 1, 2, 99])
    assert set(found) == {0, 1, 2}
    assert found[0].state is TrialState.COMPLETE
    assert (found[0].tokens, found[1].tokens) == ({done.token}, {runs.token})
    assert found[0].finished_at is not None
    assert (found[1].finished_at, found[2].tokens) == (None, frozenset())

    # one that was broken by hand remembers nothing
    store.db.command("collMod", "jobs", validationLevel="off")
    store.db.jobs.insert_one({"uid": study.uid, "number": 9, "state": 7, "attempts": "none"})
    assert store.tried(study.uid, [9])[9].state is None


def test_a_trial_that_is_to_be_tried_again_counts_as_waiting_before_anybody_heard(
    store, new_study, worker
):
    study = new_study(store)
    lead = store.ledger.lead(study.uid, "leader", 60.0)
    proposed = Proposed(sampler="random")
    store.ledger.insert(lead, [Proposal(number=0, params={"x": 0.5}, proposed=proposed)])
    error = Failure(kind=FailureKind.EXCEPTION, message="no")
    store.queue.report([(store.queue.claim(worker, [study])[0], Failed(error=error))])

    assert store.tried(study.uid, [0])[0].state is TrialState.FAILED
    store.catalog.retry(study)
    assert store.tried(study.uid, [0])[0].state is TrialState.WAITING
    store.ledger.wish_done(lead, store.catalog.study(study.name).wish)
    assert store.tried(study.uid, [0])[0].state is TrialState.FAILED
