from __future__ import annotations

import time

import pytest

from parzen.coordinator.service import Coordinator
from parzen.shared.lifecycle import TrialState


class Flow:
    """A coordinator, a worker and a study in one thread, each moved by the test."""

    def __init__(self, store, study, hand, coordinator):
        self.store, self.name, self.hand, self.coordinator = store, study.name, hand, coordinator

    @property
    def study(self):
        return self.store.catalog.study(self.name)

    @property
    def status(self):
        study = self.study
        return study.status.value, study.status_reason

    def trials(self, **options):
        return list(self.store.catalog.trials(self.study, **options))

    def states(self):
        return [trial.state for trial in self.trials()]

    def step_until(self, met, within_s=20.0):
        """Let the coordinator step until ``met()``; what it gave."""
        deadline = time.monotonic() + within_s
        while not (found := met()):
            assert time.monotonic() < deadline, f"{self.status}: {self.states()}"
            self.coordinator.step()
        return found

    def claim(self, count=1):
        """Claim ``count`` trials, as soon as the coordinator has proposed as many."""
        claims = []
        self.step_until(
            lambda: (
                claims.extend(self.hand.claim(self.study, count - len(claims)))
                or len(claims) == count
            )
        )
        return claims

    def run(self, value=None):
        """Work until the study has ended."""
        self.step_until(
            lambda: self.hand.work(self.study, value=value) * 0 or self.study.status.ended
        )

    def consistent(self):
        """Whether the counts that people see are those of the trials, numbered from 0."""
        trials, study = self.trials(), self.study
        assert [trial.number for trial in trials] == list(range(len(trials)))
        for state in TrialState:
            counted = sum(trial.state is state for trial in trials)
            assert study.counts.get(state, 0) == counted, state
        return True


@pytest.fixture
def new_flow(store, new_study, new_hand):
    """Make a flow: ``new_flow(max_trials=5)``; ``lease_s`` is how long the worker's claims last."""
    coordinators = []

    def make(name="study", *, slots=2, lease_s=60.0, **options):
        study = new_study(name, **options)
        coordinator = Coordinator(store)
        coordinators.append(coordinator)
        return Flow(store, study, new_hand(slots=slots, lease_s=lease_s), coordinator)

    yield make
    for coordinator in coordinators:
        coordinator.close()
