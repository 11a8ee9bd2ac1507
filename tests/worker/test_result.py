import datetime as dt
import enum
import math

import numpy as np
import pytest

from parzen.shared.errors import InvalidResult
from parzen.shared.records import Direction
from parzen.worker.result import RESULT_BYTES, normalise

MIN, MAX = Direction.MINIMIZE, Direction.MAXIMIZE


class Colour(str, enum.Enum):
    RED = "red"


def test_a_number_is_the_value():
    assert normalise(np.float32(0.5), MIN).value == 0.5
    assert normalise(3, MAX).value == 3.0
    assert normalise(3, MAX).result == {}


def test_a_masked_value_is_no_number():
    with pytest.raises(InvalidResult, match="MaskedConstant"):
        normalise(np.ma.masked, MIN)


def test_a_dict_gives_its_key_by_direction_and_the_rest_as_result():
    outcome = normalise({"loss": 1, "value": 2, "accuracy": 0.9}, MIN)
    assert (outcome.value, outcome.result) == (1.0, {"value": 2, "accuracy": 0.9})
    outcome = normalise({"loss": 1, "value": 2}, MAX)
    assert (outcome.value, outcome.result) == (2.0, {"loss": 1})


def test_the_rest_becomes_what_a_document_holds():
    when = dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc)
    outcome = normalise(
        {
            "loss": 1.0,
            "scalar": np.int32(3),
            "array": np.array([[1.5, 2.5]]),
            "flag": np.bool_(True),
            "tuple": (1, (2,)),
            "when": when,
            "raw": b"\0",
            "colour": Colour.RED,
            "nan": math.nan,
            7: {np.str_("inner"): None},
        },
        MIN,
    )
    result = dict(outcome.result)
    assert math.isnan(result.pop("nan"))
    assert result == {
        "scalar": 3,
        "array": [[1.5, 2.5]],
        "flag": True,
        "tuple": [1, [2]],
        "when": when,
        "raw": b"\0",
        "colour": "red",
        "7": {"inner": None},
    }
    assert type(result["scalar"]) is int
    assert type(result["flag"]) is bool
    assert type(result["colour"]) is str


@pytest.mark.parametrize(
    ("returned", "direction", "message"),
    [
        (None, MIN, "did the objective forget to return"),
        ("0.5", MIN, "'0.5'"),
        (True, MIN, "True"),
        (math.nan, MIN, "nan"),
        (-math.inf, MAX, "-inf"),
        (10**400, MIN, "inf"),
        (1j, MIN, "1j"),
        ([1.0], MIN, "a list"),
        (np.array([1.0, 2.0]), MIN, r"shape \(2,\)"),
        ({}, MIN, "without 'loss'"),
        ({"accuracy": 1.0}, MIN, "'accuracy'"),
        ({"loss": 1.0}, MAX, "use 'value'"),
        ({"value": 1.0}, MIN, "use 'loss'"),
        ({"loss": None}, MIN, "'loss' is None"),
        ({"loss": math.nan}, MIN, "nan"),
    ],
)
def test_what_is_no_loss_is_refused_with_one_sentence(returned, direction, message):
    with pytest.raises(InvalidResult, match=message) as caught:
        normalise(returned, direction)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        ({"model": object()}, r"result\['model'\] is a builtins.object.*trial.attach"),
        ({"deep": {"list": [1, {2}]}}, r"\['deep'\]\['list'\]\[1\] is a builtins.set"),
        ({"big": 1 << 63}, "64 bits"),
        ({("a", "b"): 1}, "key"),
        ({1: "a", "1": "b"}, "two keys"),
        ({"a\0": 1}, "NUL"),
        ({"text": "\ud800"}, "surrogate"),
        ({"blob": b"x" * (RESULT_BYTES + 1)}, "trial.attach"),
        ({"array": np.zeros(RESULT_BYTES)}, "trial.attach"),
        ({"many": list(range(RESULT_BYTES))}, "trial.attach"),
    ],
)
def test_what_no_document_holds_is_refused_by_its_key(rest, message):
    with pytest.raises(InvalidResult, match=message):
        normalise({"loss": 1.0, **rest}, MIN)


def test_a_structure_that_holds_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(InvalidResult, match="nests deeper"):
        normalise({"loss": 1.0, "loop": loop}, MIN)


def test_the_smallest_and_largest_64_bit_integers_are_kept():
    outcome = normalise({"loss": 1.0, "low": -(1 << 63), "high": (1 << 63) - 1}, MIN)
    assert outcome.result == {"low": -(1 << 63), "high": (1 << 63) - 1}
