import numpy as np
import pytest

from parzen.shared import given
from parzen.shared.errors import InvalidParams
from parzen.shared.space import Choice, Float, Int, Space

SPACE = Space({"n": Int(1, 9), "opt": Choice({"a": {"y": Float(0, 1)}, "b": {}}), "k": Choice([2])})
DIMENSIONS = SPACE.dimensions


def test_a_whole_point_takes_a_documents_types():
    point = given.whole(DIMENSIONS, {"n": np.int64(3), "opt": "a", "opt/a/y": 1, "k": 2.0})
    assert point == {"n": 3, "opt": "a", "opt/a/y": 1.0, "k": 2}
    assert [type(value) for value in point.values()] == [int, str, float, int]


def test_a_point_that_is_not_whole_is_refused():
    with pytest.raises(InvalidParams, match="'opt/a/y' is missing"):
        given.whole(DIMENSIONS, {"n": 3, "opt": "a", "k": 2})


def test_only_what_takes_part_and_is_left_out_is_drawn():
    drawn = []

    def draw(dimension):
        drawn.append(dimension.name)
        return "a" if dimension.name == "opt" else 0.5

    assert given.completed(DIMENSIONS, {"n": 3, "k": 2}, draw)["opt/a/y"] == 0.5
    assert drawn == ["opt", "opt/a/y"]
    assert given.completed(DIMENSIONS, {"n": 3, "opt": "b", "k": 2}, draw)["opt"] == "b"
    assert drawn == ["opt", "opt/a/y"]


def test_the_first_value_that_does_not_fit_is_named_though_others_depend_on_it():
    with pytest.raises(InvalidParams, match="'opt' is array"):
        given.completed(DIMENSIONS, {"n": 3, "opt": np.array(["a", "b"])}, lambda _: 2)
