from parzen.coordinator.subspace import Subspace, below
from parzen.shared.space import Choice, Float, Space

SHARED = Float(0, 1, name="shared")
TREE = Space(
    {
        "x": Float(0, 1),
        "net": Choice(
            {
                "deep": {"s": SHARED, "opt": Choice({"sgd": {"m": Float(0, 1)}, "adam": {}})},
                "flat": {"s": SHARED, "w": Float(0, 1)},
            }
        ),
    }
)
BASE = {"x": 0.5, "net": "deep", "shared": 0.25, "net/deep/opt": "sgd", "net/deep/opt/sgd/m": 0.9}


def left(*free):
    """What is left where the base's others are held, with how many conditions each has."""
    freed = below(TREE.dimensions, free)
    space = Subspace(TREE.dimensions, {n: v for n, v in BASE.items() if n not in freed})
    return space, {d.name: len(d.active_when) for d in space.dimensions}


def test_a_choice_is_freed_with_all_that_is_below_it():
    everything = {d.name for d in TREE.dimensions}
    assert below(TREE.dimensions, ["net"]) == everything - {"x"}
    assert below(TREE.dimensions, ["net/deep/opt"]) == {"net/deep/opt", "net/deep/opt/sgd/m"}
    assert below(TREE.dimensions, ["x"]) == {"x"}


def test_what_is_held_is_no_dimension_and_no_condition():
    assert left("x")[1] == {"x": 0}
    assert left("net/deep/opt/sgd/m")[1] == {"net/deep/opt/sgd/m": 0}
    assert left("net/deep/opt")[1] == {"net/deep/opt": 0, "net/deep/opt/sgd/m": 1}
    assert left("shared")[1] == {"shared": 0}
    assert left("x", "net")[0].dimensions == TREE.dimensions


def test_what_cannot_take_part_is_left_out():
    space, found = left("net/flat/w")
    assert found == {}
    assert space.whole({}) == BASE


def test_a_point_is_completed_in_the_order_of_the_space():
    space, _ = left("x")
    assert list(space.whole({"x": 0.1}).items()) == list({**BASE, "x": 0.1}.items())


def test_it_holds_the_trials_that_agree_with_what_is_held():
    space, _ = left("x")
    assert space.holds({**BASE, "x": 0.1, "something else": 3})
    assert not space.holds({**BASE, "shared": 0.25000000000000006})
    assert not space.holds({name: value for name, value in BASE.items() if name != "shared"})
