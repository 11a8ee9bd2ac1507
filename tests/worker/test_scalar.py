import decimal
import fractions
import math

import numpy as np
import pytest

from parzen.worker.scalar import scalar, unwrapped


class Tensor:
    """As torch does it: item() for one element, an error of its own for several."""

    def __init__(self, *values):
        self.values = values

    def item(self):
        if len(self.values) != 1:
            raise RuntimeError("a Tensor with several elements cannot be converted to Scalar")
        return self.values[0]


@pytest.mark.parametrize(
    "value",
    [
        2,
        2.0,
        np.float32(2),
        np.int64(2),
        np.array(2.0),
        np.array([[2.0]]),
        np.ma.array([2.0]),
        Tensor(2.0),
        fractions.Fraction(2),
        decimal.Decimal(2),
    ],
)
def test_any_real_scalar_is_a_float(value):
    assert scalar(value) == 2.0
    assert type(scalar(value)) is float


@pytest.mark.parametrize(
    "value",
    [
        True,
        np.bool_(True),
        "2",
        np.str_("2"),
        b"2",
        None,
        2j,
        np.complex128(2),
        [2.0],
        {"loss": 2.0},
        np.array([1.0, 2.0]),
        np.ma.masked,
        np.ma.array([2.0], mask=[True]),
        Tensor(1.0, 2.0),
        object(),
    ],
)
def test_what_is_not_one_real_number_is_none(value):
    assert scalar(value) is None


def test_an_integer_too_large_for_a_float_is_infinite():
    assert scalar(10**400) == math.inf


def test_unwrapping_leaves_what_has_several_elements():
    several = np.array([1.0, 2.0])
    assert unwrapped(several) is several
    assert unwrapped(np.float64(1.5)) == 1.5
