from datetime import datetime, timedelta, timezone

import pytest

from parzen.client import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123456789, "0.12346"), (1e-9, "1e-09"), (3, "3"), (None, ""), (True, "True")],
)
def test_numbers_keep_five_digits(value, text):
    assert wording.number(value) == text


@pytest.mark.parametrize(
    ("per_s", "text"),
    [(0.012345, "0.012"), (4.0, "4"), (83.2, "83"), (384.0, "380"), (1093.0, "1,100")],
)
def test_rates_have_two_digits_and_no_power_of_ten(per_s, text):
    assert wording.rate(per_s) == f"{text} trials/s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.4249, "0:00.42"),
        (9.999, "0:10"),
        (10, "0:10"),
        (187, "3:07"),
        (7500, "2:05:00"),
    ],
)
def test_durations_read_as_people_say_them(seconds, text):
    assert wording.duration(seconds) == text


def test_a_clock_counts_from_zero():
    assert wording.clock(0) == "0:00"
    assert wording.clock(59.7) == "1:00"


def test_parameters_stand_in_one_line():
    params = {"lr": 0.01234567, "opt": "sgd", "shape": (1, 2.5)}
    assert wording.assignment(params) == "lr=0.012346 opt=sgd shape=[1, 2.5]"


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (1, "worker", "1 worker"),
        (1024, "trial", "1,024 trials"),
        (0, "study", "0 studies"),
        (2, "index", "2 indexes"),
    ],
)
def test_counts_agree_with_their_noun(count, noun, text):
    assert wording.counted(count, noun) == text


def test_how_long_ago_something_was():
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    back = [timedelta(seconds=s) for s in (-1, 0.4, 3, 90)]
    said = [wording.ago(now - one, now) for one in back]
    assert said == ["0 s ago", "0 s ago", "3 s ago", "1:30 ago"]
    assert wording.ago(None, now) == ""


def test_a_sentence_says_the_same_whatever_its_numbers_are():
    said = wording.gist("2 trials run on a worker that has been silent for 20 s")
    assert said == wording.gist("1,200 trials run on a worker that has been silent for 0:25 s")
    assert said != wording.gist("2 trials run on 3 workers that have been silent for 20 s")


def test_a_moment_is_in_the_readers_zone():
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    assert wording.moment(at) == at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    assert wording.moment(None) == ""
