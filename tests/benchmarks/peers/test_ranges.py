from __future__ import annotations

import pytest
from peers import ranges

from parzen.shared.dimensions import Dimension, Kind

FLOAT = Dimension(name="x", kind=Kind.FLOAT, low=-1.0, high=3.0)
LOG = Dimension(name="x", kind=Kind.FLOAT, low=1e-3, high=1.0, log=True)
EVEN = Dimension(name="x", kind=Kind.INT, low=4, high=8, step=2)
SHARE = Dimension(name="x", kind=Kind.FLOAT, low=0.5, high=1.0, step=0.25)
WIDTH = Dimension(name="x", kind=Kind.INT, low=1, high=64, log=True)


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        (FLOAT, (-1.0, 3.0)),
        (LOG, (1e-3, 1.0)),
        (EVEN, (-0.5, 2.5)),
        (SHARE, (-0.5, 2.5)),
        (WIDTH, (0.5, 64.5)),
    ],
)
def test_the_end_values_of_a_grid_own_whole_bins(dimension, expected):
    assert ranges.ends(dimension) == expected


@pytest.mark.parametrize(
    ("dimension", "drawn", "expected"),
    [
        (FLOAT, 0.3, 0.3),
        (FLOAT, 3.0000001, 3.0),
        (EVEN, -0.5, 4),
        (EVEN, 1.4, 6),
        (EVEN, 2.5, 8),
        (SHARE, 1.0, 0.75),
        (WIDTH, 0.5, 1),
        (WIDTH, 63.6, 64),
        (Dimension(name="c", kind=Kind.CHOICE, choices=("a", "b")), 1, "b"),
        (Dimension(name="c", kind=Kind.CHOICE, choices=("a",)), None, "a"),
        (Dimension(name="x", kind=Kind.INT, low=4, high=4), None, 4),
    ],
)
def test_a_draw_is_rounded_to_one_of_the_values(dimension, drawn, expected):
    found = ranges.value(dimension, drawn)
    assert found == expected
    assert type(found) is type(expected)


def test_nothing_drawn_for_several_values_is_said():
    with pytest.raises(ValueError, match="nothing was drawn for the active dimension 'x'"):
        ranges.value(FLOAT, None)


def test_what_has_no_bounds_is_said():
    normal = Dimension(name="z", kind=Kind.NORMAL, mu=0.0, sigma=1.0)
    for call in (ranges.ends, lambda d: ranges.value(d, 0.0)):
        with pytest.raises(ValueError, match="dimension 'z' of kind normal is not handled here"):
            call(normal)
