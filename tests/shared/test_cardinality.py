"""The number of points of a space is exact, also where branches share dimensions."""

from __future__ import annotations

import itertools
import math

import pytest

from parzen.shared.dimensions import active
from parzen.shared.space import Choice, Float, Int, Normal, Space

N = Int(1, 3, name="n")


def by_hand(space):
    """Enumerate every combination, and count the distinct active parts."""
    values = [
        d.choices or range(int(d.low), int(d.high) + 1, int(d.step or 1)) for d in space.dimensions
    ]
    points = set()
    for row in itertools.product(*values):
        params = {}
        for dimension, value in zip(space.dimensions, row, strict=True):
            if dimension.is_active(params):
                params[dimension.name] = value
        assert len(list(active(space.dimensions, params))) == len(params)
        points.add(tuple(params.items()))
    return len(points)


@pytest.mark.parametrize(
    "structure",
    [
        {"a": Int(1, 3), "b": Choice(["x", "y"])},
        {"a": Int(0, 10, step=5)},
        {"opt": Choice({"sgd": {"a": Int(1, 3), "b": Int(1, 2)}, "adam": {}, "fixed": 3})},
        [Choice({"a": N, "b": N, "c": 0}), Choice({"a": N, "c": 0})],
        [Choice({"a": Choice({"x": N, "y": [N, Int(1, 2)]}), "b": {}}), Int(0, 1)],
        [Choice({"a": Choice({"x": N, "y": 0}, name="s"), "b": 0}), Choice({"a": N, "c": 0})],
    ],
)
def test_a_finite_space_is_counted_as_by_hand(structure):
    space = Space(structure)
    assert space.size == by_hand(space)


@pytest.mark.parametrize(
    "structure",
    [{"a": Float(0, 1)}, {"a": Normal(0, 1, step=1)}, {"c": Choice({"a": Float(0, 1), "b": {}})}],
)
def test_a_continuous_or_unbounded_space_is_infinite(structure):
    assert Space(structure).size == math.inf


def test_steps_make_a_real_number_finite():
    assert Space({"a": Float(0, 0.3, step=0.1)}).size == 4
    assert Space({"a": Normal(0, 1, low=-1, high=1, step=0.5)}).size == 5


def test_many_choices_that_share_a_parameter_are_counted_without_enumeration():
    assert Space([Choice({"a": N, "b": 0}) for _ in range(60)]).size == (2**60 - 1) * 3 + 1
