import pytest
from dispatching import rates


def test_a_rate_counts_what_ended_while_all_were_at_work():
    ends = [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [1.5, 2.5, 3.5, 4.5, 5.5, 6.5]]
    assert rates.rate(ends) == 7 / 3.5  # from 1.5, excluded, to 5, included


def test_one_worker_is_measured_from_its_first_end_to_its_last():
    assert rates.rate([[10.0, 10.5, 11.0, 11.5, 12.0, 12.5]]) == 2.0


def test_a_late_start_does_not_count():
    steady = [float(moment) for moment in range(100)]
    assert rates.rate([steady, [90.0 + n / 4 for n in range(36)]]) == pytest.approx(5.0, rel=0.05)


def test_a_worker_without_any_trial_is_left_out():
    steady = [float(moment) for moment in range(10)]
    assert rates.rate([steady, []]) == 1.0


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        ([], "no trial ended"),
        ([[], []], "no trial ended"),
        ([[1.0]], "never at work together"),
        ([[1.0, 2.0], [2.0, 3.0]], "never at work together"),
        ([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0]], "never at work together"),
        ([[1.0, 2.0, 3.0, 4.0, 5.0]], "4 trials ended while all"),
    ],
)
def test_a_window_that_holds_too_little_is_refused(ends, why):
    with pytest.raises(ValueError, match=why):
        rates.rate(ends)
