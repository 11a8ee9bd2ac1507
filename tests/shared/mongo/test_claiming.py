from __future__ import annotations

import pytest
from pymongo.errors import AutoReconnect

from parzen.shared.errors import StoreUnreachable
from parzen.shared.mongo.claiming import Claiming
from parzen.shared.store import Proposal, Proposed


@pytest.fixture
def study(store, new_study):
    study = new_study(store)
    lead = store.ledger.lead(study.uid, "leader", 60.0)
    proposals = [
        Proposal(number=n, params={"x": 0.5}, proposed=Proposed(sampler="random")) for n in range(3)
    ]
    store.ledger.insert(lead, proposals)
    return study


def breaking(monkeypatch, *, after, times=1):
    """The network fails ``times``, just before or just ``after`` the server's work."""
    update, left = Claiming._update, [times]

    def broken(self, uids, token):
        if left[0] and after:
            left[0] -= 1
            update(self, uids, token)
            raise AutoReconnect("the line is cut")
        if left[0]:
            left[0] -= 1
            raise AutoReconnect("the line is cut")
        return update(self, uids, token)

    monkeypatch.setattr(Claiming, "_update", broken)


@pytest.mark.parametrize("after", [True, False])
def test_a_claim_whose_reply_was_lost_takes_one_trial(store, study, worker, monkeypatch, after):
    breaking(monkeypatch, after=after)

    (claim,) = store.queue.claim(worker, [study])

    assert claim.trial.number == 0
    assert store.db.jobs.count_documents({"state": "running"}) == 1
    assert store.db.jobs.find_one({"state": "running"})["claim"]["token"] == claim.token


def test_a_line_that_stays_cut_is_an_error(store, study, worker, monkeypatch):
    breaking(monkeypatch, after=False, times=2)

    with pytest.raises(StoreUnreachable, match="the line is cut"):
        store.queue.claim(worker, [study])


def test_what_was_claimed_before_the_line_was_cut_is_not_dropped(
    store, study, worker, monkeypatch, caplog
):
    take = Claiming._take_several

    def failing(self, by_uid, count):
        if self.taken:
            raise AutoReconnect("the line is cut")
        return take(self, by_uid, count)

    monkeypatch.setattr(Claiming, "_take_several", failing)

    assert [c.trial.number for c in store.queue.claim(worker, [study], 5)] == [0, 1, 2]
    assert "claimed 3 of 5" in caplog.text


def test_several_are_taken_each_under_a_token_of_its_own(store, study, worker):
    first, second, third = store.queue.claim(worker, [study], 3)

    assert [c.trial.number for c in (first, second, third)] == [0, 1, 2]
    tokens = {first.token, second.token, third.token}
    assert len(tokens) == 3
    assert {d["claim"]["token"] for d in store.db.jobs.find({"state": "running"})} == tokens
    assert [c.trial.attempts[-1].token for c in (first, second)] == [first.token, second.token]


def test_who_finds_others_at_the_same_trials_goes_on_with_single_ones(
    store, study, worker, monkeypatch
):
    """Others take the first two between the look and the write."""
    write = Claiming._write
    taken = []

    def late(self, *args):
        if not taken:
            taken.extend(Claiming(self.link, worker).run([study], 1))
            taken.extend(Claiming(self.link, worker).run([study], 1))
        return write(self, *args)

    monkeypatch.setattr(Claiming, "_write", late)
    claims = store.queue.claim(worker, [study], 3)

    assert [c.trial.number for c in taken] == [0, 1]
    assert [c.trial.number for c in claims] == [2]
    assert store.queue.claim(worker, [study], 3) == []


def test_the_order_of_the_queue_is_kept(store, study, worker):
    store.db.jobs.update_one({"_id": f"{study.uid}:2"}, {"$set": {"order": -5}})

    assert [c.trial.number for c in store.queue.claim(worker, [study], 2)] == [2, 0]


def test_a_trial_of_another_schema_is_left_waiting(store, study, worker):
    store.db.jobs.update_one({"_id": f"{study.uid}:0"}, {"$set": {"schema": 2}})

    assert [c.trial.number for c in store.queue.claim(worker, [study], 3)] == [1, 2]
    assert store.db.jobs.find_one({"_id": f"{study.uid}:0"})["state"] == "waiting"


def test_a_trial_that_was_broken_by_hand_fails_and_blocks_nobody(store, study, worker, caplog):
    store.db.jobs.update_one({"_id": f"{study.uid}:0"}, {"$set": {"failures": {"bored": 1}}})

    assert [c.trial.number for c in store.queue.claim(worker, [study], 2)] == [1, 2]

    document = store.db.jobs.find_one({"_id": f"{study.uid}:0"})
    assert document["state"] == "failed"
    assert "'bored'" in document["attempts"][-1]["error"]["message"]
    assert caplog.text.count("'bored'") == 1
