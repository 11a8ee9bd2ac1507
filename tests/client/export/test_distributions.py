import pytest
from optuna import distributions as theirs

from parzen.client.export.distributions import distribution, value
from parzen.shared.dimensions import Dimension, Kind


def dimension(kind, **facts):
    return Dimension(name="x", kind=kind, **facts)


@pytest.mark.parametrize(
    ("ours", "expected"),
    [
        (
            dimension(Kind.FLOAT, low=1e-3, high=1.0, log=True),
            theirs.FloatDistribution(1e-3, 1.0, log=True),
        ),
        (
            dimension(Kind.FLOAT, low=0.0, high=1.0, step=0.25),
            theirs.FloatDistribution(0.0, 1.0, step=0.25),
        ),
        (
            dimension(Kind.FLOAT, low=0.0, high=9.0, step=3.0, rounds=(0.5, 10.0), log=True),
            theirs.FloatDistribution(0.0, 9.0, step=3.0),
        ),
        (
            dimension(Kind.INT, low=0, high=9, rounds=(0.1, 9.4), log=True),
            theirs.IntDistribution(0, 9),
        ),
        (dimension(Kind.INT, low=1, high=9, step=2), theirs.IntDistribution(1, 9, step=2)),
        (dimension(Kind.INT, low=1, high=64, log=True), theirs.IntDistribution(1, 64, log=True)),
        (
            dimension(Kind.CHOICE, choices=("a", 1, None, (1, 2), b"x")),
            theirs.CategoricalDistribution(("a", 1, None, "[1, 2]", "b'x'")),
        ),
        (dimension(Kind.NORMAL, mu=1.0, sigma=0.5), theirs.FloatDistribution(-3.0, 5.0)),
        (
            dimension(Kind.NORMAL, mu=0.0, sigma=1.0, low=-1.0, high=2.0),
            theirs.FloatDistribution(-1.0, 2.0),
        ),
        (
            dimension(Kind.NORMAL, mu=0.0, sigma=1.0, step=0.3),
            theirs.FloatDistribution(-8.1, 8.1, step=0.3),
        ),
    ],
)
def test_each_parameter_has_the_distribution_that_holds_its_values(ours, expected):
    found = distribution(ours)
    if isinstance(expected, theirs.FloatDistribution):
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
        assert (found.log, found.step) == (expected.log, expected.step)
    else:
        assert found == expected


def test_a_normal_reaches_as_far_as_was_met():
    found = distribution(dimension(Kind.NORMAL, mu=0.0, sigma=1.0), (-3.0, 20.0))
    assert (found.low, found.high) == (-8.0, 20.0)


@pytest.mark.parametrize("mu", [0.0, 600.0, -600.0])
def test_a_log_normal_stays_among_the_positive_floats(mu):
    found = distribution(dimension(Kind.NORMAL, mu=mu, sigma=50.0, log=True))
    assert found.log
    assert 0 < found.low < found.high < float("inf")


def test_a_log_normal_with_steps_begins_at_zero():
    found = distribution(dimension(Kind.NORMAL, mu=0.0, sigma=1.0, log=True, step=1.0))
    assert not found.log
    assert found.low == 0.0
    assert found.high >= 2980


@pytest.mark.parametrize("steps", range(8))
def test_rounding_leaves_no_value_beside_optunas_grid(steps):
    ours = dimension(Kind.FLOAT, low=0.1, high=0.8, step=0.1)
    held = distribution(ours)
    found = value(ours, held, 0.1 + steps * 0.1 + 3e-8)
    assert held._contains(held.to_internal_repr(found))
    assert found == pytest.approx(0.1 + steps * 0.1)


def test_options_that_optuna_cannot_hold_are_their_labels():
    ours = dimension(Kind.CHOICE, choices=((1, 2), "a"))
    assert value(ours, distribution(ours), (1, 2)) == "[1, 2]"
    assert value(ours, distribution(ours), "a") == "a"
