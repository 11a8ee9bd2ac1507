import numpy as np
import pytest
from scipy.stats import qmc

from parzen.coordinator.history import History
from parzen.coordinator.samplers import sobol
from parzen.coordinator.samplers.sobol import SobolSampler, SobolSequence
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidStudy
from parzen.shared.space import Choice, Float, Space


def test_points_are_the_same_in_any_order():
    wound, cold = SobolSequence(3), [SobolSequence(3).point(4, n) for n in range(20)]
    for number in (3, 4, 19, 0, 7, 7):
        np.testing.assert_array_equal(wound.point(4, number), cold[number])


def test_a_seed_is_a_sequence_of_its_own():
    sequence = SobolSequence(2)
    first = sequence.point(1, 0)
    assert (sequence.point(2, 0) != first).all()
    np.testing.assert_array_equal(sequence.point(1, 0), first)


def test_points_spread_better_than_chance():
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    proposed = SobolSampler(space.dimensions).propose(History(space.dimensions), range(64), 0)
    points = np.array([[p["x"], p["y"]] for p in proposed])
    chance = np.random.default_rng(0).random((64, 2))
    assert qmc.discrepancy(points) < qmc.discrepancy(chance) / 3


def test_a_known_point_is_replaced():
    space = Space({"c": Choice(list(range(6)))})
    proposed = SobolSampler(space.dimensions).propose(History(space.dimensions), range(10), 0)
    assert sorted(p["c"] for p in proposed) == [0, 1, 2, 3, 4, 5]


def test_too_many_dimensions_are_refused(monkeypatch):
    monkeypatch.setattr(sobol, "WIDEST", 1)
    dimensions = [Dimension(name=n, kind=Kind.FLOAT, low=0.0, high=1.0) for n in "ab"]
    with pytest.raises(InvalidStudy, match="at most 1"):
        SobolSampler(dimensions)
