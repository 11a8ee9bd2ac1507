"""What the hot path costs with ten thousand finished trials in the collection: no scan."""

from __future__ import annotations

import pytest

from parzen.shared import codec
from parzen.shared.lifecycle import StudyEvent, TrialState
from parzen.shared.records import Completed, Measurement, Trial, Uid
from parzen.shared.store import Proposal, Proposed

FINISHED = 10_000


@pytest.fixture(scope="module")
def history(recorded_for_all, new_study):
    store, commands = recorded_for_all
    study = new_study(store)
    documents = [
        codec.trial_document(
            Trial(
                study=study.name,
                uid=study.uid,
                number=n,
                params={"x": 0.5},
                state=TrialState.COMPLETE,
                loss=float(n),
                value=float(n),
            )
        )
        for n in range(FINISHED)
    ]
    store.db.jobs.insert_many(documents, ordered=False)
    return store, commands, study


@pytest.fixture
def grown(history):
    """A store, its commands, and a study with a long history and no unfinished trial."""
    yield history
    history[0].db.jobs.delete_many({"number": {"$gte": FINISHED}})
    history[0].db.jobs.delete_many({"uid": {"$ne": history[2].uid}})


def insert(store, study, numbers):
    lead = store.ledger.lead(study.uid, "leader", 60.0)
    proposals = [
        Proposal(number=n, params={"x": 0.5}, proposed=Proposed(sampler="random")) for n in numbers
    ]
    store.ledger.insert(lead, proposals)
    return lead


@pytest.fixture
def cost(grown, plans):
    """The answer of a step and the plans of its commands, which must be ``names``."""
    store, commands, _ = grown

    def measure(step, *names):
        commands.sent.clear()
        answer = step()
        assert commands.names == list(names)
        return answer, plans(store.db, commands)

    return measure


def indexed(plans, *indexes):
    """Nothing is scanned or sorted, and only ``indexes`` are used."""
    assert {i for plan in plans for i in plan.indexes} <= set(indexes)
    assert not any("COLLSCAN" in plan.stages or "SORT" in plan.stages for plan in plans)
    assert all(plan.indexes or set(plan.stages) & {"IDHACK", "EOF"} for plan in plans)


def test_a_claim_is_one_round_trip_and_looks_at_one_trial(grown, cost, worker):
    store, _, study = grown
    insert(store, study, range(FINISHED, FINISHED + 20))

    claims, (plan,) = cost(lambda: store.queue.claim(worker, [study]), "findAndModify")

    indexed([plan], "state_uid_order")
    assert len(claims) == 1
    # the plan is that of the next claim, which looks past none of the finished trials
    assert (plan.documents, plan.keys) == (1, 1)


def test_a_claim_among_200_studies_looks_at_one_trial(grown, cost, new_study, worker):
    store, _, study = grown
    idle, busy = [new_study(store) for _ in range(189)], [new_study(store) for _ in range(10)]
    for other in busy:
        insert(store, other, range(3))

    claims, (none, who, plan) = cost(
        lambda: store.queue.claim(worker, [study, *idle, *busy]),
        *("findAndModify", "distinct", "findAndModify"),
    )

    indexed([none, who, plan], "state_uid_order")
    assert [claim.study.uid for claim in claims] == [busy[0].uid]
    assert (none.documents, who.documents, plan.documents) == (0, 0, 1)
    assert who.keys <= 2 * len(busy) + 1


def test_a_claim_of_several_is_three_round_trips_and_looks_at_no_other_trial(grown, cost, worker):
    store, _, study = grown
    insert(store, study, range(FINISHED, FINISHED + 50))

    claims, (line, write, read) = cost(
        lambda: store.queue.claim(worker, [study], 8), "find", "update", "find"
    )

    indexed([line], "state_uid_order")
    indexed([write, read], "_id_")
    assert len(claims) == 8
    assert [plan.documents for plan in (line, write, read)] == [8, 8, 8]


def test_renewals_and_reports_find_their_trials_by_id(grown, cost, worker):
    store, _, study = grown
    insert(store, study, range(FINISHED, FINISHED + 10))
    claims = store.queue.claim(worker, [study], 10)
    seen = [Measurement(uid=study.uid, number=FINISHED, step=1, value=0.5, attempt=1)]

    _, found = cost(lambda: store.queue.renew(claims, seen), "update", "update", "find")
    indexed(found, "_id_", "uid_number_step", "uid")
    assert [plan.documents for plan in found] == [1] * (len(claims) + 2)

    # ten outcomes: one round trip
    done = [(claim, Completed(value=1.0)) for claim in claims]
    _, found = cost(lambda: store.queue.report(done), "update")
    indexed(found, "_id_")
    assert all(plan.documents <= 1 for plan in found)


def test_observing_looks_only_at_unfinished_trials(grown, cost, worker):
    store, _, study = grown
    ledger = store.ledger
    lead = insert(store, study, range(FINISHED, FINISHED + 20))
    claims = store.queue.claim(worker, [study], 10)
    store.queue.report([(claim, Completed(value=1.0)) for claim in claims[:9]])
    numbers = range(FINISHED, FINISHED + 20)
    believed = {TrialState.RUNNING: numbers[:10], TrialState.WAITING: numbers[10:]}

    top = FINISHED + 19
    changed, (plan,) = cost(lambda: ledger.changed(study.uid, believed, top), "find")
    indexed([plan], "uid_number")
    assert len(changed) == plan.returned == 9
    # higher numbers are found in the index alone, so that what is returned is fetched once more
    assert plan.documents <= len(numbers) + plan.returned

    _, (plan,) = cost(lambda: ledger.expire(lead), "find")
    indexed([plan], "state_uid_order")
    assert plan.documents == 1

    _, (plan,) = cost(lambda: ledger.queue_due(lead), "update")
    indexed([plan], "state_uid_order")
    assert plan.documents == 0

    cancelled, (plan, _) = cost(lambda: ledger.cancel_waiting(lead), "find", "update")
    indexed([plan], "state_uid_order")
    assert len(cancelled) == 10


def test_strays_are_found_without_a_look_at_any_trial(grown, cost, new_study):
    store, _, _ = grown
    others = [new_study(store) for _ in range(5)]
    for other in others:
        insert(store, other, range(40))
    ended = store.ledger.lead(others[0].uid, "leader", 60.0)
    store.ledger.move(ended, StudyEvent.CANCEL)

    found, plans = cost(store.ledger.strays, "distinct", "distinct", "find")

    assert [study.uid for study in found] == [others[0].uid]
    assert [plan.indexes for plan in plans[:2]] == [["state_uid_order"]] * 2
    assert all("DISTINCT_SCAN" in plan.stages for plan in plans[:2])
    assert [plan.documents for plan in plans[:2]] == [0, 0]
    assert plans[0].keys <= 2 * len(others)
    assert plans[2].documents <= len(others)


def test_the_best_of_many_are_looked_up(grown, cost):
    store, _, study = grown

    best, (plan,) = cost(lambda: list(store.catalog.trials(study, sort="loss", limit=3)), "find")

    indexed([plan], "uid_loss_number")
    assert plan.documents == len(best) == 3


def test_inserting_a_hundred_trials_is_one_round_trip(recorded, new_study):
    store, commands = recorded
    study = new_study(store)
    lead = store.ledger.lead(study.uid, "leader", 60.0)
    commands.sent.clear()

    proposals = [
        Proposal(number=n, params={"x": 0.5}, proposed=Proposed(sampler="tpe")) for n in range(100)
    ]
    assert store.ledger.insert(lead, proposals) == list(range(100))

    assert commands.names == ["insert"]


def test_a_long_history_is_read_in_batches(grown):
    store, commands, study = grown
    commands.sent.clear()

    trials = store.ledger.history(study.uid)

    assert [t.number for t in trials] == list(range(FINISHED))
    assert set(commands.names) == {"find", "getMore"}
    assert len(commands.names) <= 7


def test_studies_are_found_by_their_uid(grown, plans):
    store, commands, study = grown
    commands.sent.clear()
    store.ledger.lead(study.uid, "leader", 60.0)
    store.ledger.lead(Uid("none"), "leader", 60.0)

    assert [plan.indexes for plan in plans(store.db, commands)] == [["uid"], ["uid"]]
