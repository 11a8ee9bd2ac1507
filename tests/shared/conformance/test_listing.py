"""Which trials a store finds, in which order, and what it sums up of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from parzen.shared.course import Improvement
from parzen.shared.criteria import Comparison, Criterion
from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Completed, Failed, Failure

FULL = Failed(error=Failure(kind=FailureKind.EXCEPTION, message="32 GiB of memory are too few"))
SIGNS = {sign.value: sign for sign in Comparison}
RESULT = {"a.b": 1, "$where": "x", "": True, "n": float("nan"), "mixed": 3}


@pytest.fixture
def five(new_lab):
    """Trials 0 to 3 have ended, 3 badly, and 4 waits; ``found`` and ``sorted_by`` tell numbers."""
    lab = new_lab()
    values = [0.5, 0.25, 0.75]
    for number, x in enumerate([0.1, 7, "sgd", None, 0.4]):
        lab.insert(number, **{"x": x, "opt/y": number})
    outcomes = [
        Completed(value=v, result=RESULT | {"mixed": m}) for v, m in zip(values, "ab3", strict=True)
    ]
    lab.report(*zip(lab.claim(4), [*outcomes, FULL], strict=True))
    return lab


def found(lab, *conditions, **options):
    criteria = [Criterion(field, SIGNS[sign], value) for field, sign, value in conditions]
    return [t.number for t in lab.store.catalog.trials(lab.study, where=criteria, **options)]


FOUND = [
    ("params/x", "=", 7.0, [1]),
    ("params/x", "<", 1, [0, 4]),
    ("params/x", ">", 0.2, [1, 4]),
    ("params/x", ">=", "a", [2]),
    ("params/x", "!=", 7, [0, 2, 3, 4]),
    ("params/x", "=", None, [3]),
    ("params/x", "!=", None, [0, 1, 2, 4]),
    ("params/x", "~", "g", [2]),
    ("params/opt/y", "<=", 1, [0, 1]),
    ("state", "=", "failed", [3]),
    ("loss", "<", 0.6, [0, 1]),
    ("loss", "=", None, [3, 4]),
    ("attempt", "=", 0, [4]),
    ("host", "=", "node", [0, 1, 2, 3]),
    ("kind", "=", "exception", [3]),
    ("kind", "!=", "exception", [0, 1, 2, 4]),
    ("kind", "=", None, [0, 1, 2, 4]),
    ("error", "~", "GiB of", [3]),
    ("error", "~", ".*", []),
    ("duration", ">=", 0, [0, 1, 2, 3]),
    ("finished", ">", datetime(2020, 1, 1, tzinfo=timezone.utc), [0, 1, 2, 3]),
    ("result/a.b", "=", 1, [0, 1, 2]),
    ("result/$where", "=", "x", [0, 1, 2]),
    ("result/", "=", True, [0, 1, 2]),
    ("result/", "=", 1, []),
    ("result/n", "<", 1, []),
    ("result/n", ">", 1, []),
    ("result/mixed", "<", 4, []),
    ("result/mixed", "<", "b", [0, 2]),
    ("result/$$ROOT", "!=", None, []),
    ("user/x", "=", None, [0, 1, 2, 3, 4]),
    ("note", "=", "$state", []),
]


def test_trials_are_found_by_what_they_have(five):
    for *condition, numbers in FOUND:
        assert (condition, found(five, condition)) == (condition, numbers)


def test_conditions_add_up_beside_states_and_limits(five):
    ended = [TrialState.COMPLETE, TrialState.FAILED]
    assert found(five, ("params/opt/y", ">", 0), ("params/opt/y", "!=", 2), states=ended) == [1, 3]
    assert found(five, ("params/opt/y", ">", 0), sort="-loss", limit=2) == [2, 1]


SORTED = [
    ("params/opt/y", [0, 1, 2, 3, 4]),
    ("-params/opt/y", [4, 3, 2, 1, 0]),
    ("params/x", [0, 4, 1, 2, 3]),  # numbers before texts, what lacks it last
    ("-params/x", [2, 1, 4, 0, 3]),
    ("result/mixed", [2, 0, 1, 3, 4]),
    ("result/$where", [0, 1, 2, 3, 4]),
    ("host", [0, 1, 2, 3, 4]),
    ("-error", [3, 0, 1, 2, 4]),
    ("value", [1, 0, 2, 3, 4]),
    ("state", [0, 1, 2, 3, 4]),
]


def test_trials_are_sorted_by_any_field(five):
    for sort, numbers in SORTED:
        assert (sort, found(five, sort=sort)) == (sort, numbers)


def test_a_sorted_listing_is_cut_and_filtered(five):
    assert found(five, sort="-params/x", limit=4) == [2, 1, 4, 0]
    assert found(five, sort="state", states=[TrialState.FAILED]) == [3]
    assert found(five, ("params/opt/y", ">", 1), sort="params/x") == [4, 2, 3]


def test_slim_trials_are_sorted_by_what_they_leave_out(five):
    (trial,) = five.store.catalog.trials(five.study, sort="result/mixed", limit=1, slim=True)
    assert (trial.number, trial.result, trial.attempts) == (2, {}, ())


@pytest.mark.parametrize("sort", ["kind", "result", "params.x", "$natural", {"$meta": 1}])
def test_there_are_orders_that_make_no_sense(five, sort):
    with pytest.raises(InvalidInput):
        five.store.catalog.trials(five.study, sort=sort)


def test_a_document_broken_by_hand_hides_no_other(five):
    jobs = five.store.db.jobs
    jobs.update_one({"uid": five.study.uid, "number": 0}, {"$set": {"user": 5}})
    for name in ("attempts", "failures"):
        jobs.update_one(
            {"uid": five.study.uid, "number": 0},
            {"$set": {name: 5}},
            bypass_document_validation=True,
        )
    assert found(five, ("host", "=", "node")) == [1, 2, 3]
    assert found(five, ("kind", "!=", None), sort="worker") == [3]
    assert found(five, ("user/x", "!=", None)) == []
    assert sum(one.attempts for one in five.store.catalog.spent(five.study)) >= 3


def test_the_improvements_are_those_trials_that_beat_all_before(five):
    catalog = five.store.catalog
    assert catalog.improvements(five.study) == [Improvement(0, 0.5), Improvement(1, 0.25)]


def test_attempts_are_summed_up_by_how_they_ended(five):
    assert len(five.claim(1)) == 1
    spent = {(one.outcome, one.kind): one for one in five.store.catalog.spent(five.study)}
    counts = {end: one.attempts for end, one in spent.items()}
    assert counts == {
        ("complete", None): 3,
        ("failed", FailureKind.EXCEPTION): 1,
        (None, None): 1,
    }
    assert all(one.seconds >= 0 for one in spent.values())


def test_workers_that_have_trials_and_have_not_been_seen_for_long_are_silent(lab):
    queue, catalog = lab.store.queue, lab.store.catalog
    lab.insert(*range(4))
    queue.beat(lab.worker)
    assert len(lab.claim(2)) == 2
    by_hand = replace(lab.worker, id="by-hand")  # who never says that it lives
    assert len(queue.claim(by_hand, [lab.study], 1)) == 1
    assert catalog.silent(lab.study) == []
    past = [{"$set": {"seen_at": {"$subtract": ["$$NOW", 40_000]}}}]
    lab.store.db.workers.update_one({"_id": lab.worker.id}, past)
    [silent] = catalog.silent(lab.study)
    assert (silent.worker, silent.trials) == (lab.worker.id, 2)
    assert silent.seconds >= 40


def test_when_trials_ended_is_told_of_those_that_were_tried(five):
    five.store.db.jobs.update_one(
        {"uid": five.study.uid, "number": 1}, {"$set": {"state": "cancelled"}}
    )
    ends = five.store.catalog.ends(five.study)
    tried = [five.trial(number) for number in (0, 2, 3)]
    assert sorted((end.at, end.seconds) for end in ends) == sorted(
        (trial.finished_at, trial.duration_s) for trial in tried
    )
    assert [end.at for end in ends] == sorted(end.at for end in ends)


def test_attachments_have_sizes(lab):
    lab.insert(0)
    (claim,) = lab.claim()
    assert lab.store.catalog.attachment_sizes(lab.study, 0) == {}
    lab.store.queue.attach(claim, "b", b"12")
    lab.store.queue.attach(claim, "a", b"")
    lab.store.queue.attach(claim, "b", b"123")
    assert list(lab.store.catalog.attachment_sizes(lab.study, 0).items()) == [("a", 0), ("b", 3)]
