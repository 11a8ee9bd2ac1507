"""Two who want the same trial or study at the same moment: exactly one has it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from parzen.shared.lifecycle import Retries, StudyEvent, StudyStatus
from parzen.shared.records import Cancelled, Completed, Directive, Limits, Released, Verdict, Want

ROUNDS = 40


@pytest.fixture(scope="module")
def race():
    """Let functions begin at the same moment, each in a thread; what each gave."""
    with ThreadPoolExecutor(4) as threads:

        def run(*works):
            start = threading.Barrier(len(works))

            def one(work):
                start.wait()
                return work()

            return [running.result() for running in [threads.submit(one, work) for work in works]]

        yield run


def test_a_cancel_and_a_claim_have_one_winner(new_lab, race):
    lab = new_lab(retries=Retries(lost=None))
    ledger, lead = lab.store.ledger, lab.lead
    for n in range(ROUNDS):
        lab.insert(n)
        claims, cancelled = race(lab.claim, lambda: ledger.cancel_waiting(lead))
        assert (len(claims), list(cancelled)) in [(1, []), (0, [n])]
        assert lab.states()[n] == ("running" if claims else "cancelled")
        assert len(lab.trial(n).attempts) == len(claims)


def test_a_trial_is_claimed_once_however_many_want_it(lab, race):
    for n in range(ROUNDS):
        lab.insert(n)
        claims = [claim for got in race(*[lab.claim] * 4) for claim in got]
        assert [claim.trial.number for claim in claims] == [n]
        assert [a.token for a in lab.trial(n).attempts] == [claims[0].token]


def test_a_cancel_and_a_completion_of_one_claim_have_one_winner(lab, race):
    for n in range(ROUNDS):
        lab.insert(n)
        (claim,) = lab.claim()
        verdicts = [
            verdict
            for (verdict,) in race(
                lambda c=claim: lab.report((c, Completed(value=1.0))),
                lambda c=claim: lab.report((c, Cancelled())),
            )
        ]
        assert sorted(verdicts) == [Verdict.ACCEPTED, Verdict.LEASE_LOST]
        trial = lab.trial(n)
        completed = verdicts[0] is Verdict.ACCEPTED
        assert trial.state.value == ("complete" if completed else "cancelled")
        assert trial.attempts[-1].outcome == trial.state.value
        assert (trial.loss is not None) is completed


@pytest.mark.parametrize("status", [StudyStatus.ACTIVE, StudyStatus.STOPPING])
def test_a_completion_and_an_expiry_have_one_winner(new_lab, race, status):
    lab = new_lab(retries=Retries(lost=None))
    ledger, lead = lab.store.ledger, lab.lead
    lead = replace(lead, study=replace(lead.study, status=status))  # then an expiry is a cancel
    for n in range(ROUNDS):
        lab.insert(n)
        (claim,) = lab.claim(lost=True)
        (verdict,), taken = race(
            lambda c=claim: lab.report((c, Completed(value=1.0))), lambda: ledger.expire(lead)
        )
        completed = verdict is Verdict.ACCEPTED
        assert list(taken) == ([] if completed else [n])
        trial = lab.trial(n)
        lost = "waiting" if status is StudyStatus.ACTIVE else "cancelled"
        assert trial.state.value == ("complete" if completed else lost)
        assert trial.attempts[-1].outcome == ("complete" if completed else "lost")
        assert sum(trial.failures.values()) == (not completed)
        if lost == "waiting" and not completed:
            ledger.cancel_waiting(lab.lead)


def test_a_renewal_and_an_expiry_have_one_winner(new_lab, race):
    lab = new_lab(retries=Retries(lost=None))
    ledger, lead = lab.store.ledger, lab.lead
    for n in range(ROUNDS):
        lab.insert(n)
        (claim,) = lab.claim(lost=True)
        lasting = replace(claim, lease_s=60.0)
        (directive,), taken = race(
            lambda c=lasting: lab.store.queue.renew([c]), lambda: ledger.expire(lead)
        )
        renewed = directive is Directive.CONTINUE
        assert renewed or directive is Directive.LOST
        assert list(taken) == ([] if renewed else [n])
        assert lab.states()[n] == ("running" if renewed else "waiting")
        assert lab.report((claim, Completed(value=1.0))) == [
            Verdict.ACCEPTED if renewed else Verdict.LEASE_LOST
        ]
        if not renewed:
            ledger.cancel_waiting(lead)


def test_a_trial_given_back_and_taken_back_at_once_is_waiting_once(new_lab, race):
    lab = new_lab(retries=Retries(lost=None))
    ledger, lead = lab.store.ledger, lab.lead
    for n in range(ROUNDS):
        lab.insert(n)
        (claim,) = lab.claim(lost=True)
        (verdict,), taken = race(
            lambda c=claim: lab.report((c, Released())), lambda: ledger.expire(lead)
        )
        assert (verdict is Verdict.ACCEPTED) is (list(taken) == [])
        assert sum(lab.trial(n).failures.values()) == 1
        (again,) = lab.claim()
        assert (again.trial.number, again.trial.attempt) == (n, 2)
        lab.report((again, Completed(value=1.0)))


def test_two_leaders_move_a_study_once(new_lab, race):
    lab = new_lab()
    ledger, uid = lab.store.ledger, lab.study.uid
    for _ in range(ROUNDS):
        former = ledger.lead(uid, "former", -1.0)
        present = ledger.lead(uid, "present", 60.0)
        done = race(
            lambda lead=former: ledger.move(lead, StudyEvent.PAUSE, reason="former"),
            lambda lead=present: ledger.move(lead, StudyEvent.PAUSE, reason="present"),
        )
        assert done == [False, True]
        assert lab.store.catalog.study(lab.study.name).status_reason == "present"
        assert ledger.move(present, StudyEvent.RESUME)
        ledger.yield_lead(present)


def test_of_two_who_want_to_lead_one_does(new_lab, race):
    lab = new_lab()
    ledger, uid = lab.store.ledger, lab.study.uid
    terms = []
    for _ in range(ROUNDS):
        leads = race(*(lambda name=n: ledger.lead(uid, name, 60.0) for n in ("a", "b", "c")))
        (lead,) = [lead for lead in leads if lead is not None]
        terms.append(lead.term)
        ledger.yield_lead(lead)
    assert terms == list(range(1, ROUNDS + 1))


def test_a_wish_and_an_ending_both_stand(new_lab, race):
    """The wish is found after the end, whichever came first, so that none is lost."""
    for n in range(ROUNDS // 2):
        lab = new_lab()
        ledger, lead = lab.store.ledger, lab.lead
        limits = Limits(max_trials=10 + n)
        wished, moved = race(
            lambda lab=lab, limits=limits: lab.store.catalog.wish(lab.study.name, Want.RUN, limits),
            lambda ledger=ledger, lead=lead: ledger.move(lead, StudyEvent.COMPLETE, reason="done"),
        )
        assert moved
        assert wished.wish.serial == 1
        study = lab.store.catalog.study(lab.study.name)
        assert (study.status, study.wish, study.wish_done) == ("complete", wished.wish, 0)
        assert study.uid in {study.uid for study in ledger.leadable()}


def test_of_two_wishes_at_once_none_is_acted_on_twice(lab, race):
    name, catalog = lab.study.name, lab.store.catalog
    for n in range(0, ROUNDS, 2):
        wants = (Want.PAUSE, Want.RUN)
        wished = race(*(lambda want=want: catalog.wish(name, want) for want in wants))
        assert sorted(study.wish.serial for study in wished) == [n + 1, n + 2]
        last = max(wished, key=lambda study: study.wish.serial)
        assert catalog.study(name).wish == last.wish


def test_a_number_that_two_leaders_insert_stands_once(lab, race):
    lead = lab.lead
    for n in range(ROUNDS):
        added = race(*[lambda n=n: lab.insert(2 * n, 2 * n + 1)] * 2)
        assert sorted(number for one in added for number in one) == [2 * n, 2 * n + 1]
    assert len(lab.states()) == 2 * ROUNDS
    assert lead.term == 1
