import random
from datetime import datetime, timedelta, timezone
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.client.speed import LATELY_S, speed
from parzen.shared.course import Ended

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def told(times, now, takes=None, since=None):
    """The rate at ``now`` of trials that ended at ``times`` and took so long, in seconds."""
    ends = [Ended(at(time), takes) for time in times if time <= now]
    return speed(ends, at(now), None if since is None else at(since))


@st.composite
def bursts(draw):
    """(k, T, how long trials take, bursts of k times, each over within a tenth of T)."""
    k, every = draw(st.integers(1, 24)), draw(st.floats(0.05, 4000))
    shift = random.Random(draw(st.integers(0, 2**16)))
    times = [
        sorted((n + shift.uniform(0, 0.1)) * every for _ in range(k))
        for n in range(draw(st.integers(2, 12)))
    ]
    return k, every, draw(st.floats(0.6, 1.0)) * every, times


@given(bursts(), st.floats(0.0, 0.85))
def test_slots_whose_trials_end_together_have_their_rate(made, later):
    k, every, takes, times = made
    now = times[-1][-1] + later * every
    rate = told(chain(*times), now, takes)
    assert rate is not None
    assert k / every / 1.5 <= rate <= 1.5 * k / every


@given(bursts(), st.integers(1, 24))
def test_a_burst_that_has_begun_changes_little(made, begun):
    k, every, takes, times = made
    if len(times) > 2:
        now = times[-1][min(k, begun) - 1]
        rate = told(chain(*times), now, takes)
        assert k / every / 1.5 <= rate <= 1.5 * k / every


@given(bursts(), st.floats(0.0, 1.0))
def test_one_burst_has_no_rate(made, later):
    _, every, takes, times = made
    assert told(times[0], times[0][-1] + later * every, takes) is None


@given(bursts(), st.lists(st.floats(0.0, 20.0), min_size=2, max_size=8))
def test_a_study_that_stands_still_has_a_falling_rate_and_finally_none(made, later):
    _, every, takes, times = made
    last = times[-1][-1]
    rates = [told(chain(*times), last + (1 + wait) * every, takes) for wait in sorted(later)]
    known = [rate for rate in rates if rate is not None]
    assert rates == [*known, *[None] * (len(rates) - len(known))]
    assert all(b <= a * (1 + 1e-4) for a, b in pairwise(known))  # moments are in microseconds
    assert told(chain(*times), last + max(LATELY_S, 6 * every) + 1, takes) is None


def test_a_burst_that_is_overdue_lowers_the_rate():
    times = [0.0, 0.0, 10.0, 10.0]
    rates = [told(times, now, takes=10.0) for now in (10.0, 20.0, 30.0, 70.0, 71.0)]
    assert rates == [pytest.approx(r) for r in (0.2, 0.2, 0.1, 2 / 60)] + [None]


def test_a_newcomers_four_slots_have_no_absurd_rate():
    ends = [0.0, 0.1, 0.2, 0.4]
    assert told(ends, 0.5, takes=25.0) is None
    assert told(ends, 25.0, takes=25.0) is None
    again = [*ends, *(25.5 + end for end in ends)]
    assert told(again, 26.0, takes=25.0) == pytest.approx(4 / 25.5)
    assert told(again, 45.0, takes=25.0) == pytest.approx(4 / 25.5)


@given(st.integers(2, 400), st.floats(0.01, 3000), st.floats(0.0, 1.0))
def test_a_steady_stream_has_its_rate(count, every, later):
    times = [n * every for n in range(count)]
    assert told(times, times[-1] + later * every, every) == pytest.approx(1 / every, rel=0.01)


def test_trials_that_end_out_of_step_have_about_their_rate():
    # of eight slots whose trials take 5 to 15 s
    times = sorted(
        slot + sum(5 + (7 * slot + 13 * n) % 11 for n in range(turn + 1))
        for slot in range(8)
        for turn in range(10)
    )
    for now in times[16:-8]:
        assert 0.8 / 1.5 <= told(times, now, takes=10.0) <= 0.8 * 1.5


def test_what_was_before_a_standstill_or_a_pause_is_long_ago():
    before, after = [0.0, 10.0, 20.0, 30.0], [5000.0, 5005.0, 5010.0]
    assert told([*before, *after], 5010.0, takes=5.0) == pytest.approx(1 / 5)
    assert told([*before, 60.0], 60.0, takes=5.0, since=50.0) is None
    assert told([*before, 60.0, 65.0], 65.0, takes=5.0, since=50.0) == pytest.approx(1 / 5)


def test_a_rate_is_of_late():
    slow, fast = [100.0 * n for n in range(100)], [9900 + 10.0 * n for n in range(1, 200)]
    assert told([*slow, *fast], fast[-1], takes=10.0) == pytest.approx(1 / 10, rel=0.01)


def test_trials_whose_time_nobody_knows_have_a_rate_of_two_ends():
    assert told([0.0, 120.0, 240.0], 250.0) == pytest.approx(1 / 120)
    assert told([], 0.0) is None
    assert told([1.0], 2.0) is None
    assert told([1.0, 1.0], 2.0) is None
