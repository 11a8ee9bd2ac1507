import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import novelty
from parzen.coordinator.samplers.random import RandomSampler
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.space import Int, Space

SPACE = Space({"a": Int(0, 9), "b": Int(0, 9)})


def test_a_batch_ends_where_nothing_is_left():
    def one(outlook, number):
        return novelty.any_new(outlook, np.random.default_rng(number)) if number < 2 else None

    assert len(novelty.batch(History(SPACE.dimensions), range(5), one)) == 2


@pytest.mark.parametrize("small", [10_000, 50])
def test_the_last_point_is_found_in_a_large_space_too(monkeypatch, small):
    monkeypatch.setattr(novelty, "SMALL", small)
    monkeypatch.setattr(novelty, "DRAWS", 1)
    outlook = Outlook(History(SPACE.dimensions))
    for number in range(100):
        point = novelty.any_new(outlook, np.random.default_rng(number))
        assert point is not None
        outlook.add(number, point[0])
    assert novelty.any_new(outlook, np.random.default_rng(100)) is None


def test_a_point_is_known_in_the_form_in_which_it_is_stored():
    outlook = Outlook(History(SPACE.dimensions))
    rough = np.array([0.512, 0.33])
    found = novelty.first_new(outlook, [rough])
    assert found is not None
    outlook.add(0, found[0])
    assert novelty.first_new(outlook, [rough + 0.001]) is None


@pytest.mark.parametrize(
    "limits",
    [
        {"kind": Kind.NORMAL, "mu": 1.0, "sigma": 1e-17},
        {"kind": Kind.NORMAL, "mu": 1000.0, "sigma": 1.0, "log": True},
        {"kind": Kind.FLOAT, "low": 0.0, "high": 5e-324},
        {"kind": Kind.FLOAT, "low": 1.0, "high": 1.0000000000000002},
    ],
)
def test_a_continuum_of_few_floats_is_exhausted(monkeypatch, limits):
    rows_met = []
    points = UnitCube.points

    def counted(cube, rng):
        for row in points(cube, rng):
            rows_met.append(row)
            assert len(rows_met) < 10_000, "the walk does not end"
            yield row

    monkeypatch.setattr(UnitCube, "points", counted)
    dimensions = (Dimension(name="x", **limits),)
    proposed = RandomSampler(dimensions).propose(History(dimensions), range(20), 0)
    assert 1 <= len(proposed) <= 3
