import math
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.spaces import spaces

from parzen.coordinator.unit import UnitCube
from parzen.shared.errors import InvalidParams
from parzen.shared.space import Choice, Float, Int, Space

TREE = Space(
    {
        "opt": Choice(
            {"sgd": {"momentum": Float(0, 0.99), "nesterov": Choice([True, False])}, "adam": {}}
        ),
        "n": Int(1, 4),
    }
)


@pytest.fixture
def cube():
    return UnitCube(TREE.dimensions)


def test_inactive_parameters_are_nan_and_stay_out(cube):
    row = cube.row({"opt": "adam", "n": 2, "opt/sgd/momentum": 0.5})
    names = [d.name for d in cube.dimensions]
    assert [n for n, u in zip(names, row, strict=True) if not math.isnan(u)] == ["opt", "n"]
    assert cube.params(row) == {"opt": "adam", "n": 2}


def test_draws_lie_in_the_space_and_come_back(cube):
    rows = cube.from_uniform(np.random.default_rng(0).random((200, cube.width)))
    for row in rows:
        params = cube.params(row)
        TREE.check(params)
        np.testing.assert_allclose(cube.row(params), row, atol=1e-12)


def test_a_missing_parameter_is_named(cube):
    with pytest.raises(InvalidParams, match="'n' is missing"):
        cube.row({"opt": "adam"})


def test_a_parameter_shared_between_branches_is_active_in_both():
    lr = Float(0, 1, name="lr")
    space = Space({"m": Choice({"a": {"lr": lr}, "b": {"lr": lr}, "c": {}})})
    cube = UnitCube(space.dimensions)
    assert set(cube.params(cube.row({"m": "b", "lr": 0.5}))) == {"m", "lr"}
    assert set(cube.params(cube.row({"m": "c"}))) == {"m"}


def test_the_walk_meets_every_point_once():
    space = Space({"m": Choice({"a": {"k": Int(0, 2)}, "b": {}}), "z": Choice([1, 2])})
    cube = UnitCube(space.dimensions)
    points = [cube.params(row) for row in cube.points(np.random.default_rng(0))]
    assert len(points) == space.size == 8
    assert len({tuple(sorted(p.items())) for p in points}) == 8


def test_the_walk_draws_where_a_parameter_is_continuous(cube):
    rng = np.random.default_rng(0)
    points = [cube.params(row) for row in islice(cube.points(rng), 5)]
    assert len({p["opt/sgd/momentum"] for p in points}) > 0
    assert all(p["opt"] == "sgd" for p in points)


def test_a_thousand_nested_columns_can_be_walked():
    space = Space({f"c{i}": Choice([0, 1]) for i in range(1000)})
    cube = UnitCube(space.dimensions)
    assert len(list(islice(cube.points(np.random.default_rng(0)), 3))) == 3


def test_keys_tell_points_apart(cube):
    a, b = cube.row({"opt": "adam", "n": 2}), cube.row({"opt": "adam", "n": 3})
    assert cube.key(a) == cube.key(cube.row({"n": 2.0, "opt": "adam"}))
    assert cube.key(a) != cube.key(b)


def test_a_walk_over_given_values_enters_only_the_branches_that_are_taken():
    space = Space({"m": Choice({"a": {"x": Float(0, 1)}, "b": {}}), "z": Float(0, 1)})
    rows = list(UnitCube(space.dimensions).walk(lambda i: iter([[0, 1], [0.5], [0.1, 0.9]][i])))
    nan = math.nan
    expected = [[0, 0.5, 0.1], [0, 0.5, 0.9], [1, nan, 0.1], [1, nan, 0.9]]
    np.testing.assert_array_equal(rows, expected)


@settings(max_examples=60, deadline=None)
@given(spaces(), st.integers(0, 2**32), st.data())
def test_rows_of_many_points_are_those_of_each_to_the_last_bit(space, seed, data):
    cube = UnitCube(space.dimensions)
    rows = cube.from_uniform(np.random.default_rng(seed).random((8, cube.width)))
    points = [dict(cube.params(row)) for row in rows]
    for point in points[:4]:
        name = data.draw(st.sampled_from(sorted(point)))
        if data.draw(st.booleans()):
            del point[name]
        else:
            point[name] = data.draw(st.sampled_from([None, "?", {}, math.inf, 1, True]))
    found, fitting = cube.rows(points)
    for point, row, fits in zip(points, found, fitting, strict=True):
        if fits:
            assert cube.row(point).tobytes() == row.tobytes()
        else:
            with pytest.raises(InvalidParams):
                cube.row(point)


def test_no_points_are_no_rows(cube):
    rows, fitting = cube.rows([])
    assert rows.shape == (0, cube.width)
    assert fitting.shape == (0,)
