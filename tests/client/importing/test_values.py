from datetime import datetime, timezone

import pytest

from parzen.client.importing import values
from parzen.client.importing.rows import Unfit
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import TrialState

NUMBER = Dimension(name="x", kind=Kind.FLOAT, low=0, high=1)
CHOICE = Dimension(
    name="c", kind=Kind.CHOICE, choices=("1", 1, None, True, 0.25, (1, "a"), "=x", "big words")
)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), (" .5 ", 0.5), ("3", 3), ("-2", -2), ("1_000", "1_000"), ("0,5", "0,5"),
     ("nan", "nan"), ("0x10", "0x10"), ("9" * 30, 1e30)],
)  # fmt: skip
def test_a_number_is_read_as_written_and_nothing_else_is_one(text, value):
    assert values.parameter(NUMBER, text) == value


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ('"1"', "1"),
        ("1", 1),
        ("1.0", 1),
        ("null", None),
        ("None", None),
        ("TRUE", True),
        ("+.25", 0.25),
        ('[1,"a"]', (1, "a")),
        ("'=x", "=x"),
        ("=x", "=x"),
        ("big words", "big words"),
        ("small words", "small words"),
    ],
)
def test_an_option_is_read_by_its_label_or_as_any_program_writes_it(text, option):
    found = values.parameter(CHOICE, text)
    assert found == option
    assert type(found) is type(option)


@pytest.mark.parametrize("text", ["[" * 5000, "{", '"'])
def test_whatever_stands_there_is_only_compared(text):
    assert values.parameter(CHOICE, text) == text


def test_times_are_read_with_and_without_zones():
    noon = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)
    for text in ("2026-01-31T12:00:00Z", "2026-01-31 13:00:00.000+01:00"):
        assert values.moment("t", text) == noon
    naive = datetime(2026, 1, 31, 12)  # noqa: DTZ001 - that it has none is the point
    assert values.moment("t", "2026-01-31 12:00") == naive.astimezone()


@pytest.mark.parametrize("word", ["complete", "COMPLETE", " Complete", "TrialState.COMPLETE"])
def test_states_are_known_as_optuna_writes_them(word):
    assert values.state("s", word) is TrialState.COMPLETE
    assert values.state("s", "FAIL") is TrialState.FAILED


@pytest.mark.parametrize(
    ("read", "text", "why"),
    [
        (values.number, "inf", "c is 'inf'; it must be a finite number"),
        (values.number, "1e999", "must be a finite number"),
        (values.seconds, "-1", "must be seconds, 0 or more"),
        (values.state, "done", "must be one of waiting, running, complete"),
        (values.moment, "yesterday", "must be a time such as 2026-01-31T12:00:00"),
        (values.moment, "0001-01-01T00:00:00+14:00", "must be a time"),
    ],
)
def test_what_cannot_be_read_says_what_was_expected(read, text, why):
    with pytest.raises(Unfit, match=why):
        read("c", text)


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ("0.5", 0.5), ("true", True), ("False", False), ("'-x", "-x"), ("early", "early"),
     (str(2**64), str(2**64))],
)  # fmt: skip
def test_a_result_is_what_it_reads_like(text, value):
    assert values.scalar(text) == value
