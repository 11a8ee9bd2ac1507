from datetime import datetime, timezone

import pytest

from parzen.client import operands
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import TrialState


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("-0.5", -0.5), ("1e3", 1000.0), (str(2**70), float(2**70))]
)
def test_numbers(text, value):
    found = operands.number(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1h30m", 5400), ("1.5h", 5400), ("250ms", 0.25), ("2w", 1_209_600),
     ("3:07", 187), ("2:05:00", 7500), ("0:00.42", 0.42), ("90", 90.0)],
)  # fmt: skip
def test_durations_are_read_as_tables_show_them(text, seconds):
    assert operands.duration(text) == pytest.approx(seconds)


def test_a_number_alone_is_no_span():
    assert operands.span("90") is None
    assert operands.span("2 hours") is None


def test_moments_are_of_the_readers_zone_or_their_own():
    noon = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
    assert operands.moment("2026-01-31T12:00Z") == noon
    assert operands.moment("2026-01-31T14:00+02:00") == noon
    assert operands.moment("2026-01-31 12:00") == datetime(2026, 1, 31, 12).astimezone()
    assert operands.moment("2026-01-31").hour == 0


@pytest.mark.parametrize(
    ("read", "text", "says"),
    [
        (operands.number, "abc", "expected a number, not 'abc'"),
        (operands.number, "nan", "expected a number, not 'nan'"),
        (operands.number, "", "expected a number, not ''"),
        (operands.duration, "5 minutes", "such as 90s, 5m or 1h30m, not '5 minutes'"),
        (operands.moment, "yesterday", "or an age such as 2h, not 'yesterday'"),
        (operands.moment, "9999-12-31T23:59-23:00", "expected a time"),
    ],
)
def test_what_cannot_be_read_says_what_was_expected(read, text, says):
    with pytest.raises(ValueError) as refused:
        read(text)
    assert says in str(refused.value)


def test_states_have_near_ones():
    assert operands.member(TrialState, "failed") == "failed"
    with pytest.raises(ValueError, match="'fail' is none of its values: did you mean failed"):
        operands.member(TrialState, "fail")
    with pytest.raises(ValueError, match="expected waiting, running, complete"):
        operands.member(TrialState, "qqq")


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("0.5", 0.5), ("true", True), ("null", None), ('"7"', "7"), ("sgd", "sgd"),
     ("NaN", "NaN"), ("[1]", "[1]"), ('{"$gt": 1}', '{"$gt": 1}'), ("[" * 100_000, "[" * 100_000),
     ("", ""), ("$where", "$where")],
)  # fmt: skip
def test_what_users_keep_is_one_plain_value(text, value):
    found = operands.scalar_of(text)
    assert (found, type(found)) == (value, type(value))


def test_text_may_be_quoted():
    assert operands.literal('"none"') == "none"
    assert operands.literal("7") == "7"
    assert operands.literal('"half') == '"half'


MIXED = Dimension(
    name="c", kind=Kind.CHOICE, choices=(1, 0.5, "1", True, None, (64, 64), "adam", 1e-05)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ('"1"', "1"), ("true", True), ("True", True), ("null", None), ("None", None),
     ("adam", "adam"), ("[64,64]", (64, 64)), ("(64, 64)", (64, 64)), ("0.50", 0.5),
     ("1e-05", 1e-05), ("0.00001", 1e-05)],
)  # fmt: skip
def test_options_are_meant_by_their_value_or_by_how_they_look(text, value):
    found = operands.option(MIXED, text)
    assert (found, type(found)) == (value, type(value))


def test_an_unknown_option_gets_those_that_are_like_it():
    with pytest.raises(ValueError, match="'adm' is none of its values: did you mean adam"):
        operands.option(MIXED, "adm")
