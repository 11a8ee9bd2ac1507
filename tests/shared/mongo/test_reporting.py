from __future__ import annotations

import pytest

from parzen.shared.lifecycle import FailureKind
from parzen.shared.mongo import reporting
from parzen.shared.records import Completed, Failed, Failure, Verdict
from parzen.shared.store import Proposal, Proposed


def nested(levels):
    value: object = 1
    for _ in range(levels):
        value = {"in": value}
    return {"in": value}


@pytest.mark.parametrize(
    "result", [{}, {"a": [1, None, "x", b"\0", {"": 1.5}]}, nested(80), {"l": "x" * 1_000_000}]
)
def test_what_a_document_holds_is_fit(result):
    assert reporting.unfitness(Completed(value=1.0, result=result)) is None


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Completed(value=float("inf")), "inf, expected a finite number"),
        (Completed(value=1.0, result=nested(95)), "nested deeper than 90 levels"),
        (Completed(value=1.0, result={"x": "x" * 13_000_000}), "trial.attach"),
        (Completed(value=1.0, result={"nul\0key": 1}), "cannot hold"),
        (Completed(value=1.0, result={"set": {1}}), "cannot hold"),
    ],
)
def test_what_a_document_cannot_hold_is_unfit(outcome, says):
    assert says in reporting.unfitness(outcome)


def test_a_result_that_holds_itself_is_unfit():
    loop: dict = {}
    loop["self"] = loop

    assert "cannot hold" in reporting.unfitness(Completed(value=1.0, result=loop))


BIG = {"big": "x" * 9_000_000}
BROKEN = Failure(kind=FailureKind.EXCEPTION, message="no")


@pytest.mark.parametrize(
    "told", [Completed(value=1.0, result=BIG), Failed(error=BROKEN, result=BIG)]
)
def test_what_the_server_refuses_by_itself_fails_only_its_trial(
    store, new_study, worker, monkeypatch, told
):
    """Were our own measure of a result wrong, the trial would still not be lost."""
    monkeypatch.setattr(reporting, "RESULT_BYTES", 10**9)
    study = new_study(store)
    proposed = Proposed(sampler="random")
    store.ledger.insert(
        store.ledger.lead(study.uid, "leader", 60.0),
        [Proposal(number=n, params={}, proposed=proposed) for n in range(2)],
    )
    store.db.jobs.update_one({"_id": f"{study.uid}:0"}, {"$set": {"user": BIG}})
    first, second = store.queue.claim(worker, [study], 2)
    done = [(first, told), (second, Completed(value=1.0))]

    assert store.queue.report(done) == [Verdict.ACCEPTED] * 2

    refused, kept = store.ledger.history(study.uid)
    assert (refused.state, kept.state) == ("failed", "complete")
    attempt = store.catalog.trial(study, 0).attempts[-1]
    assert attempt.error.kind is FailureKind.INVALID_RESULT
    assert store.queue.report(done) == [Verdict.ACCEPTED] * 2
