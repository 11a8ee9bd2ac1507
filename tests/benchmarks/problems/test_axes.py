from __future__ import annotations

import pytest
from problems.axes import Axis

from parzen.shared.parameters import Float, Int
from parzen.shared.space import Choice


@pytest.mark.parametrize(
    ("axis", "parameter"),
    [
        (Axis("C", (0.1, 1.0, 100.0), log=True), Float(0.1, 100.0, log=True)),
        (Axis("p", (1.0, 4.0)), Float(1.0, 4.0)),
        (Axis("depth", (1, 2, 7)), Int(1, 7)),
        (Axis("trees", (4, 32), log=True), Int(4, 32, log=True)),
        (Axis("kernel", ("rbf", "poly")), Choice(["rbf", "poly"])),
    ],
)
def test_a_parameter_is_the_range_or_the_choice_of_the_levels(axis, parameter) -> None:
    assert axis.parameter() == parameter


def test_places_are_logarithms_where_the_parameter_is_searched_so() -> None:
    low, middle, high = Axis("C", (0.1, 1.0, 10.0), log=True).place([0.1, 1.0, 10.0])
    assert middle - low == pytest.approx(high - middle)
    assert list(Axis("p", (1.0, 4.0)).place([1.0, 4.0])) == [1.0, 4.0]
