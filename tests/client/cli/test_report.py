from datetime import datetime, timedelta, timezone

from parzen.client.cli.report import rate

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)


def ago(*seconds):
    return [NOW - timedelta(seconds=s) for s in seconds]


def test_the_rate_is_that_between_the_first_and_the_last():
    assert rate([*ago(0, 10, 20), None], NOW) == 0.1


def test_there_is_no_rate_of_less_than_two_times():
    assert rate([], NOW) is None
    assert rate(ago(5), NOW) is None
    assert rate(ago(5, 5), NOW) is None


def test_a_rate_of_long_ago_tells_nothing_unless_trials_are_slow():
    assert rate(ago(100, 110), NOW) is None
    assert rate(ago(100, 160), NOW) == 1 / 60
