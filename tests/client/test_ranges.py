import pytest

from parzen.client.ranges import condition, values
from parzen.shared.dimensions import Condition, Dimension, Kind


@pytest.mark.parametrize(
    ("dimension", "text"),
    [
        (Dimension(name="x", kind=Kind.FLOAT, low=1e-5, high=0.1, log=True), "1e-05 to 0.1, log"),
        (Dimension(name="x", kind=Kind.INT, low=1, high=9, step=2), "1 to 9, whole, in steps of 2"),
        (Dimension(name="x", kind=Kind.INT, low=1, high=9, step=1), "1 to 9, whole"),
        (Dimension(name="x", kind=Kind.CHOICE, choices=("sgd", 0.5, True)), "sgd | 0.5 | True"),
        (
            Dimension(name="x", kind=Kind.NORMAL, mu=0.0, sigma=1.5, low=-1.0),
            "normal with mean 0 and deviation 1.5, -1 to any",
        ),
    ],
)
def test_values_in_words(dimension, text):
    assert values(dimension) == text


def test_conditions_in_words():
    free = Dimension(name="x", kind=Kind.INT, low=1, high=2)
    assert condition(free) == ""
    when = (Condition("opt", "sgd"), Condition("opt", "adam"))
    bound = Dimension(name="x", kind=Kind.INT, low=1, high=2, active_when=when)
    assert condition(bound) == "where opt is sgd or opt is adam"
