import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models.spaces import AWKWARD, BY_HAND, NUMBERS, rounded, rounding
from scipy import stats

from parzen.coordinator.axes import axis
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidParams
from parzen.shared.space import Choice, Float, Int, LogNormal, Normal, Space


def one(parameter):
    return axis(Space({"x": parameter}).dimensions[0])


@settings(max_examples=150, deadline=None)
@given(NUMBERS, st.floats(0, 1))
def test_every_u_is_a_value_of_the_space_and_comes_back(parameter, u):
    space = Space({"x": parameter})
    column = axis(space.dimensions[0])
    value = column.decode(u)
    space.check({"x": value})
    assert type(value) is (int if isinstance(parameter, Int) else float)
    back = column.encode(value)
    assert 0 <= back <= 1
    again = column.decode(back)
    assert again == pytest.approx(value, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    "parameter",
    [
        Int(3, 12),
        Int(1, 40, log=True),
        Int(0, 100, step=10),
        Float(0.0, 1.0, step=0.1),
        Normal(0.0, 1.0, low=-2.0, high=2.0, step=0.5),
        LogNormal(0.0, 1.0, low=1.0, high=8.0, step=1.0),
        Int(1, 3000, log=True),
    ],
)
def test_bins_tile_the_unit_interval_and_hold_their_value(parameter):
    column = one(parameter)
    values = list(column.values())
    assert len(values) == column.size
    u = np.array([column.encode(v) for v in values])
    assert [column.decode(x) for x in u] == values
    low, high = column.edges(u)
    assert low[0] == 0
    assert high[-1] == 1
    np.testing.assert_allclose(low[1:], high[:-1], atol=1e-12)
    np.testing.assert_array_equal(column.snap(u), u)


def test_each_integer_is_equally_likely_a_priori():
    column = one(Int(0, 3))
    drawn = [column.decode(u) for u in (np.arange(400) + 0.5) / 400]
    assert [drawn.count(k) for k in range(4)] == [100] * 4


def test_normal_bins_hold_the_normals_mass():
    column = one(Normal(0.0, 1.0, step=1.0))
    low, high = column.edges(np.array([column.encode(0.0), column.encode(1.0)]))
    phi = [0.5 * (1 + math.erf(x / math.sqrt(2))) for x in (-0.5, 0.5, 1.5)]
    np.testing.assert_allclose(high - low, [phi[1] - phi[0], phi[2] - phi[1]])


def test_steps_are_the_decimals_one_wrote():
    assert list(one(Float(0.0, 0.5, step=0.1)).values()) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]


def test_large_integers_stay_integers_within_bounds():
    column = one(Int(0, 2**62))
    assert column.decode(0.0) == 0
    assert column.decode(1.0) == 2**62
    near = one(Int(2**61, 2**61 + 9))
    assert [near.decode((k + 0.5) / 10) for k in range(10)] == [2**61 + k for k in range(10)]


def test_choices_follow_their_weights():
    column = one(Choice(["a", "b"], weights=[3, 1]))
    drawn = column.from_uniform((np.arange(8) + 0.5) / 8)
    assert drawn.tolist() == [0] * 6 + [1] * 2


def test_true_is_not_one_and_a_list_is_a_tuple():
    column = one(Choice([True, 2, (1, 2)]))
    assert column.encode([1, 2]) == 2
    assert column.encode(2.0) == 1
    with pytest.raises(InvalidParams, match="one of"):
        column.encode(1)


def test_a_parameter_with_one_value_is_a_choice_of_one():
    column = axis(Dimension(name="x", kind=Kind.INT, low=4, high=4))
    assert column.options == 1
    assert column.decode(0.0) == 4


@pytest.mark.parametrize("value", [None, "1", True, math.nan, math.inf, -1, 11, 2.5])
def test_what_is_no_value_is_refused_by_name(value):
    with pytest.raises(InvalidParams, match="'x' is"):
        one(Int(0, 10)).encode(value)


def drawn(column, count=4000):
    """Values as they are drawn from the prior."""
    return np.array([column.decode(u) for u in column.from_uniform(chance(count))])


def chance(count):
    return np.random.default_rng(0).random(count)


@pytest.mark.parametrize(
    ("parameter", "reference"),
    [
        (Float(-3, 5), stats.uniform(-3, 8)),
        (Float(1e-6, 10, log=True), stats.loguniform(1e-6, 10)),
        (Normal(2, 3), stats.norm(2, 3)),
        (Normal(2, 3, low=0, high=4), stats.truncnorm(-2 / 3, 2 / 3, 2, 3)),
        (Normal(0, 1, low=4.5), stats.truncnorm(4.5, math.inf)),
        (LogNormal(1, 2), stats.lognorm(2, scale=math.e)),
    ],
)
def test_draws_of_a_continuum_follow_scipys_law(parameter, reference):
    assert stats.kstest(drawn(one(parameter)), reference.cdf).pvalue > 0.01


def test_draws_of_a_bounded_log_normal_follow_scipys_law():
    logarithms = np.log(drawn(one(LogNormal(1, 2, low=0.5, high=9))))
    low, high = (math.log(0.5) - 1) / 2, (math.log(9) - 1) / 2
    assert stats.kstest(logarithms, stats.truncnorm(low, high, 1, 2).cdf).pvalue > 0.01


def bounded(law, low, high):
    return lambda x: (
        (law.cdf(np.clip(x, low, high)) - law.cdf(low)) / (law.cdf(high) - law.cdf(low))
    )


GRIDS = [
    (Int(-2, 7), stats.uniform(-2.5, 10).cdf),
    (Float(1, 3, step=0.25), stats.uniform(0.875, 2.25).cdf),
    (Int(1, 40, log=True), stats.loguniform(0.5, 40.5).cdf),
    (Int(3, 2000, log=True), stats.loguniform(2.5, 2000.5).cdf),
    (Normal(1, 2, step=0.5), stats.norm(1, 2).cdf),
    (Normal(1, 2, low=0, high=4, step=0.5), bounded(stats.norm(1, 2), -0.25, 4.25)),
    (LogNormal(1, 1, step=1), stats.lognorm(1, scale=math.e).cdf),
    (LogNormal(1, 1, low=1, high=9, step=2), bounded(stats.lognorm(1, scale=math.e), 0.5, 10)),
]
"""A grid, and the law of which each value owns what lies within half a step."""


@pytest.mark.parametrize(("parameter", "cdf"), GRIDS)
def test_each_value_of_a_grid_has_the_mass_around_it(parameter, cdf):
    column = one(parameter)
    values = np.array([*column.values()], dtype=float)[:200]
    half = (parameter.step or 1) / 2
    low, high = column.edges(np.array([column.encode(v) for v in values]))
    inner = slice(1, None if len(values) == 200 else -1)  # the ends own the rest as well
    np.testing.assert_allclose(low[inner], cdf(values[inner] - half), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(high[inner], cdf(values[inner] + half), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize(("parameter", "cdf"), GRIDS)
def test_draws_of_a_grid_have_those_masses(parameter, cdf):
    column = one(parameter)
    half = (parameter.step or 1) / 2
    found, counts = np.unique(drawn(column), return_counts=True)
    expected = (cdf(found + half) - cdf(found - half)) * counts.sum()
    common = expected >= 5
    rest = max(counts.sum() - expected[common].sum(), 1e-3)
    seen = np.append(counts[common], counts[~common].sum())
    against = np.append(expected[common], rest)
    assert stats.chi2.sf(((seen - against) ** 2 / against).sum(), len(seen) - 1) > 0.01


ROUNDED = [
    ((0, 10, 3), stats.uniform(0, 10), [0, 3, 6, 9]),
    ((-2.6, 2.6, 1), stats.uniform(-2.6, 5.2), range(-3, 4)),
    ((0.5, 2.5, 1), stats.uniform(0.5, 2), [1, 2]),
    ((0, 1, 0.1), stats.uniform(0, 1), [k / 10 for k in range(11)]),
    ((7, 11, 10), stats.uniform(7, 4), [10]),
    ((1e6, 1e6 + 3, 0.25), stats.uniform(1e6, 3), [1e6 + k / 4 for k in range(13)]),
    ((0, 2000, 1), stats.uniform(0, 2000), range(2001)),
    ((-3000.2, 3000.7, 3), stats.uniform(-3000.2, 6000.9), range(-3000, 3001, 3)),
]
ROUNDED_LOG = [
    ((0.05, 20, 1), stats.loguniform(0.05, 20), range(21)),
    ((1, 1000, 7), stats.loguniform(1, 1000), range(0, 1002, 7)),
    ((3.2, 3.4, 1), stats.loguniform(3.2, 3.4), [3]),
    ((1000, 1000 + 2**-10, 2**-12), stats.uniform(1000, 2**-10), 1000 + np.arange(5) / 2**12),
    ((1e-3, 5000, 1), stats.loguniform(1e-3, 5000), range(5001)),
]


def columns_of_rounded():
    for log, cases in ((False, ROUNDED), (True, ROUNDED_LOG)):
        for (low, high, q), law, values in cases:
            d = Dimension(name="x", **rounding(low, high, q, log=log))
            yield pytest.param(axis(d), q, law, values, id=f"{low} to {high} by {q}, {log=}")


@pytest.mark.parametrize(("column", "q", "law", "values"), [*columns_of_rounded()])
def test_a_rounded_continuums_values_have_the_mass_that_is_rounded_to_them(column, q, law, values):
    found = [*column.values()]
    assert found == pytest.approx([*values])
    at = np.array(found)
    expected = law.cdf(at + q / 2) - law.cdf(at - q / 2)
    u = np.array([column.encode(value) for value in found])
    assert [column.decode(x) for x in u] == found
    if not column.options:
        low, high = column.edges(u)
        assert (low[0], high[-1]) == (0, 1)
        np.testing.assert_allclose(high - low, expected, rtol=1e-6, atol=1e-12)
        np.testing.assert_allclose(low[1:], high[:-1], atol=1e-15)


@pytest.mark.parametrize(("column", "q", "law", "values"), [*columns_of_rounded()])
def test_draws_of_a_rounded_continuum_are_those_that_are_rounded(column, q, law, values):
    at = np.array([*values])
    masses = law.cdf(at + q / 2) - law.cdf(at - q / 2)
    group = (20 * (np.cumsum(masses) - masses / 2)).astype(int)  # each of some 200 draws, or more
    met = group[np.rint((drawn(column) - at[0]) / q).astype(int)]
    expected = np.bincount(group, 4000 * masses)
    counts = np.bincount(met, minlength=len(expected))
    own = np.unique(group)
    assert counts.sum() == counts[own].sum()
    assert (
        stats.chi2.sf(((counts - expected)[own] ** 2 / expected[own]).sum(), max(1, len(own) - 1))
        > 0.01
    )


@settings(max_examples=50, deadline=None)
@given(rounded(), st.floats(0, 1))
def test_a_rounded_continuum_gives_multiples_within_its_ends(facts, u):
    d = Dimension(name="x", **facts)
    column = axis(d)
    value = column.decode(0.0 if column.options else u)
    assert d.low <= value <= d.high
    assert d.rounds[0] - 0.51 * d.step <= value <= d.rounds[1] + 0.51 * d.step
    assert column.decode(column.encode(value)) == value


def test_whole_numbers_may_be_a_rounded_continuum():
    column = axis(Dimension(name="x", kind=Kind.INT, low=1, high=3, rounds=(1, 3)))
    np.testing.assert_allclose(column.widths[:-1], [0.25, 0.5, 0.25])
    assert [column.decode(u) for u in (0.2, 0.3, 0.8)] == [1, 2, 3]


@pytest.mark.parametrize("weights", [(0.0, 0.3, 0.0, 0.7, 0.0), (0.0, *[0.1] * 10, 0.0)])
def test_an_option_of_weight_0_is_never_drawn(weights):
    choices = tuple(range(len(weights)))
    column = axis(Dimension(name="c", kind=Kind.CHOICE, choices=choices, weights=weights))
    r = np.array([0.0, *chance(1000), 1 - 2.0**-53])
    possible = {k for k in choices if weights[k]}
    assert set(column.from_uniform(r).tolist()) == possible
    assert set(column.values()) == possible
    assert column.decode(column.encode(0)) == 0, "what somebody enqueued may have it all the same"


def test_draws_of_a_choice_have_its_weights():
    column = one(Choice(list("abcd"), weights=[1, 2, 3, 4]))
    counts = np.bincount(column.from_uniform(chance(4000)).astype(int), minlength=4)
    assert stats.chisquare(counts, [400, 800, 1200, 1600]).pvalue > 0.01


def columns():
    flat = [Space({"x": parameter}).dimensions[0] for parameter in AWKWARD]
    return [axis(d) for d in (*flat, *(Dimension(name="x", **facts) for facts in BY_HAND))]


@pytest.mark.parametrize("column", columns(), ids=lambda c: repr(c.dimension)[10:80])
def test_what_a_value_encodes_to_decodes_to_the_same_number_again(column):
    """A point is known by its row: that must not wander when it is stored and read back."""
    for r in (0.0, 1e-300, 0.25, 0.5, 0.9, 1 - 2.0**-53):
        [u] = column.from_uniform(np.array([r]))
        value = column.decode(float(u))
        again = column.encode(value)
        assert column.options or 0 <= again <= 1
        assert column.encode(column.decode(again)) == pytest.approx(again, abs=1e-9)


def test_weights_need_no_sum():
    for weights in [(1e308, 1e308), (5e-324, 5e-324), (0.25, 0.25)]:
        d = Dimension(name="c", kind=Kind.CHOICE, choices=("a", "b"), weights=weights)
        assert axis(d).probabilities.tolist() == [0.5, 0.5]


def test_a_number_too_far_to_count_its_steps_stands_for_the_end_of_the_grid():
    column = one(Normal(0, 1, step=0.25))
    values = [*column.values()]
    assert column.decode(column.encode(1e308)) == values[-1]
    assert column.decode(column.encode(-1e308)) == values[0]


@pytest.mark.parametrize(
    "parameter",
    [Float(-3, 5), Float(1e-6, 10, log=True), Normal(2, 3), Normal(2, 3, low=0), LogNormal(1, 2)],
)
@pytest.mark.parametrize("u", [0.02, 0.5, 0.9])
def test_the_slope_tells_how_a_value_moves_with_u(parameter, u):
    column, h = one(parameter), 1e-7
    rise = (column.decode(u + h) - column.decode(u - h)) / (2 * h)
    assert column.slope(u) == pytest.approx(rise, rel=1e-5)


ODD = [True, None, "a", [1, 2], {"a": 1}, 2**53 + 1, -(2**53) - 1, 10**19, 10**400]
ODD += [math.nan, math.inf, -math.inf, -0.0, 0, 1, 2, 0.5, 1e300, -1e300]


def one_by_one(column, values):
    def encoded(value):
        try:
            return column.encode(value)
        except InvalidParams:
            return math.nan

    return np.array([encoded(value) for value in values])


@pytest.mark.parametrize("column", columns(), ids=lambda c: repr(c.dimension)[10:80])
def test_many_values_encode_to_the_last_bit_as_each_alone(column):
    r = np.random.default_rng(0).random(500)
    drawn = [column.decode(float(u)) for u in column.from_uniform(r)]
    between = [value + 0.3 for value in drawn if not column.options]
    for values in (drawn, between, [*drawn, *ODD], [], [*drawn, 3, -7]):
        np.testing.assert_array_equal(column.encode_all(values), one_by_one(column, values))


@settings(max_examples=100, deadline=None)
@given(NUMBERS, st.lists(st.floats(allow_nan=True) | st.integers() | st.sampled_from(ODD)))
def test_many_values_whatever_they_are_encode_as_each_alone(parameter, values):
    column = one(parameter)
    np.testing.assert_array_equal(column.encode_all(values), one_by_one(column, values))


def test_an_object_is_no_option():
    column = one(Choice(["a", None]))
    with pytest.raises(InvalidParams, match="expected one of"):
        column.encode({"a": 1})


@pytest.mark.parametrize(
    "d",
    [
        Dimension(name="x", kind=Kind.FLOAT, low=2**60 + 1, high=1.73e18),
        Dimension(name="x", kind=Kind.NORMAL, mu=0, sigma=3, step=0.1),
    ],
)
def test_bounds_and_values_at_the_end_of_what_a_float_holds_encode_as_each_alone(d):
    column = axis(d)
    values = [float(2**60), 1.5e18, 1.79e308, -1.79e308]
    np.testing.assert_array_equal(column.encode_all(values), one_by_one(column, values))
