import numpy as np
import pytest
from proposing import space

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Kind


@pytest.mark.parametrize("width", [5, 20, 50])
def test_a_space_of_any_width_is_mixed_and_has_branches(width):
    dimensions = space.dimensions(width)
    assert len(dimensions) == width
    assert {(d.kind, d.log) for d in dimensions} == {
        (Kind.FLOAT, False),
        (Kind.FLOAT, True),
        (Kind.INT, False),
        (Kind.INT, True),
        (Kind.CHOICE, False),
    }
    assert sum(bool(d.active_when) for d in dimensions) == (width - 1) // space.IN_BRANCH


def test_good_trials_lie_near_one_another():
    cube = UnitCube(space.dimensions(20))
    seen = sorted(space.trials(cube, 400, np.random.default_rng(0)), key=lambda s: s.loss)
    away = [
        np.mean([abs(s.params[name] - 0.3) for s in part for name in ("p1", "p6", "p11")])
        for part in (seen[:40], seen)
    ]
    assert away[0] < away[1]


def test_slopes_are_those_of_the_loss():
    cube = UnitCube(space.dimensions(20))

    class Silent:
        normal = staticmethod(lambda *_: 0.0)

    seen = next(space.trials(cube, 1, np.random.default_rng(0)))
    slopes = space.slopes(cube, seen.params)
    assert {"p1", "p2", "p6", "p7"} <= set(slopes)
    for name, slope in slopes.items():
        step = 1e-6 * seen.params[name]
        ends = [
            space.loss(cube.row({**seen.params, name: seen.params[name] + h}), Silent())
            for h in (-step, step)
        ]
        assert slope == pytest.approx((ends[1] - ends[0]) / (2 * step), rel=1e-4, abs=1e-4)
