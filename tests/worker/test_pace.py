from types import SimpleNamespace

import pytest

from parzen.shared.records import Uid
from parzen.worker import pace
from parzen.worker.pace import (
    GATHERED_S,
    LEAD,
    MOST_EACH,
    REGULAR,
    SMOOTHING,
    STALLED_S,
    STUDIES,
    Pace,
    Paces,
)


def settled(slots, *, trial_s, asking_s=0.004, reporting_s=0.004):
    made = Pace(slots)
    made.ran(trial_s)
    made.asked(asking_s)
    made.reported(reporting_s)
    return made


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_nothing_is_claimed_ahead_or_gathered_before_a_trial_has_run():
    assert (Pace(8).ahead(), Pace(8).gathering_s) == (0, 0.0)


@pytest.mark.parametrize(
    ("slots", "trial_s", "ahead"),
    [(1, 3600.0, 0), (1, 0.1, 0), (8, 1.0, 0), (1, 0.004, 4), (8, 0.008, 16)],
)
def test_as_many_are_claimed_ahead_as_end_while_some_questions_are_under_way(slots, trial_s, ahead):
    assert settled(slots, trial_s=trial_s).ahead() == ahead


def test_however_short_trials_are_there_is_an_end_to_it():
    assert settled(4, trial_s=1e-6).ahead() == 4 * MOST_EACH


def test_outcomes_wait_for_others_only_where_some_come_soon():
    assert settled(1, trial_s=0.1).gathering_s == 0.0
    assert settled(1, trial_s=0.002).gathering_s == pytest.approx(0.012)
    assert settled(8, trial_s=0.02, reporting_s=10.0).gathering_s == GATHERED_S


def test_one_long_trial_among_short_ones_changes_the_mind():
    made = settled(1, trial_s=0.004)
    assert made.ahead() > 0
    made.ran(10.0)
    assert made.ahead() == 0
    for _ in range(60):
        made.ran(0.004)
    assert made.ahead() > 0
    assert SMOOTHING > 0.1  # which is why sixty are enough


def test_while_no_trial_ends_none_is_claimed_ahead(clock):
    """Each slot may have a long one, behind which whatever is claimed would wait."""
    made = settled(1, trial_s=0.004)
    clock.now += STALLED_S
    assert made.ahead() > 0
    clock.now += 10 * 0.004 + 0.001
    assert made.ahead() == 0
    made.ran(0.004)
    assert made.ahead() > 0


def ran(*seconds, asking_s=0.004):
    made = Pace(1)
    made.asked(asking_s)
    for one in seconds:
        made.ran(one)
    return made


def test_the_next_of_regular_trials_is_asked_for_a_little_before_the_earliest_end():
    made = ran(*[0.2, 0.21] * 4)
    assert made.soon_s == pytest.approx((0.2 - LEAD * 0.004, 0.21 + LEAD * 0.004))
    made.ran(0.19)
    assert made.soon_s == pytest.approx((0.19 - LEAD * 0.004, 0.21 + LEAD * 0.004))


@pytest.mark.parametrize(
    "made",
    [
        ran(*[0.2] * (REGULAR - 1)),  # nobody knows yet
        ran(*[0.2] * 7, 0.25),  # it may come any time: what is asked for would wait long
        ran(*[600.0, 660.0] * 4),
        ran(*[0.004] * 8),  # so short that some are ahead anyway
        ran(*[0.2] * 8, asking_s=0.0),
    ],
)
def test_else_it_is_asked_for_once_the_trial_has_ended(made):
    assert made.soon_s == (float("inf"), float("inf"))


def test_what_is_little_against_the_time_between_two_ends_is_spared():
    assert Pace(8).spares(1.0)  # nobody knows yet
    assert settled(8, trial_s=4.0).spares(0.001)
    assert not settled(8, trial_s=3.9).spares(0.001)
    assert settled(1, trial_s=0.5).spares(0.001)


def test_what_one_study_does_says_nothing_of_another():
    paces = Paces(2)
    paces.asked(0.004)
    paces.ran(Uid("quick"), 0.004)
    paces.ran(Uid("long"), 300.0)
    assert paces.of(Uid("quick")).ahead(1) == 4
    assert paces.of(Uid("long")).ahead(1) == 0
    assert paces.of(Uid("new")).ahead(1) == 0
    assert paces.all.ahead() == 0


def test_what_asking_takes_is_the_same_for_all_studies():
    paces = Paces(2)
    paces.ran(Uid("quick"), 0.004)
    assert paces.of(Uid("quick")).ahead(1) == 0
    paces.asked(0.004)
    assert paces.of(Uid("quick")).ahead(1) == 4
    assert paces.of(Uid("quick")).ahead(0) == 0


def test_studies_that_ran_long_ago_are_forgotten():
    paces = Paces(1)
    paces.asked(0.004)
    for n in range(STUDIES + 1):
        paces.ran(Uid(str(n)), 0.004)
    assert paces.of(Uid("1")).ahead(1) == 4
    assert paces.of(Uid("0")).ahead(1) == 0
