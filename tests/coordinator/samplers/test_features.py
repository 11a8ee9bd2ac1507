import numpy as np
import pytest

from parzen.coordinator.samplers.features import FEW, Features
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Choice, Float, Int, Space

TREE = UnitCube(
    Space(
        {
            "z": Float(0, 1),
            "m": Choice({"a": {"x": Float(0, 10), "c": Choice(["p", "q"])}, "b": {}}),
            "n": Int(0, 9),
        }
    ).dimensions
)
IN_B = {"z": 0.2, "m": "b", "n": 3}
IN_A = IN_B | {"m": "a", "m/a/x": 5.0, "m/a/c": "p"}


def squared(cube, a, b, *, seen=()):
    """The squared distance of two points."""
    features = Features(cube, np.array([cube.row(p) for p in (seen or [a, b])]))
    one, other = features.of(np.array([cube.row(a), cube.row(b)]))
    return ((one - other) ** 2).sum()


def test_numbers_are_as_far_apart_as_their_columns():
    assert squared(TREE, IN_B, IN_B | {"z": 0.5}) == pytest.approx(0.3**2)
    assert squared(TREE, IN_B, IN_B | {"n": 5}) == pytest.approx(0.2**2)
    assert squared(TREE, IN_B, IN_B | {"z": 0.5, "n": 5}) == pytest.approx(0.3**2 + 0.2**2)


def test_two_options_are_at_distance_one():
    assert squared(TREE, IN_A, IN_A | {"m/a/c": "q"}) == pytest.approx(1)
    assert squared(TREE, IN_A, IN_A) == 0


def test_a_number_that_takes_no_part_stands_in_the_middle():
    """So that only the branch and its choice tell the two apart, and then the number too."""
    assert squared(TREE, IN_A, IN_B) == pytest.approx(2)
    assert squared(TREE, IN_A | {"m/a/x": 8.0}, IN_B) == pytest.approx(2 + 0.3**2)


def test_an_option_and_none_at_all_are_at_distance_one():
    rows = np.array([TREE.row(IN_A)] * 2)
    rows[1, [d.name for d in TREE.dimensions].index("m/a/c")] = np.nan
    one, other = Features(TREE, rows).of(rows)
    assert ((one - other) ** 2).sum() == pytest.approx(1)


def test_every_parameter_has_one_length_scale_and_moves_its_own_columns():
    rows = np.array([TREE.row(IN_A)])
    features = Features(TREE, rows)
    names = [d.name for d in TREE.dimensions]
    order = [names[j] for j in (*TREE.numeric, *TREE.categorical)]
    assert features.lengths == len(names)
    changed = {"z": 0.9, "n": 7, "m/a/x": 9.0, "m/a/c": "q"}
    for name, value in changed.items():
        one, other = features.of(np.array([TREE.row(IN_A), TREE.row(IN_A | {name: value})]))
        assert {order[group] for group in features.groups[one != other]} == {name}


def long_choice(count):
    return UnitCube(Space({"c": Choice(list(range(count)))}).dimensions)


def test_of_a_long_choice_the_options_seen_are_told_apart_and_others_are_alike():
    cube, seen = long_choice(FEW + 1), [{"c": 3}, {"c": 7}, {"c": 3}]
    assert squared(cube, {"c": 3}, {"c": 7}, seen=seen) == pytest.approx(1)
    assert squared(cube, {"c": 3}, {"c": 8}, seen=seen) == pytest.approx(1)
    assert squared(cube, {"c": 8}, {"c": 7}, seen=seen) == pytest.approx(1)
    assert squared(cube, {"c": 0}, {"c": FEW}, seen=seen) == 0


def test_of_a_short_choice_all_options_are_told_apart():
    cube, seen = long_choice(FEW), [{"c": 3}]
    assert squared(cube, {"c": 0}, {"c": FEW - 1}, seen=seen) == pytest.approx(1)


def test_a_long_choice_that_was_never_active_has_no_options_of_its_own():
    deep = {"a": {"c": Choice(list(range(FEW + 1)))}, "b": {}}
    cube = UnitCube(Space({"m": Choice(deep)}).dimensions)
    a = {"m": "a", "m/a/c": 3}
    assert squared(cube, a, a | {"m/a/c": 4}, seen=[{"m": "b"}]) == 0
    assert squared(cube, a, {"m": "b"}, seen=[{"m": "b"}]) == pytest.approx(2)
