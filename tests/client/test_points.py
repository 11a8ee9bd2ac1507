from __future__ import annotations

import pytest

from parzen.client import Stage, Study, points
from parzen.client.points import completed, from_text
from parzen.shared.errors import InvalidParams
from parzen.shared.space import Choice, Float, Int, Normal, Space

SPACE = Space(
    {
        "lr": Float(1e-4, 1.0, log=True),
        "layers": Int(1, 8),
        "opt": Choice({"sgd": {"momentum": Float(0, 0.99)}, "adam": {}}),
        "size": Choice([16, 32.5, True, "16"]),
        "shift": Normal(0, 1),
    }
)


@pytest.fixture
def study(a_study):
    return a_study(dimensions=SPACE.dimensions)


def test_what_a_point_leaves_out_is_drawn_at_random_and_repeatably(study):
    point = {"opt": "sgd", "lr": 0.1}
    params = completed(study, point, 4)
    SPACE.check(params)
    assert (params["opt"], params["lr"]) == ("sgd", 0.1)
    assert set(points.drawn(point, params)) == {"layers", "opt/sgd/momentum", "size", "shift"}
    assert params == completed(study, point, 4) != completed(study, point, 5)


def test_values_get_the_type_in_which_they_are_proposed(study):
    params = completed(study, {"lr": 1, "layers": 3.0, "opt": "adam"}, 0)
    assert [type(params[name]) for name in ("lr", "layers")] == [float, int]


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ({"lr": 7}, "'lr' is 7; it must be a number from 0.0001 to 1.0"),
        ({"lrr": 7}, "there is no parameter 'lrr'; did you mean lr"),
        ({"opt": "adam", "opt/sgd/momentum": 0.5}, "takes part only where 'opt' is 'sgd'"),
        ({"opt": "lion"}, "it must be one of 'sgd', 'adam'"),
        ({"lr": {"$gt": 0}}, r"'lr' is \{'\$gt': 0\}; it must be a number"),
        ("lr", "params must be a dict"),
    ],
)
def test_a_point_that_does_not_lie_in_the_space_is_refused(study, point, message):
    with pytest.raises(InvalidParams, match=message):
        completed(study, point, 0)


def test_words_become_values_by_their_parameter():
    words = {"lr": "1e-2", "layers": "3", "opt": "adam", "size": "32.5", "shift": "-1"}
    found = from_text(SPACE.dimensions, words)
    assert found == {"lr": 0.01, "layers": 3, "opt": "adam", "size": 32.5, "shift": -1.0}
    assert from_text(SPACE.dimensions, {"size": "true"})["size"] is True
    assert from_text(SPACE.dimensions, {"size": "16"})["size"] == 16


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"layers": "three"}, "'layers' is 'three'; it must be an integer from 1 to 8"),
        ({"layers": "3.5"}, "'layers' is 3.5; it must be an integer from 1 to 8"),
        ({"size": "64"}, "'size' is '64'; it must be one of 16, 32.5, True, '16'"),
        ({"seize": "64"}, "there is no parameter 'seize'"),
    ],
)
def test_words_that_are_no_value_are_refused(words, message):
    with pytest.raises(InvalidParams, match=message):
        from_text(SPACE.dimensions, words)


def test_what_a_point_leaves_out_of_a_staged_study_is_what_its_stages_start_at():
    stages = [Stage("first", free=["x"], trials=5), Stage("second", free=["y"])]
    study = Study(
        "s",
        space={"x": Float(0, 1), "y": Float(0, 1)},
        objective=len,
        stages=stages,
        start={"y": 0.25},
        points=[{"x": 0.5}],
    )
    assert points.completed(study.record, study.points[0], 0) == {"x": 0.5, "y": 0.25}
