import math

import numpy as np
import pytest
from scipy import stats

from parzen.coordinator.history import History
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import crossing
from parzen.coordinator.unit import UnitCube
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

TREE = Space({"m": Choice({"a": {"x": Float(0, 1)}, "b": {"y": Float(0, 1)}, "c": {}})})
NONE = math.nan


def outlook(space, *known):
    history = History(space.dimensions)
    for number, params in enumerate(known):
        history.put(
            Trial(
                study="s",
                uid=Uid("u"),
                number=number,
                params=params,
                loss=0.0,
                state=TrialState.COMPLETE,
            )
        )
    return Outlook(history)


def test_what_a_parent_lacks_is_that_of_the_next_or_drawn_from_the_prior():
    cube, rng = UnitCube(TREE.dimensions), np.random.default_rng(0)
    parents = np.array([[0, 0.9, NONE], [1, NONE, 0.2]])
    assert crossing.whole(cube, parents, rng).tolist() == [0, 0.9, 0.2]
    drawn = [crossing.whole(cube, parents[:1], rng) for _ in range(300)]
    assert {row[1] for row in drawn} == {0.9}
    assert stats.kstest([row[2] for row in drawn], stats.uniform().cdf).pvalue > 0.01


def test_an_option_is_a_parents_or_drawn_with_the_chances_given():
    space = Space({"x": Float(0, 1), "c": Choice(list("abcd"))})
    cube, rng = UnitCube(space.dimensions), np.random.default_rng(0)
    parents = np.array([[0.1, 0.0], [0.2, 1.0]])
    found = [crossing.options(cube, parents, np.array([0.5, 0.3]), rng)[0] for _ in range(1000)]
    counts = np.bincount(np.array(found, dtype=int), minlength=4)
    assert stats.chisquare(counts, [550, 350, 50, 50]).pvalue > 0.01


@pytest.mark.parametrize("known", [(), ({"n": 500},)])
def test_a_known_point_gives_way_to_one_nearby(known):
    space = Space({"n": Int(0, 999)})
    row = UnitCube(space.dimensions).row({"n": 500})
    point = crossing.nearest_new(outlook(space, *known), row, np.random.default_rng(0))
    assert point is not None
    assert bool(known) == (point[1]["n"] != 500)
    assert abs(point[1]["n"] - 500) < 20


def test_of_a_finite_space_every_point_is_found_and_then_none():
    space = Space({"n": Int(0, 3), "c": Choice(["a", "b"])})
    view, rng = outlook(space), np.random.default_rng(0)
    for number in range(8):
        row, _ = crossing.nearest_new(view, np.array([0.1, 0.0]), rng)
        view.add(number, row)
    assert crossing.nearest_new(view, np.array([0.1, 0.0]), rng) is None
