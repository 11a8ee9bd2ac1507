import pytest

from parzen.worker.pace import GATHERED_S, MOST_EACH, SMOOTHING, Pace


def settled(slots, *, trial_s, asking_s=0.004, reporting_s=0.004):
    pace = Pace(slots)
    pace.ran(trial_s)
    pace.asked(asking_s)
    pace.reported(reporting_s)
    return pace


def test_nothing_is_claimed_ahead_or_gathered_before_a_trial_has_run():
    assert (Pace(8).ahead, Pace(8).gathering_s) == (0, 0.0)


@pytest.mark.parametrize(
    ("slots", "trial_s", "ahead"),
    [(1, 3600.0, 0), (1, 0.1, 0), (8, 1.0, 0), (1, 0.004, 4), (8, 0.008, 16)],
)
def test_as_many_are_claimed_ahead_as_end_while_some_questions_are_under_way(slots, trial_s, ahead):
    assert settled(slots, trial_s=trial_s).ahead == ahead


def test_however_short_trials_are_there_is_an_end_to_it():
    assert settled(4, trial_s=1e-6).ahead == 4 * MOST_EACH


def test_outcomes_wait_for_others_only_where_some_come_soon():
    assert settled(1, trial_s=0.1).gathering_s == 0.0
    assert settled(1, trial_s=0.002).gathering_s == pytest.approx(0.012)
    assert settled(8, trial_s=0.02, reporting_s=10.0).gathering_s == GATHERED_S


def test_one_long_trial_among_short_ones_changes_the_mind():
    pace = settled(1, trial_s=0.004)
    assert pace.ahead > 0
    pace.ran(10.0)
    assert pace.ahead == 0
    for _ in range(60):
        pace.ran(0.004)
    assert pace.ahead > 0
    assert SMOOTHING > 0.1  # which is why sixty are enough
