from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.coordinator.plan import (
    UNSURE,
    Bound,
    CancelWaiting,
    CarryOut,
    Facts,
    Move,
    Propose,
    plan,
)
from parzen.shared.lifecycle import StudyEvent, StudyStatus, TrialState, after
from parzen.shared.records import Direction, Limits, Study, Uid, Want, Wish

NOW = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)


def a_study(**changes):
    base = Study(name="s", uid=Uid("u"), dimensions=(), active_since=NOW, created_at=NOW)
    return replace(base, **changes)


def facts(*, waiting=0, running=0, complete=0, failed=0, cancelled=0, **rest):
    counts = {
        TrialState.WAITING: waiting,
        TrialState.RUNNING: running,
        TrialState.COMPLETE: complete,
        TrialState.FAILED: failed,
        TrialState.CANCELLED: cancelled,
    }
    return Facts(**{"now": NOW, **rest}, counts=counts)


@pytest.mark.parametrize(
    ("limit", "created", "capacity", "count"),
    [
        (None, 0, 9, 9),
        (100, 0, 9, 9),
        (5, 0, 9, 5),
        (5, 3, 9, 2),
        (5, 5, 9, 0),
        (5, 7, 9, 0),
        (5, 0, 0, 0),
        (0, 0, 9, 0),
    ],
)
def test_an_active_study_proposes_what_is_wanted_within_max_trials(limit, created, capacity, count):
    actions = plan(
        a_study(limits=Limits(max_trials=limit)), facts(running=created, capacity=capacity)
    )
    proposed = sum(a.count for a in actions if isinstance(a, Propose))
    assert proposed == count


def test_max_trials_counts_every_number_and_completes_when_none_is_out():
    study = a_study(limits=Limits(max_trials=6))
    assert plan(study, facts(complete=3, failed=1, cancelled=1, running=1, capacity=5)) == ()
    assert plan(study, facts(complete=3, failed=2, cancelled=1, capacity=5)) == (
        Move(StudyEvent.COMPLETE, "reached max_trials = 6"),
    )


@pytest.mark.parametrize("status", [StudyStatus.ACTIVE, StudyStatus.PAUSED])
def test_what_waits_beyond_max_trials_is_cancelled(status):
    study = a_study(status=status, limits=Limits(max_trials=6))
    known = facts(complete=4, waiting=3, capacity=5)
    assert plan(study, replace(known, surplus=1)) == (CancelWaiting(6),)
    assert plan(study, known) == ()


@pytest.mark.parametrize(
    ("limits", "known", "ending", "reason"),
    [
        (
            Limits(target_loss=0.5),
            {"best_loss": 0.5},
            StudyStatus.COMPLETE,
            "reached target_loss = 0.5 with a loss of 0.5",
        ),
        (
            Limits(timeout_s=10),
            {"now": NOW + timedelta(seconds=10)},
            StudyStatus.COMPLETE,
            "reached timeout_s = 10",
        ),
        (
            Limits(patience=20),
            {"finished_since_best": 20},
            StudyStatus.COMPLETE,
            "no improvement in 20 trials (patience)",
        ),
        (
            Limits(max_consecutive_failures=3),
            {"consecutive_failures": 3, "last_error": "ValueError: no such file"},
            StudyStatus.FAILED,
            (
                "3 trials in a row failed (max_consecutive_failures = 3); "
                "the last one: ValueError: no such file"
            ),
        ),
    ],
)
def test_a_limit_stops_a_study_that_has_trials_out_and_ends_one_that_has_none(
    limits, known, ending, reason
):
    study = a_study(limits=limits)
    assert plan(study, facts(running=1, complete=1, capacity=3, **known)) == (
        Move(StudyEvent.STOP, reason, ending),
    )
    (move,) = plan(study, facts(complete=1, capacity=3, **known))
    assert (after(study.status, move.event), move.reason) == (ending.value, reason)


@pytest.mark.parametrize(
    ("limits", "known"),
    [
        (Limits(target_loss=0.5), {"best_loss": 0.51}),
        (Limits(target_loss=0.5), {"best_loss": None}),
        (Limits(timeout_s=10), {"now": NOW + timedelta(seconds=9.9)}),
        (Limits(patience=20), {"finished_since_best": 19}),
        (Limits(max_consecutive_failures=3), {"consecutive_failures": 2}),
        (Limits(max_consecutive_failures=None), {"consecutive_failures": 10_000}),
    ],
)
def test_short_of_a_limit_a_study_goes_on(limits, known):
    actions = plan(a_study(limits=limits), facts(running=1, complete=1, capacity=3, **known))
    assert actions == (Propose(3),)


def test_a_target_of_a_maximized_study_is_told_in_its_own_units():
    study = a_study(direction=Direction.MAXIMIZE, limits=Limits(target_loss=-0.9))
    assert plan(study, facts(complete=1, best_loss=-0.977)) == (
        Move(StudyEvent.COMPLETE, "reached target = 0.9 with 0.977"),
    )


def test_an_exhausted_space_completes_once_its_trials_are_done():
    study = a_study(limits=Limits(max_trials=100))
    assert plan(study, facts(running=1, complete=5, exhausted=True, capacity=4)) == ()
    (move,) = plan(study, facts(complete=6, exhausted=True, capacity=4))
    assert move.event is StudyEvent.COMPLETE
    assert move.reason == "every point that the sampler has was proposed"


def test_a_paused_study_proposes_nothing_and_does_not_time_out():
    study = a_study(status=StudyStatus.PAUSED, limits=Limits(timeout_s=1, max_trials=9))
    late = NOW + timedelta(hours=1)
    assert plan(study, facts(waiting=2, running=1, capacity=4, now=late)) == ()


def test_a_stopping_study_cancels_what_waits_then_keeps_its_reason_to_the_end():
    study = a_study(
        status=StudyStatus.STOPPING, ending=StudyStatus.FAILED, status_reason="it burns"
    )
    assert plan(study, facts(waiting=2, running=1)) == (CancelWaiting(),)
    assert plan(study, facts(running=1, cancelled=2, capacity=3)) == ()
    assert plan(study, facts(failed=1, cancelled=2)) == (Move(StudyEvent.FAIL, "it burns"),)


@pytest.mark.parametrize("status", [s for s in StudyStatus if s.ended])
def test_an_ended_study_is_left_alone(status):
    assert plan(a_study(status=status), facts(complete=1, capacity=9)) == ()


RUN, PAUSE, CANCEL = (Wish(want=want, serial=1) for want in (Want.RUN, Want.PAUSE, Want.CANCEL))


@pytest.mark.parametrize(
    ("status", "wish", "running", "first"),
    [
        ("active", PAUSE, 1, Move(StudyEvent.PAUSE, "paused by its owner")),
        ("paused", PAUSE, 1, None),
        ("stopping", PAUSE, 1, None),
        ("complete", PAUSE, 0, None),
        ("active", RUN, 1, None),
        ("paused", RUN, 1, Move(StudyEvent.RESUME)),
        ("stopping", RUN, 1, Move(StudyEvent.RESUME)),
        ("complete", RUN, 0, Move(StudyEvent.RESUME)),
        ("failed", RUN, 0, Move(StudyEvent.RESUME)),
        ("cancelled", RUN, 0, Move(StudyEvent.RESUME)),
        (
            "active",
            CANCEL,
            1,
            Move(StudyEvent.STOP, "cancelled by its owner", StudyStatus.CANCELLED),
        ),
        ("active", CANCEL, 0, Move(StudyEvent.CANCEL, "cancelled by its owner")),
        ("paused", CANCEL, 0, Move(StudyEvent.CANCEL, "cancelled by its owner")),
        ("stopping", CANCEL, 1, None),
        ("complete", CANCEL, 0, None),
    ],
)
def test_a_wish_is_carried_out_once(status, wish, running, first):
    study = a_study(status=StudyStatus(status), wish=wish)
    known = facts(running=running, complete=1, capacity=5)
    expected = (CarryOut(wish),) if first is None else (first, CarryOut(wish))
    assert plan(study, known) == expected
    done = replace(study, wish_done=1)
    assert not any(isinstance(a, CarryOut) for a in plan(done, known))


def follow(study, known):
    """Carry actions out as the store would, until nothing more follows; every state passed."""
    passed = [study]
    for _ in range(10):
        actions = plan(study, known)
        if not actions or any(isinstance(a, (Propose, CancelWaiting)) for a in actions):
            return passed, actions
        for action in actions:
            if isinstance(action, Move):
                status = StudyStatus(after(study.status, action.event))
                study = replace(
                    study, status=status, status_reason=action.reason, ending=action.ending
                )
            else:
                limits = action.wish.limits or study.limits
                study = replace(study, wish_done=action.wish.serial, limits=limits)
        passed.append(study)
    raise AssertionError("the plan does not settle")


def test_more_trials_bring_a_complete_study_back():
    study = a_study(
        status=StudyStatus.COMPLETE,
        limits=Limits(max_trials=5),
        wish=Wish(serial=1, limits=Limits(max_trials=8)),
    )
    passed, actions = follow(study, facts(complete=5, capacity=10))
    assert passed[-1].status is StudyStatus.ACTIVE
    assert actions == (Propose(3),)


def test_a_study_resumed_with_nothing_left_to_do_ends_again_with_the_reason():
    study = a_study(status=StudyStatus.CANCELLED, limits=Limits(max_trials=5), wish=RUN)
    passed, actions = follow(study, facts(complete=5, capacity=10))
    assert actions == ()
    assert (passed[-1].status, passed[-1].status_reason) == (
        StudyStatus.COMPLETE,
        "reached max_trials = 5",
    )


small = st.integers(0, 6)


@settings(max_examples=300, deadline=None)
@given(
    status=st.sampled_from(StudyStatus),
    want=st.sampled_from(Want),
    wished=st.booleans(),
    limits=st.builds(
        Limits,
        max_trials=st.none() | st.integers(0, 12),
        target_loss=st.none() | st.just(1.0),
        patience=st.none() | st.integers(1, 4),
        timeout_s=st.none() | st.just(5.0),
    ),
    counts=st.tuples(small, small, small, small, small),
    best=st.none() | st.floats(0, 2),
    exhausted=st.booleans(),
    capacity=st.integers(0, 20),
    elapsed=st.floats(0, 10),
)
def test_whatever_the_facts_the_plan_is_lawful_and_settles(
    *, status, want, wished, limits, counts, best, exhausted, capacity, elapsed
):
    waiting, running, complete, failed, cancelled = counts
    study = a_study(
        status=status,
        limits=limits,
        wish=Wish(want=want, serial=int(wished)),
        ending=StudyStatus.COMPLETE if status is StudyStatus.STOPPING else None,
    )
    known = facts(
        waiting=waiting,
        running=running,
        complete=complete,
        failed=failed,
        cancelled=cancelled,
        best_loss=best,
        exhausted=exhausted,
        capacity=capacity,
        now=NOW + timedelta(seconds=elapsed),
        finished_since_best=complete,
    )
    passed, actions = follow(study, known)  # follow() raises on a move that is not in the table
    last = passed[-1]
    assert last.wish_done == int(wished)
    for action in actions:
        if isinstance(action, Propose):
            assert last.status is StudyStatus.ACTIVE
            assert not exhausted
            assert 0 < action.count <= capacity
            if limits.max_trials is not None:
                assert known.created + action.count <= limits.max_trials
    if last.status.ended and not status.ended:
        assert not known.unfinished
    for one in passed[1:]:
        assert (
            one.status in (StudyStatus.ACTIVE, StudyStatus.PAUSED)
            or one.status.ended
            or (one.ending is not None)
        )


@pytest.mark.parametrize(
    ("max_running", "running", "bound", "most"),
    [(2, 0, None, 2), (2, 1, 2, 1), (2, 5, 1, 0), (2, 0, UNSURE, 2), (None, 3, UNSURE, None),
     (None, 3, 4, None)],
)  # fmt: skip
def test_what_may_be_claimed_is_bounded_by_what_runs(max_running, running, bound, most):
    study = a_study(max_running=max_running)
    seen = facts(running=running, waiting=3, bound=bound)
    assert plan(study, seen) == (Bound(max_running, most),)
    assert plan(study, replace(seen, bound=most)) == ()


def test_a_study_that_is_paused_leaves_its_queue_alone():
    study = a_study(status=StudyStatus.PAUSED, max_running=2)
    assert plan(study, facts(waiting=9)) == ()


def test_what_is_held_back_is_let_go_before_more_is_proposed():
    actions = plan(a_study(max_running=4), facts(waiting=1, capacity=3))
    assert actions == (Bound(4, 4), Propose(3))
