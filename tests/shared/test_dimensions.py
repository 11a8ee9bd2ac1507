"""Activity and equality of flat parameters, as BSON sees them."""

from __future__ import annotations

import math

import pytest

from parzen.shared.dimensions import Condition, Dimension, Kind, active, same_value

OPT = Dimension(name="opt", kind=Kind.CHOICE, choices=("sgd", "adam"))
MOMENTUM = Dimension(
    name="m", kind=Kind.FLOAT, low=0, high=1, active_when=(Condition("opt", "sgd"),)
)
DECAY = Dimension(
    name="d",
    kind=Kind.FLOAT,
    low=0,
    high=1,
    active_when=(Condition("opt", "adam"), Condition("other", 1)),
)


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({}, ["opt"]),
        ({"opt": "sgd"}, ["opt", "m"]),
        ({"opt": "adam"}, ["opt", "d"]),
        ({"opt": "sgd", "other": 1.0}, ["opt", "m", "d"]),
        ({"opt": "sgd", "other": True}, ["opt", "m"]),
    ],
)
def test_a_dimension_is_active_where_any_of_its_conditions_holds(params, names):
    assert [d.name for d in active([OPT, MOMENTUM, DECAY], params)] == names


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (0.0, None, False),
        ("1", 1, False),
        ((1, 2), [1, 2.0], True),
        ((1, 2), (1, 2, 3), False),
        (((1,), "a"), [[1], "a"], True),
        ((1,), (True,), False),
        (b"a", "a", False),
        (None, None, True),
    ],
)
def test_values_are_the_same_where_bson_holds_them_alike(a, b, same):
    assert same_value(a, b) is same
    assert same_value(b, a) is same


def test_options_are_found_by_value():
    dimension = Dimension(name="c", kind=Kind.CHOICE, choices=(1, "1", (2, 3), None, True))
    assert [dimension.option(v) for v in (1.0, "1", [2, 3], None, True)] == [0, 1, 2, 3, 4]
    assert dimension.option(False) is None
    assert dimension.option("x") is None


@pytest.mark.parametrize(
    ("dimension", "size"),
    [
        (OPT, 2),
        (Dimension(name="i", kind=Kind.INT, low=1, high=9), 9),
        (Dimension(name="i", kind=Kind.INT, low=1, high=9, step=4), 3),
        (Dimension(name="f", kind=Kind.FLOAT, low=0, high=0.3, step=0.1), 4),
        (Dimension(name="f", kind=Kind.FLOAT, low=0, high=9, step=3, rounds=(0, 10)), 4),
        (Dimension(name="f", kind=Kind.FLOAT, low=0, high=1), math.inf),
        (Dimension(name="n", kind=Kind.NORMAL, mu=0, sigma=1, step=1), math.inf),
        (Dimension(name="n", kind=Kind.NORMAL, mu=0, sigma=1, low=-1, high=1, step=1), 3),
    ],
)
def test_size_counts_the_distinct_values(dimension, size):
    assert dimension.size == size
