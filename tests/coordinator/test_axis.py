import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.coordinator.axis import axis
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidParams
from parzen.shared.space import Choice, Float, Int, LogNormal, Normal, Space


def one(parameter):
    return axis(Space({"x": parameter}).dimensions[0])


FLOATS = st.floats(-1e12, 1e12, allow_nan=False)


@st.composite
def parameters(draw):
    kind = draw(st.sampled_from(["float", "log", "step", "int", "logint", "normal", "lognormal"]))
    if kind == "float":
        low = draw(FLOATS)
        return Float(low, low + draw(st.floats(max(1e-3, 1e-11 * abs(low)), 1e15)))
    if kind == "log":
        low = draw(st.floats(1e-300, 1e10))
        return Float(low, low * draw(st.floats(1 + 1e-9, 1e6)) + 1e-290, log=True)
    if kind == "step":
        low, step = draw(st.floats(-100, 100)), draw(st.sampled_from([0.1, 0.25, 3.0]))
        return Float(low, low + step * draw(st.integers(1, 5000)), step=step)
    if kind == "int":
        low = draw(st.integers(-(2**62), 2**62))
        return Int(low, low + draw(st.integers(1, 2**61)))
    if kind == "logint":
        low = draw(st.integers(1, 2**60))
        return Int(low, low + draw(st.integers(1, 2**61)), log=True)
    bounds = {"low": 0.5, "high": 9.5} if draw(st.booleans()) else {}
    step = draw(st.sampled_from([None, 0.5]))
    law = Normal if kind == "normal" else LogNormal
    return law(draw(st.floats(0, 2)), draw(st.floats(0.3, 5)), step=step, **bounds)


@settings(max_examples=150, deadline=None)
@given(parameters(), st.floats(0, 1))
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
