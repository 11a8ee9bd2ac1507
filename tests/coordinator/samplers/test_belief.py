import numpy as np
import pytest

from parzen.coordinator.samplers.belief import Belief
from parzen.coordinator.samplers.sources import read
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Choice, Float, Space

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1), "c": Choice(["a", "b"])})
CUBE = UnitCube(SPACE.dimensions)
RNG = np.random.default_rng(0)
THERE = CUBE.from_uniform(RNG.random((60, 3)))
HERE = CUBE.from_uniform(RNG.random((25, 3)))


def bowl(rows):
    return (rows[:, 0] - 0.3) ** 2 + (rows[:, 1] - 0.6) ** 2 + 0.2 * rows[:, 2]


def belief(losses, names="xyc"):
    params = {name: [CUBE.params(row)[name] for row in THERE] for name in names}
    [source] = read(SPACE.dimensions, [{"study": "s", "losses": losses.tolist(), "params": params}])
    return Belief(CUBE, source)


def alike(a, b):
    return np.corrcoef(a, b)[0, 1]


def test_it_predicts_the_order_of_points_that_the_source_did_not_try():
    assert alike(belief(bowl(THERE)).predicted(HERE), bowl(HERE)) > 0.9


def test_of_what_the_source_does_not_know_it_says_nothing():
    found = belief(bowl(THERE), "x").predicted(HERE)
    other = HERE.copy()
    other[:, 1:] = 0
    assert found == pytest.approx(belief(bowl(THERE), "x").predicted(other))


def test_the_best_points_are_those_that_are_believed_best_whatever_luck_had():
    losses = bowl(THERE)
    worst = int(np.argmax(losses))
    lucky = np.where(np.arange(60) == worst, losses.min() - 0.01, losses)
    noisy = lucky + RNG.normal(0, 0.05, 60)
    assert worst not in belief(noisy).best_first[:5]


def test_without_a_result_the_losses_are_the_sources_own():
    losses = 5 + 3 * bowl(THERE)
    assert belief(losses).translated(HERE[:0], np.empty(0)).tolist() == losses.tolist()


def test_on_another_scale_the_trials_come_to_what_they_would_have_here():
    found = belief(np.exp(9 * bowl(THERE))).translated(HERE, 100 + bowl(HERE))
    assert alike(found, bowl(THERE)) > 0.9
    assert np.abs(found - 100 - bowl(THERE)).mean() < 0.1
    assert (found.min(), found.max()) == pytest.approx(
        (100 + bowl(HERE).min(), 100 + bowl(HERE).max()), abs=0.05
    )


def test_where_this_study_has_looked_its_own_losses_are_believed():
    mine = 1.0 - bowl(HERE)  # the contrary
    found = belief(bowl(THERE)).translated(HERE, mine)
    assert alike(found, bowl(THERE)) < -0.5


def test_one_result_tells_where_the_scale_is():
    found = belief(bowl(THERE)).translated(HERE[:1], np.array([40.0]))
    assert alike(found, bowl(THERE)) > 0.9
    assert abs(found.mean() - 40) < 5
