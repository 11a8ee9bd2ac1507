import numpy as np

from parzen.coordinator.samplers.parzen_estimator import Kernels, Scale
from parzen.coordinator.samplers.points import Points
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Choice, Float, Int, Normal, Space

MIXED = UnitCube(
    Space(
        {
            "x": Float(0, 1),
            "coarse": Int(0, 9),
            "fine": Int(1, 800, log=True),
            "endless": Int(1, 10**6, log=True),
            "z": Normal(0, 1, step=0.01),
            "c": Choice(list("abc")),
            "m": Choice({"a": {"k": Int(0, 20)}, "b": {"y": Float(0, 1)}}),
        }
    ).dimensions
)


def rows(count, seed=0):
    return MIXED.from_uniform(np.random.default_rng(seed).random((count, MIXED.width)))


def test_a_group_has_the_same_bits_alone_and_among_others():
    drawn = rows(6 * 64)
    kernels = Kernels(rows(100, seed=1), Scale(MIXED, rows(50, seed=2)))
    together = kernels.log_densities(Points(MIXED, drawn, 64))
    groups = Points(MIXED, drawn, 64)
    for i in range(6):
        part = slice(i * 64, (i + 1) * 64)
        alone = Kernels(rows(100, seed=1), Scale(MIXED, rows(50, seed=2)))
        np.testing.assert_array_equal(
            alone.log_densities(Points(MIXED, drawn[part])), together[part]
        )
        np.testing.assert_array_equal(kernels.log_densities(groups.group(i)), together[part])


def test_inactive_points_fall_into_no_bin():
    points = Points(MIXED, rows(200))
    off = ~points.active[:, 7]
    assert off.any()
    assert (points.bins[7].of[off] == len(points.bins[7].low)).all()
    assert (points.bins[7].of[~off] < len(points.bins[7].low)).all()
