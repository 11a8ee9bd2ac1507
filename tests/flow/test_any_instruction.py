"""A process that dies, or is suspended, at any of its calls to the store: the study ends the same.

Between two calls a process changes nothing that another could see, so that dying at an instruction
is dying before or after a call. Reads change nothing either: only writes are struck.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from parzen.coordinator.service import Coordinator
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Cancelled, Want

PAST = datetime(2000, 1, 1, tzinfo=timezone.utc)


class Killed(BaseException):
    """What ends a process in these tests: nothing that is written to handle errors sees it."""


class Struck:
    """A view of a store of which the ``at``-th call of ``writes`` meets with ``blow``.

    ``blow`` gets the call, which has not been made yet; ``at`` 0 never comes.
    """

    def __init__(self, view, writes, at=0, blow=None):
        self._view, self._writes, self._at, self._blow = view, writes, at, blow
        self.calls = []

    def __getattr__(self, name):
        method = getattr(self._view, name)
        if name not in self._writes:
            return method

        def call(*args, **named):
            self.calls.append(name)
            if len(self.calls) == self._at:
                return self._blow(lambda: method(*args, **named))
            return method(*args, **named)

        return call


def killed(call):
    """Before the reply of ``call`` is read."""
    call()
    raise Killed


WRITES = {
    "lead",
    "yield_lead",
    "insert_all",
    "expire",
    "queue_due",
    "cancel_waiting",
    "move",
    "wish_done",
    "keep_counts",
    "set_aside",
}


class Life:
    """A small study from its first proposal to its end, with one coordinator at a time.

    Time is the test's: each step is 0.3 s later, a trial takes one step, and a lease that its
    holder can no longer renew has run out at once.
    """

    def __init__(self, store, study, hand, script):
        self.store, self.name, self.hand, self.script = store, study.name, hand, script
        self.held = []
        self.seconds = 0.0

    @property
    def study(self):
        return self.store.catalog.study(self.name)

    def coordinator(self, name, *blow):
        ledger = Struck(self.store.ledger, WRITES, *blow)
        seen = type("Seen", (), {"ledger": ledger})()
        return Coordinator(seen, name=name, clock=lambda: self.seconds), ledger

    def step(self, coordinator):
        self.seconds += 0.3
        coordinator.step()
        self.held = self.script(self, self.held)

    def run(self, coordinator):
        """Until nothing is left to do."""
        for _ in range(80):
            self.step(coordinator)
            study = self.study
            if study.status.ended and study.wish.serial == study.wish_done == 1:
                return
        raise AssertionError(f"it does not end: {self.study}")

    def lease_runs_out(self):
        led = {"_id": self.name, "lease": {"$exists": True}}
        self.store.db.studies.update_one(led, {"$set": {"lease.expires_at": PAST}})

    def states(self):
        return {trial.state for trial in self.store.catalog.trials(self.study)}

    def outcome(self):
        """What people see in the end."""
        study = self.study
        trials = list(self.store.catalog.trials(study))
        counts = {state: sum(t.state is state for t in trials) for state in TrialState}
        assert {state: study.counts.get(state, 0) for state in TrialState} == counts
        ended = (study.status, study.status_reason, study.ending, study.limits, study.best_number)
        return ended, [(t.number, t.params, t.state, t.loss, t.attempt) for t in trials]


def enlarged(life, held):
    """Three trials, of which one fails; once the study has ended, its owner wants two more."""
    for claim in held:
        if claim.trial.number == 1:
            life.hand.fail([claim])
        else:
            life.hand.finish([claim])
    study = life.study
    if study.status.ended and not study.wish.serial:
        life.store.catalog.wish(life.name, Want.RUN, replace(study.limits, max_trials=5))
    return life.hand.claim(study)


def cancelled(life, held):
    """When two trials have run, the third runs and the fourth waits, the owner cancels."""
    study = life.study
    if not study.wish.serial and any(claim.trial.number == 2 for claim in held):
        if life.store.db.jobs.count_documents({"uid": study.uid}) == 4:
            life.store.catalog.wish(life.name, Want.CANCEL)
        return held
    if study.status.value == "stopping":
        life.hand.queue.report([(claim, Cancelled()) for claim in held])
        return []
    if study.wish.serial:
        return held
    life.hand.finish(held)
    return life.hand.claim(study)


@pytest.fixture(params=[(enlarged, 3), (cancelled, 4)], ids=["enlarged", "cancelled"])
def new_life(request, store, new_study, new_hand):
    """Make lives of studies that are alike."""
    script, trials = request.param
    hand = new_hand(slots=1)

    def make(n):
        study = new_study(f"study-{n}", max_trials=trials, max_running=2)
        return Life(store, study, hand, script)

    return make


def test_a_coordinator_killed_at_any_write_is_followed_by_another_to_the_same_end(new_life):
    quiet = new_life("quiet")
    coordinator, ledger = quiet.coordinator("alone")
    quiet.run(coordinator)
    wanted = quiet.outcome()
    assert {"lead", "insert_all", "move", "wish_done", "keep_counts", "yield_lead"} <= {
        *ledger.calls
    }
    assert ("cancel_waiting" in ledger.calls) is (TrialState.CANCELLED in quiet.states())

    # before a write is after the one before it
    for n in range(1, len(ledger.calls) + 1):
        life = new_life(f"killed-{n}")
        first, _ = life.coordinator("first", n, killed)
        with pytest.raises(Killed):
            life.run(first)
        life.lease_runs_out()
        heir, _ = life.coordinator("heir")
        life.run(heir)
        assert life.outcome() == wanted, (n, ledger.calls[n - 1])


@pytest.mark.parametrize("late", [True, False], ids=["before it", "before its reply"])
def test_a_coordinator_suspended_at_any_write_comes_back_and_changes_nothing(new_life, late):
    quiet = new_life("quiet")
    coordinator, ledger = quiet.coordinator("alone")
    quiet.run(coordinator)
    wanted = quiet.outcome()

    for n in range(1, len(ledger.calls) + 1):
        life = new_life(f"suspended-{n}")

        def suspended(call, life=life):
            reply = None if late else call()
            life.lease_runs_out()
            heir, _ = life.coordinator("heir")
            life.run(heir)
            heir.close()
            return call() if late else reply

        first, _ = life.coordinator("first", n, suspended)
        life.run(first)
        later, _ = life.coordinator("later")  # which looks for what came too late
        for one in (first, later, first):
            life.step(one)
        assert life.outcome() == wanted, (n, ledger.calls[n - 1])
