"""The lifecycle's tables, row by row, and what a failure does to its trial."""

from __future__ import annotations

import pytest

from parzen.shared.errors import IllegalTransition
from parzen.shared.lifecycle import (
    FENCED,
    STUDY,
    TRIAL,
    FailureKind,
    Retries,
    StudyEvent,
    StudyStatus,
    TrialEvent,
    TrialState,
    after,
    settle,
    sources,
    target,
)

TRIAL_ROWS = """
    waiting   claim    running
    running   requeue  waiting
    running   release  waiting
    running   complete complete
    running   prune    pruned
    running   fail     failed
    running   cancel   cancelled
    waiting   cancel   cancelled
    running   expire   waiting
    running   give_up  failed
    failed    retry    waiting
    cancelled retry    waiting
"""
STUDY_ROWS = """
    active    pause    paused
    paused    resume   active
    stopping  resume   active
    complete  resume   active
    failed    resume   active
    cancelled resume   active
    active    stop     stopping
    paused    stop     stopping
    active    complete complete
    paused    complete complete
    stopping  complete complete
    active    fail     failed
    paused    fail     failed
    stopping  fail     failed
    active    cancel   cancelled
    paused    cancel   cancelled
    stopping  cancel   cancelled
"""


def table(rows, state, event):
    parts = (row.split() for row in rows.strip().splitlines())
    return {(state(a), event(b)): state(c) for a, b, c in parts}


EVERY = [
    (state, event, table(TRIAL_ROWS, TrialState, TrialEvent).get((state, event)))
    for state in TrialState
    for event in TrialEvent
] + [
    (state, event, table(STUDY_ROWS, StudyStatus, StudyEvent).get((state, event)))
    for state in StudyStatus
    for event in StudyEvent
]


@pytest.mark.parametrize(("state", "event", "then"), EVERY)
def test_a_row_leads_where_the_table_says_and_anything_else_raises(state, event, then):
    if then is not None:
        assert after(state, event) == then
        assert state in sources(event)
        assert target(event) == then
        return
    assert state not in sources(event)
    with pytest.raises(IllegalTransition, match=f"'{event.value}' cannot happen to something"):
        after(state, event)


def test_every_event_has_a_row():
    assert set(TRIAL) == set(TrialEvent)
    assert set(STUDY) == set(StudyEvent)


def test_every_step_of_a_claimed_trial_is_fenced():
    assert set(FENCED) == {event for event in TrialEvent if "running" in sources(event)}


def test_finished_and_ended_are_where_nothing_more_happens_by_itself():
    assert {s for s in TrialState if s.finished} == {"complete", "pruned", "failed", "cancelled"}
    assert {s for s in StudyStatus if s.ended} == {"complete", "failed", "cancelled"}


class TestSettle:
    @pytest.mark.parametrize(
        ("kind", "budget"),
        [
            (FailureKind.EXCEPTION, "exception"),
            (FailureKind.KILLED, "exception"),
            (FailureKind.TIMEOUT, "timeout"),
            (FailureKind.OUT_OF_MEMORY, "out_of_memory"),
        ],
    )
    def test_a_failure_is_requeued_with_growing_rest_until_its_budget_is_spent(self, kind, budget):
        retries = Retries(**{budget: 2})
        seen = [settle(kind, {kind: before}, retries) for before in range(3)]
        assert [s.event for s in seen] == [
            TrialEvent.REQUEUE,
            TrialEvent.REQUEUE,
            TrialEvent.FAIL,
        ]
        assert [s.backoff_s for s in seen[:2]] == [1.0, 2.0]

    def test_a_lost_trial_goes_back_at_once_until_it_is_given_up(self):
        retries = Retries(lost=2)
        seen = [settle(FailureKind.LOST, {FailureKind.LOST: n}, retries) for n in range(3)]
        assert [s.event for s in seen] == [
            TrialEvent.EXPIRE,
            TrialEvent.EXPIRE,
            TrialEvent.GIVE_UP,
        ]
        assert [s.backoff_s for s in seen] == [0, 0, 0]

    @pytest.mark.parametrize("kind", [FailureKind.INCOMPATIBLE, FailureKind.UNTRUSTED])
    def test_the_workers_own_shortcoming_costs_nothing(self, kind):
        nothing = Retries(lost=0, preempted=0, exception=0, timeout=0, out_of_memory=0)
        settled = settle(kind, {kind: 1000}, nothing)
        assert (settled.event, settled.backoff_s) == (TrialEvent.RELEASE, 0.0)

    def test_a_preempted_trial_is_released_within_its_budget(self):
        kind = FailureKind.PREEMPTED
        assert settle(kind, {kind: 1000}, Retries()).event is TrialEvent.RELEASE
        assert settle(kind, {kind: 1}, Retries(preempted=2)).event is TrialEvent.RELEASE
        assert settle(kind, {kind: 2}, Retries(preempted=2)).event is TrialEvent.FAIL

    def test_an_invalid_result_fails_whatever_the_budgets(self):
        generous = Retries(exception=None, timeout=None, out_of_memory=None)
        assert settle(FailureKind.INVALID_RESULT, {}, generous).event is TrialEvent.FAIL

    @pytest.mark.parametrize(
        ("kind", "event"),
        [
            (FailureKind.EXCEPTION, TrialEvent.FAIL),
            (FailureKind.TIMEOUT, TrialEvent.FAIL),
            (FailureKind.KILLED, TrialEvent.FAIL),
            (FailureKind.OUT_OF_MEMORY, TrialEvent.REQUEUE),
            (FailureKind.LOST, TrialEvent.EXPIRE),
            (FailureKind.PREEMPTED, TrialEvent.RELEASE),
        ],
    )
    def test_the_defaults_for_a_first_failure(self, kind, event):
        assert settle(kind, {}, Retries()).event is event

    def test_only_failures_of_the_same_kind_count(self):
        others = {FailureKind.TIMEOUT: 9, FailureKind.EXCEPTION: 9}
        assert settle(FailureKind.OUT_OF_MEMORY, others, Retries()).event is TrialEvent.REQUEUE

    def test_without_limit_the_rest_stays_bounded(self):
        kind = FailureKind.EXCEPTION
        settled = settle(kind, {kind: 60}, Retries(exception=None))
        assert (settled.event, settled.backoff_s) == (TrialEvent.REQUEUE, 300.0)
