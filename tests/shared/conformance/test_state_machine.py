"""Anything that may happen to a study, in any order, against a model of what must come of it.

After every step each document is what the model says, changed along a row of the table, and was
not changed at all unless the step was about it: a fenced write touches nothing. The budget is
small and fixed, so that a run is repeatable and a failure is told at once; ``PARZEN_EXAMPLES=500``
searches for longer, at random, and then for the shortest way to a fault.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from models.study import STEPS, ModelStudy, ModelTrial

from parzen.shared.lifecycle import FailureKind, Retries, StudyEvent, StudyStatus, TrialState
from parzen.shared.mongo.schema import VALIDATORS
from parzen.shared.records import (
    Cancelled,
    Completed,
    Direction,
    Directive,
    Failed,
    Failure,
    Limits,
    Measurement,
    Proposed,
    Pruned,
    Released,
    Verdict,
    Want,
)
from parzen.shared.store import Kept, Proposal

EXAMPLES = int(os.environ.get("PARZEN_EXAMPLES", "0"))

BUDGET = settings(
    stateful_step_count=40,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    phases=list(Phase) if EXAMPLES else [Phase.generate],
    report_multiple_bugs=False,
    # a step is a few round trips to a server, on a machine that runs other tests too
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

LONG, OVER = 3600.0, -1.0
"""Leases, in seconds: one that no test outlasts, and one that has run out when it is granted."""

WORDS = {Completed: "complete", Pruned: "pruned", Released: "released", Cancelled: "cancelled"}

budgets = st.fixed_dictionaries(
    {
        "lost": st.sampled_from([0, 1, 3, None]),
        "preempted": st.sampled_from([None, None, 1]),
        "exception": st.sampled_from([0, 1, 2]),
        "timeout": st.sampled_from([0, 1]),
        "out_of_memory": st.sampled_from([0, 1, None]),
    }
)
values = st.sampled_from([-1.0, 0.0, 0.5, 2.0])
outcomes = st.one_of(
    st.builds(Completed, value=values, log_tail=st.sampled_from(["", "$claim.token"])),
    st.builds(
        lambda kind, result: Failed(error=Failure(kind=kind, message="$state"), result=result),
        st.sampled_from([kind for kind in FailureKind if kind is not FailureKind.LOST]),
        st.sampled_from([{}, {"norm": float("inf"), "$a.b": "$state"}]),
    ),
    st.sampled_from([Pruned(), Released(), Cancelled(), Completed(value=float("nan"))]),
)
measurements = st.lists(st.tuples(st.integers(0, 3), values), max_size=2)
picks = st.lists(st.integers(0, 99), min_size=1, max_size=3)
"""Which of a few things: an index that goes round."""


def picked(some, index):
    """One of ``some``, which are not none."""
    return some[index % len(some)]


def now():
    """The clock of the server, which runs on this machine; a date holds milliseconds."""
    return datetime.now(timezone.utc)


class OneStudy(RuleBasedStateMachine):
    """A study of a store, and what the model says of it."""

    store = new_lab = None

    def begin(self, budgets, direction):
        self.lab = self.new_lab(retries=Retries(**budgets), direction=direction)
        self.uid = self.lab.study.uid
        self.study = ModelStudy(budgets)

    def ask_to_lead(self, holder, *, over):
        granted = self.store.ledger.lead(self.uid, holder, OVER if over else LONG)
        assert (granted and granted.term) == self.study.lead(holder, over=over)
        return granted

    def in_term(self, lead):
        return self.study.leads(lead.study.lease.holder, lead.term)

    def check_documents(self):
        for collection in ("jobs", "studies", "measurements"):
            broken = {"uid": self.uid, "$nor": [VALIDATORS[collection]]}
            assert self.store.db[collection].count_documents(broken) == 0


class Trials(OneStudy):
    """The trials of a study: workers that come and go, and leaders of which one is out of date."""

    @initialize(budgets=budgets, direction=st.sampled_from(Direction))
    def submit(self, budgets, direction):
        self.begin(budgets, direction)
        self.before, self.touched = {}, set()
        self.held, self.past, self.said = [], [], {}
        self.leads = [self.ask_to_lead("a", over=True)]
        self.insert(again=0, count=4)

    # --- what happens -------------------------------------------------------------------------

    @rule(again=st.integers(0, 2), count=st.integers(1, 3))
    def insert(self, again, count):
        """The next few numbers, and some that stand already."""
        first = max(0, len(self.study.trials) - again)
        numbers = range(first, first + again + count)
        added = self.store.ledger.insert(
            self.leads[0],
            [
                Proposal(number=n, params={"x": n / 100}, proposed=Proposed(sampler="$s"))
                for n in numbers
            ],
        )
        new = [n for n in numbers if n not in self.study.trials]
        assert list(added) == new
        for n in new:
            self.study.trials[n] = ModelTrial(n)
        self.touched = set(new)

    @rule(worker=st.sampled_from("uvw"), count=st.integers(1, 3))
    def claim(self, worker, count):
        self.take(worker, count, lost=False)

    @rule(worker=st.sampled_from("uvw"), count=st.integers(1, 3), noticed=st.booleans())
    def claim_and_fall_silent(self, worker, count, noticed):
        self.take(worker, count, lost=True)
        if noticed:
            self.the_trials_are_what_the_model_says()
            self.expire(out_of_date=False)

    def take(self, worker, count, *, lost):
        hand = replace(self.lab.worker, id=worker, lease_s=OVER if lost else LONG)
        taken = self.store.queue.claim(hand, [self.lab.study], count)
        queued = sorted(
            (n for n, t in self.study.trials.items() if t.queued),
            key=lambda n: self.before[n]["order"],
        )
        assert [c.trial.number for c in taken] == queued[:count]
        for c in taken:
            trial = self.study.trials[c.trial.number]
            assert c.token not in trial.tokens
            trial.claim(c.token, overdue=lost)
            assert (c.trial.attempt, c.trial.claim.worker) == (trial.attempt, worker)
            assert c.trial.params == {"x": trial.number / 100}
            self.held.append(c)
        self.touched = {c.trial.number for c in taken}

    @precondition(lambda self: self.held)
    @rule(picks=picks, stale=st.booleans(), measured=st.lists(measurements, min_size=4, max_size=4))
    def renew(self, picks, stale, measured):
        """A worker that came back may have lost some of what it renews, perhaps to itself."""
        some = {picked(self.held, i).token: picked(self.held, i) for i in picks}
        if stale and self.past:
            some[picked(self.past, picks[0]).token] = picked(self.past, picks[0])
        claims = [replace(claim, lease_s=LONG) for claim in some.values()]
        seen = [
            Measurement(
                uid=self.uid, number=c.trial.number, step=step, value=value, attempt=c.trial.attempt
            )
            for c, steps in zip(claims, measured, strict=False)
            for step, value in steps
        ]
        told = self.store.queue.renew(claims, seen)
        going_on = Directive.STOP if self.study.unwanted else Directive.CONTINUE
        for c, steps, directive in zip(claims, measured, told, strict=False):
            trial = self.study.trials[c.trial.number]
            held = trial.token == c.token
            assert directive is (going_on if held else Directive.LOST)
            if held:
                trial.overdue = False
                for step, value in steps:
                    trial.measure(step, value)
                self.touched.add(trial.number)

    @precondition(lambda self: self.held)
    @rule(done=st.lists(st.tuples(st.integers(0, 99), outcomes), min_size=1, max_size=3))
    def report(self, done):
        self.deliver([(picked(self.held, i), outcome) for i, outcome in done])

    @precondition(lambda self: self.held and self.past)
    @rule(
        done=st.tuples(st.integers(0, 99), outcomes), late=st.tuples(st.integers(0, 99), outcomes)
    )
    def report_late(self, done, late):
        """Together with one whose claim is over, in one round trip."""
        self.deliver([(picked(self.past, late[0]), late[1]), (picked(self.held, done[0]), done[1])])

    @precondition(lambda self: self.said)
    @rule(pick=st.integers(0, 99))
    def report_again(self, pick):
        """The reply was lost: the same outcome once more."""
        self.deliver([picked(list(self.said.values()), pick)])

    @rule(out_of_date=st.booleans())
    def expire(self, out_of_date):
        lead = self.leads[0 if out_of_date else -1]
        expected = [n for n in self.study.numbers("running") if self.study.trials[n].overdue]
        assert self.store.ledger.expire(lead) == expected
        for n in expected:
            trial = self.study.trials[n]
            if lead.study.status in ("active", "paused"):
                trial.fail("lost", "lost", self.study.budgets)
            else:
                trial.failures["lost"] += 1
                trial.end("lost", "cancelled")
        self.touched = set(expected)
        self.sort_claims()

    @rule(later=st.booleans())
    def queue_due(self, later):
        """Those whose rest is over; ``later`` all rests are."""
        if later:
            resting = {"uid": self.uid, "due_at": {"$exists": True}}
            past = now() - timedelta(seconds=1)
            self.store.db.jobs.update_many(resting, {"$set": {"due_at": past}})
        rests = {n: d["due_at"] for n, d in self.documents().items() if "due_at" in d}
        begun = now()
        done = self.store.ledger.queue_due(self.leads[-1])
        ended = now()
        queued = {n for n in rests if "due_at" not in self.documents()[n]}
        tick = timedelta(milliseconds=1)
        assert {n for n, due in rests.items() if due < begun - tick} <= queued
        assert queued <= {n for n, due in rests.items() if due <= ended + tick}
        assert done == len(queued)
        for n in queued:
            self.study.trials[n].queued = True
        self.touched = set(rests)

    @rule(event=st.sampled_from(["stop", "pause", "resume", "resume"]))
    def move(self, event):
        lead = self.leads[-1]
        moved = self.store.ledger.move(lead, StudyEvent(event))
        assert moved == self.study.move(event, None, None)
        self.leads = [lead, self.ask_to_lead("a", over=False)]

    @precondition(lambda self: self.study.status == "stopping")
    @rule()
    def cancel_waiting(self):
        expected = self.study.numbers("waiting")
        assert self.store.ledger.cancel_waiting(self.leads[-1]) == expected
        for n in expected:
            self.study.trials[n].state, self.study.trials[n].queued = "cancelled", False
        self.touched = set(expected)

    # --- what must come of it -----------------------------------------------------------------

    def deliver(self, done):
        done = list({claim.token: (claim, outcome) for claim, outcome in done}.values())
        verdicts = self.store.queue.report(done)
        for (claim, outcome), verdict in zip(done, verdicts, strict=True):
            trial = self.study.trials[claim.trial.number]
            if trial.token == claim.token:
                self.settle(trial, outcome)
                self.said[claim.token] = (claim, outcome)
                self.touched.add(trial.number)
                assert verdict is Verdict.ACCEPTED
            elif self.said.get(claim.token) == (claim, outcome):
                assert verdict is Verdict.ACCEPTED
            elif trial.word(claim.token) == "lost":
                assert verdict is Verdict.LEASE_LOST
        self.sort_claims()

    def settle(self, trial, outcome):
        budgets = self.study.budgets
        if isinstance(outcome, Completed) and outcome.value != outcome.value:
            trial.fail("invalid_result", "failed", budgets)
        elif isinstance(outcome, Completed):
            trial.end("complete", "complete")
            trial.value = outcome.value
        elif isinstance(outcome, Failed):
            trial.fail(outcome.error.kind.value, "failed", budgets, outcome.result)
        elif isinstance(outcome, Released):
            trial.fail("preempted", "released", budgets)
        else:
            trial.end(WORDS[type(outcome)], WORDS[type(outcome)])

    def sort_claims(self):
        tokens = {trial.token for trial in self.study.trials.values()}
        self.past += [claim for claim in self.held if claim.token not in tokens]
        self.held = [claim for claim in self.held if claim.token in tokens]

    def documents(self):
        return {d["number"]: d for d in self.store.db.jobs.find({"uid": self.uid})}

    @invariant()
    def the_trials_are_what_the_model_says(self):
        found = self.documents()
        assert sorted(found) == sorted(self.study.trials)
        for number, document in found.items():
            before = self.before.get(number)
            if number not in self.touched:
                assert document == before, "a step changed a trial that it was not about"
            elif before is not None and before["state"] != document["state"]:
                assert (before["state"], document["state"]) in STEPS
            self.check_trial(document, self.study.trials[number])
        self.before, self.touched = found, set()

    def check_trial(self, d, trial):
        attempts = d.get("attempts", [])
        assert d["state"] == trial.state
        assert d["attempt"] == trial.attempt == len(attempts)
        assert [a["n"] for a in attempts] == list(range(1, trial.attempt + 1))
        assert [a["token"] for a in attempts] == trial.tokens
        assert [a.get("outcome") for a in attempts] == trial.outcomes
        assert all(("ended_at" in a) == ("outcome" in a) for a in attempts)
        assert d["failures"] == dict(trial.failures)
        assert d.get("claim", {}).get("token") == trial.token
        assert ("order" in d) == trial.queued
        assert ("due_at" in d) == (trial.state == "waiting" and not trial.queued)
        assert ("finished_at" in d) == trial.over
        assert ("started_at" in d) == (trial.state != "waiting" and trial.attempt > 0) or (
            trial.state == "cancelled"  # from waiting or from running
        )
        assert d.get("value") == trial.value
        assert d.get("result", {}) == trial.result
        sign = -1 if self.lab.study.direction is Direction.MAXIMIZE else 1
        assert d.get("loss") == (None if trial.value is None else sign * trial.value)
        last = d.get("last")
        assert (last and (last["step"], last["value"])) == trial.last
        if before := self.before.get(trial.number):
            assert d["params"] == before["params"]
            assert d["proposed"] == before["proposed"]

    def teardown(self):
        if not hasattr(self, "study"):
            return
        for number, trial in self.study.trials.items():
            seen = self.store.catalog.measurements(self.lab.study, number)
            assert {m.step: (m.attempt, m.value) for m in seen} == trial.measured
        self.check_documents()
        assert len(list(self.store.ledger.history(self.uid))) == len(self.before)


class Leaders(OneStudy):
    """The status of a study: two coordinators that follow each other, and an owner."""

    leads = Bundle("leads")

    @initialize(target=leads)
    def submit(self):
        self.begin({}, Direction.MINIMIZE)
        return self.ask_to_lead("a", over=False)

    @rule(holder=st.sampled_from("ab"), over=st.booleans(), target=leads)
    def lead(self, holder, over):
        granted = self.ask_to_lead(holder, over=over)
        return multiple() if granted is None else granted

    @rule(lead=leads)
    def yield_lead(self, lead):
        self.store.ledger.yield_lead(lead)
        if self.in_term(lead):
            self.study.lease_over = True

    @rule(
        lead=leads,
        event=st.sampled_from(StudyEvent),
        reason=st.sampled_from([None, "$status"]),
        ending=st.sampled_from([None, StudyStatus.CANCELLED]),
    )
    def move(self, lead, event, reason, ending):
        may = self.in_term(lead)
        moved = self.store.ledger.move(lead, event, reason=reason, ending=ending)
        assert moved == (may and self.study.move(event.value, reason, ending and ending.value))

    @rule(want=st.sampled_from(Want), most=st.sampled_from([None, 5, 9]))
    def wish(self, want, most):
        limits = None if most is None else Limits(max_trials=most)
        self.study.wish(want.value, most)
        assert self.store.catalog.wish(self.lab.study.name, want, limits).wish.serial == (
            self.study.serial
        )

    @rule(lead=leads)
    def carry_out_the_wish(self, lead):
        wish = self.store.catalog.study(self.lab.study.name).wish
        done = self.store.ledger.wish_done(lead, wish)
        assert done == self.in_term(lead)
        if done:
            self.study.done = self.study.serial
            if self.study.wished is not None:
                self.study.max_trials = self.study.wished

    @rule(lead=leads, complete=st.integers(0, 3))
    def keep_counts(self, lead, complete):
        kept = Kept(lead=lead, counts={TrialState.COMPLETE: complete})
        (done,) = self.store.ledger.keep_counts([kept])
        assert done == self.in_term(lead)
        if done:
            self.study.counts = {"complete": complete}

    @invariant()
    def the_study_is_what_the_model_says(self):
        found, model = self.store.catalog.study(self.lab.study.name), self.study
        assert (found.status, found.status_reason) == (model.status, model.reason)
        assert found.ending == model.ending
        assert (found.lease.holder, found.lease.term) == (model.holder, model.term)
        assert (found.wish.want, found.wish.serial, found.wish_done) == (
            model.want,
            model.serial,
            model.done,
        )
        assert (found.wish.limits and found.wish.limits.max_trials) == model.wished
        assert found.limits.max_trials == model.max_trials
        assert {state.value: n for state, n in found.counts.items()} == model.counts

    def teardown(self):
        if hasattr(self, "study"):
            self.check_documents()


@pytest.mark.timeout(max(120, 10 * EXAMPLES))
@pytest.mark.parametrize(("machine", "examples"), [(Trials, 30), (Leaders, 10)])
def test_whatever_happens_the_store_does_what_the_model_says(any_store, new_lab, machine, examples):
    class Here(machine):
        store = any_store

        def __init__(self):
            super().__init__()
            self.new_lab = new_lab

    budget = settings(BUDGET, max_examples=EXAMPLES or examples)
    run_state_machine_as_test(Here, settings=budget)
