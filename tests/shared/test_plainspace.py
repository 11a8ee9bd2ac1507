"""A plain space comes back from JSON as it was; one that is not plain has no such form."""

from __future__ import annotations

import enum
import json
import math
from collections import namedtuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.shared import plainspace
from parzen.shared.building import Number
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import Incompatible
from parzen.shared.space import Choice, Float, Int, LogNormal, Normal, Space

EVERYTHING = Space(
    {
        "lr": Float(1e-5, 1e-1, log=True),
        "n": Int(1, 9, step=2),
        "noise": Normal(0, 1, low=-2),
        "scale": LogNormal(0, 1),
        "opt": Choice({"sgd": {"momentum": Float(0, 0.99)}, "adam": {}}, weights=[0.3, 0.7]),
        "kind": Choice([None, True, 2, 2.5, math.inf, "é\ud800"[:1], b"\0\xff", [1, [2]], (3,)]),
        "big": Choice([{"a": 1}, (1, 2)], labels=["dict", "tuple"]),
        "nested": [Int(0, 3), (Float(0, 1), "constant"), {"x": {"y": [1, 2.0]}}],
        "constant": {"of": (1, None, -math.inf, b"x", {2: "two", (3,): [4]}), "n": 2**80},
    }
)
PARAMS = {
    "lr": 0.01, "n": 5, "noise": 0.5, "scale": 2.0, "opt": "sgd", "opt/sgd/momentum": 0.5,
    "kind": b"\0\xff", "big": "tuple", "nested/0": 2, "nested/1/0": 0.25,
}  # fmt: skip


def test_a_space_of_every_kind_comes_back_as_it_was():
    back = plainspace.read(plainspace.written(EVERYTHING))
    assert back.dimensions == EVERYTHING.dimensions
    built = back.build(PARAMS)
    assert repr(built) == repr(EVERYTHING.build(PARAMS))  # types too, which == does not tell
    assert type(built["nested"][1]) is tuple
    assert plainspace.written(back) == plainspace.written(EVERYTHING)


def test_a_rounded_continuum_comes_back_as_it_was():
    grid = {"low": 0.0, "high": 9.0, "step": 3.0, "rounds": (0.1, 10.0), "log": True}
    dimension = Dimension(name="x", kind=Kind.FLOAT, **grid)
    space = Space.compiled(Number(dimension), (dimension,))
    back = plainspace.read(plainspace.written(space))
    assert back.dimensions == (dimension,)
    assert back.build({"x": 3.0}) == 3.0


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(st.text(), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_every_plain_constant_arrives(value):
    space = Space({"x": Float(0, 1), "c": [value]})
    back = plainspace.read(plainspace.written(space))
    assert repr(back.build({"x": 0.5})) == repr(space.build({"x": 0.5}))


class Colour(enum.Enum):
    RED = 1


class Text(str):
    __slots__ = ()


Pair = namedtuple("Pair", "a b")  # noqa: PYI024 - an untyped one will do
LOOP = [1]
LOOP.append({"me": LOOP})


@pytest.mark.parametrize(
    "declared",
    [
        {"c": Colour.RED},
        {"c": np.float64(1.0)},
        {"c": {1, 2}},
        {"c": len},
        {"c": Text("t")},
        {"c": Choice([np.int64(1), 2])},
        {"c": Choice([Colour.RED], labels=["red"])},
        {"c": Choice([LOOP[1]], labels=["loop"])},
        {"c": Pair(Float(0, 1), 2)},
        {Text("c"): Float(0, 1)},
        {"c": 2**5000},
    ],
)
def test_what_only_a_pickle_can_carry_has_no_plain_form(declared):
    assert plainspace.written(Space({"x": Float(0, 1), **declared})) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"dimensions": [], "plan": {}}',
        b'{"dimensions": [], "plan": {"number": "x"}}',
        b'{"dimensions": [1], "plan": {"constant": 1}}',
        b'{"dimensions": [], "plan": {"constant": {"pickle": "x"}}}',
        b'{"dimensions": [], "plan": {"constant": {"dict": [[[], 1]]}}}',
        b'{"dimensions": [], "plan": {"items": "eval", "nodes": []}}',
        b"[" * 100_000,
    ],
)
def test_anything_else_is_refused_in_one_sentence(content):
    with pytest.raises(Incompatible, match="space cannot be read"):
        plainspace.read(content)


def test_it_is_json_for_people_too():
    text = plainspace.written(Space({"lr": Float(0, 1), "layers": 3}))
    assert json.loads(text)["plan"] == {
        "fields": {"lr": {"number": "lr"}, "layers": {"constant": 3}}
    }
