from __future__ import annotations

import pytest

from parzen.shared.lifecycle import FailureKind, Settlement, TrialEvent, sources
from parzen.shared.mongo import updates
from parzen.shared.records import Claim, Failure, Study, Trial, Uid

CLAIM = Claim(
    study=Study(name="s", uid=Uid("u"), dimensions=()),
    trial=Trial(study="s", uid=Uid("u"), number=4, params={}),
    token="t",
    lease_s=1.5,
)


def test_a_fence_names_the_trial_its_states_and_the_token():
    fence = updates.fenced(CLAIM, sources(TrialEvent.CANCEL))

    assert fence == {
        "_id": "u:4",
        "state": {"$in": ["waiting", "running"]},
        "claim.token": "t",
    }


def test_times_are_the_servers():
    (stage,) = updates.renewed(CLAIM, None)

    assert stage == {"$set": {"claim.expires_at": {"$add": ["$$NOW", 1500]}}}


@pytest.mark.parametrize(
    ("backoff_s", "sets", "unsets"),
    [(0.0, "order", "due_at"), (2.0, "due_at", "order")],
)
def test_a_requeued_trial_has_a_place_or_a_time(backoff_s, sets, unsets):
    changed, gone = updates.requeued(Settlement(TrialEvent.REQUEUE, backoff_s), CLAIM.study)

    assert sets in changed["$set"]
    assert unsets not in changed["$set"]
    assert unsets in gone["$unset"]
    assert "claim" in gone["$unset"]


def test_an_error_is_cut_to_what_a_document_holds():
    failure = Failure(kind=FailureKind.EXCEPTION, message="a\ud800b\0", traceback=None, type=None)

    assert updates.cleaned(failure).message == "a?b\ufffd"
