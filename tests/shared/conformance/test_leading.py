from __future__ import annotations

from datetime import datetime, timezone

import pytest

from parzen.shared.lifecycle import StudyEvent, StudyStatus, TrialState
from parzen.shared.records import Limits, SetAside, Uid, Want
from parzen.shared.store import Kept


def aside(worker, **fields):
    until = datetime(2026, 11, 3, 4, 5, 6, 789000, tzinfo=timezone.utc)
    return SetAside(**{"worker": worker, "until": until, "reason": "it fails", **fields})


def lead(lab, holder, lease_s=60.0):
    return lab.store.ledger.lead(lab.study.uid, holder, lease_s)


def status(lab):
    return lab.store.catalog.study(lab.study.name)


def test_one_leads_and_the_other_waits(lab):
    first = lead(lab, "a")

    assert lead(lab, "b") is None
    assert lead(lab, "a").term == first.term == 1
    assert first.study.lease.holder == "a"
    assert (first.study.lease.expires_at - first.now).total_seconds() == 60.0


def test_the_term_grows_when_another_takes_over_an_expired_lease(lab):
    assert lead(lab, "a", -1.0).term == 1
    assert lead(lab, "b").term == 2
    assert lead(lab, "a") is None


def test_the_term_grows_when_a_leader_comes_back_after_its_lease_ran_out(lab):
    assert lead(lab, "a", -1.0).term == 1
    assert lead(lab, "a").term == 2


def test_yielding_lets_another_take_over_at_once(lab):
    first = lead(lab, "a")
    lab.store.ledger.yield_lead(first)

    assert lead(lab, "b").term == 2
    lab.store.ledger.yield_lead(first)
    assert lead(lab, "a") is None


def test_nobody_leads_a_study_that_is_gone(lab):
    assert lab.store.ledger.lead(Uid("no such study"), "a", 60.0) is None


def test_a_former_leader_writes_nothing(lab):
    former = lead(lab, "a", -1.0)
    wish = lab.store.catalog.wish(lab.study.name, Want.PAUSE, Limits(max_trials=9)).wish
    lead(lab, "b")
    ledger = lab.store.ledger

    assert not ledger.move(former, StudyEvent.PAUSE)
    assert not ledger.wish_done(former, wish)
    kept = Kept(lead=former, counts={TrialState.COMPLETE: 5}, best_number=3, proposing="stage 1")
    assert list(ledger.keep_counts([kept])) == [False]
    assert not ledger.set_aside(former, [aside("n1")])

    now = status(lab)
    assert (now.status, now.wish_done, now.counts, now.best_number) == ("active", 0, {}, None)
    assert now.proposing is None
    assert now.limits == Limits()
    assert now.quarantine == ()


def test_a_study_stops_ends_and_is_resumed(lab):
    ledger, leader = lab.store.ledger, lead(lab, "a")

    assert ledger.move(leader, StudyEvent.STOP, reason="$done", ending=StudyStatus.COMPLETE)
    stopping = status(lab)
    assert (stopping.status, stopping.ending) == (StudyStatus.STOPPING, StudyStatus.COMPLETE)
    assert stopping.status_reason == "$done"

    assert ledger.move(leader, StudyEvent.COMPLETE)
    ended = status(lab)
    assert ended.status is StudyStatus.COMPLETE
    assert ended.ended_at is not None
    assert (ended.ending, ended.status_reason) == (None, "$done")

    assert ledger.move(leader, StudyEvent.RESUME)
    again = status(lab)
    assert again.status is StudyStatus.ACTIVE
    assert again.active_since > lab.study.active_since
    assert (again.ended_at, again.ending, again.status_reason) == (None, None, None)


@pytest.mark.parametrize("event", [StudyEvent.STOP, StudyEvent.PAUSE, StudyEvent.COMPLETE])
def test_a_step_that_the_lifecycle_lacks_is_not_done(lab, event):
    leader = lead(lab, "a")
    lab.store.ledger.move(leader, StudyEvent.CANCEL, reason="enough")

    assert not lab.store.ledger.move(leader, event, reason="other")
    assert status(lab).status_reason == "enough"


def test_counts_and_the_best_are_kept(lab):
    leader = lead(lab, "a")
    lab.store.ledger.keep_counts(
        [Kept(lead=leader, counts={TrialState.COMPLETE: 5, TrialState.RUNNING: 2}, best_number=3)]
    )
    lab.store.ledger.keep_counts(
        [Kept(lead=leader, counts={TrialState.COMPLETE: 6}, best_number=4)]
    )

    assert (status(lab).counts, status(lab).best_number) == ({TrialState.COMPLETE: 6}, 4)

    lab.store.ledger.keep_counts([Kept(lead=leader, counts={})])
    assert (status(lab).counts, status(lab).best_number) == ({}, None)


def test_who_proposes_and_why_is_kept_with_the_counts(lab):
    leader = lead(lab, "a")
    lab.store.ledger.keep_counts(
        [Kept(lead=leader, counts={}, proposing="$stage 1 of 2: free: lr")]
    )
    assert status(lab).proposing == "$stage 1 of 2: free: lr"

    lab.store.ledger.keep_counts([Kept(lead=leader, counts={})])
    assert status(lab).proposing is None


def test_who_is_set_aside_is_kept_and_every_view_of_the_study_shows_it(lab):
    leader = lead(lab, "a")
    two = (aside("n1", reason="$reason"), aside("node.two:$7", times=3, probation=True))
    assert lab.store.ledger.set_aside(leader, two)

    assert status(lab).quarantine == two
    assert lead(lab, "a").study.quarantine == two
    assert [s.quarantine for s in lab.store.queue.studies([lab.study.name])] == [two]

    assert lab.store.ledger.set_aside(leader, ())
    assert status(lab).quarantine == ()


def test_a_wish_carried_out_puts_its_limits_in_force(lab):
    wish = lab.store.catalog.wish(lab.study.name, Want.RUN, Limits(max_trials=9)).wish
    assert wish.serial == 1

    assert lab.store.ledger.wish_done(lead(lab, "a"), wish)

    assert (status(lab).limits, status(lab).wish_done) == (Limits(max_trials=9), 1)


def test_an_ended_study_is_leadable_until_its_owners_wish_is_carried_out(lab):
    leader = lead(lab, "a")
    ledger, name = lab.store.ledger, lab.study.name
    assert name in [s.name for s in ledger.leadable()]
    ledger.move(leader, StudyEvent.CANCEL)
    assert name not in [s.name for s in ledger.leadable()]

    wish = lab.store.catalog.wish(name, Want.RUN).wish
    assert name in [s.name for s in ledger.leadable()]

    ledger.wish_done(leader, wish)
    assert name not in [s.name for s in ledger.leadable()]
    assert name not in [s.name for s in lab.store.queue.studies()]


def test_many_leases_are_renewed_at_once_but_none_that_is_lost(lab, new_lab):
    """Of four studies one is led by somebody else, and one lease has run out."""
    mine, other, late, gone = lab, new_lab(), new_lab(), Uid("no such study")
    lead(mine, "a")
    lead(other, "b")
    lead(late, "a", -1.0)
    before = status(mine).lease.expires_at

    uids = [mine.study.uid, other.study.uid, late.study.uid, gone]
    (renewed,) = lab.store.ledger.renew_leads(uids, "a", 600.0)

    assert (renewed.study.uid, renewed.term) == (mine.study.uid, 1)
    assert status(mine).lease.expires_at > before
    assert (status(mine).lease.expires_at - renewed.now).total_seconds() == 600.0
    assert status(other).lease.holder == "b"
    assert lead(late, "c").term == 2


def test_the_counts_of_many_studies_are_kept_at_once_but_not_by_a_former_leader(lab, new_lab):
    one, two = lab, new_lab()
    former = lead(one, "a", -1.0)
    lead(one, "b")
    leader = lead(two, "a")
    all_kept = [
        Kept(lead=former, counts={TrialState.COMPLETE: 5}),
        Kept(lead=leader, counts={TrialState.COMPLETE: 7}, best_number=3, proposing="$x"),
    ]

    assert list(lab.store.ledger.keep_counts(all_kept)) == [False, True]
    assert list(lab.store.ledger.keep_counts(all_kept[1:])) == [True]
    assert (status(one).counts, status(one).best_number) == ({}, None)
    assert (status(two).counts, status(two).best_number) == ({TrialState.COMPLETE: 7}, 3)
    assert status(two).proposing == "$x"
