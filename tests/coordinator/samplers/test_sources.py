import math

import numpy as np
import pytest

from parzen.coordinator.samplers.sources import read
from parzen.coordinator.unit import UnitCube
from parzen.shared.errors import InvalidStudy
from parzen.shared.space import Choice, Float, Int, Space

TREE = Space(
    {
        "lr": Float(1e-4, 1, log=True),
        "opt": Choice({"sgd": {"momentum": Float(0, 1)}, "adam": {"beta": Float(0, 1)}}),
        "n": Int(1, 8),
    }
)


def source(**params):
    count = len(next(iter(params.values())))
    names = {"momentum": "opt/sgd/momentum", "beta": "opt/adam/beta"}
    return {
        "study": "old",
        "losses": [float(n) for n in range(count)],
        "params": {names.get(name, name): values for name, values in params.items()},
    }


def test_rows_hold_what_the_source_knows_and_whole_ones_have_the_rest_drawn():
    [found] = read(TREE.dimensions, [source(lr=[1e-4, 1.0], opt=["sgd", "adam"])])
    cube = UnitCube(TREE.dimensions)
    assert (found.name, found.losses.tolist()) == ("old", [0.0, 1.0])
    assert found.rows.tolist() == [[0, 0], [1, 1]]
    points = [cube.params(row) for row in found.whole]
    assert [p["lr"] for p in points] == pytest.approx([1e-4, 1])
    assert [set(p) - {"lr", "opt", "n"} for p in points] == [
        {"opt/sgd/momentum"},
        {"opt/adam/beta"},
    ]
    for point in points:
        TREE.check(point)


def test_a_choice_that_the_source_does_not_know_has_the_option_of_what_it_knows():
    [found] = read(TREE.dimensions, [source(beta=[0.25] * 20, lr=[0.1] * 20)])
    points = [UnitCube(TREE.dimensions).params(row) for row in found.whole]
    assert {p["opt"] for p in points} == {"adam"}
    assert {p["opt/adam/beta"] for p in points} == {0.25}
    assert len({p["n"] for p in points}) > 1


def test_none_is_a_parameter_that_took_no_part_unless_it_is_an_option():
    [found] = read(TREE.dimensions, [source(opt=["sgd", "adam"], momentum=[0.5, None])])
    assert found.rows[0].tolist() == [0, 0.5]
    assert math.isnan(found.rows[1, 1])
    space = Space({"c": Choice([None, 1])})
    [found] = read(space.dimensions, [source(c=[None, 1])])
    assert found.rows.tolist() == [[0], [1]]


def test_what_is_drawn_is_the_same_every_time_and_another_in_each_source():
    one, other = read(TREE.dimensions, [source(lr=[0.1] * 5)] * 2)
    [again] = read(TREE.dimensions, [source(lr=[0.1] * 5)])
    assert np.array_equal(one.whole, again.whole, equal_nan=True)
    assert not np.array_equal(one.whole, other.whole, equal_nan=True)


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ("old", "option sources is 'old'"),
        ([3], "option sources holds 3: expected a dict with study, losses, params"),
        ([{**source(lr=[1.0]), "more": 1}], "option sources holds"),
        ([{**source(lr=[1.0]), "losses": [math.nan]}], "study 'old': its losses are"),
        ([{**source(lr=[1.0]), "losses": [10**400]}], "study 'old': its losses are"),
        ([{**source(lr=[1.0]), "losses": []}], "study 'old': its losses are"),
        ([{**source(lr=[1.0]), "params": {}}], "study 'old': its params are"),
        ([source(rate=[1.0])], "has the parameter 'rate': expected one of this space"),
        ([{**source(lr=[1.0]), "losses": [1.0, 2.0]}], "expected a list of 2"),
        ([source(lr=[7.0])], "'lr' is 7.0: expected a float"),
        ([source(opt=["lion"])], "'opt' is 'lion': expected one of"),
    ],
)
def test_a_source_that_is_none_is_refused_in_one_sentence(declared, says):
    with pytest.raises(InvalidStudy) as caught:
        read(TREE.dimensions, declared)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
