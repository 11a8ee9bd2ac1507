"""Numbers in a space are checked when they are made."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from parzen.shared.errors import InvalidSpace
from parzen.shared.space import Float, Int, LogNormal, Normal

REFUSED = [
    (lambda: Float(2, 1), r"Float\(2.0, 1.0\): low must be below high; swap them"),
    (lambda: Float(1, 1), "write the constant 1.0 instead"),
    (lambda: Int(3, 3), "write the constant 3 instead"),
    (lambda: Int(3, 1, name="depth"), r"Int\(3, 1, name='depth'\)"),
    (lambda: Float(0, math.inf), "high must be finite"),
    (lambda: Float(math.nan, 1), "low must be finite"),
    (lambda: Float(0, 10**400), "high must be finite"),
    (lambda: Float(-1.7e308, 1.7e308), "wider than a float"),
    (lambda: Float("0", 1), "low must be a number, not '0'"),
    (lambda: Float(False, 1), "low must be a number, not False"),
    (lambda: Int(False, 1), "low must be an integer, not False"),
    (lambda: Float(None, 1), "low must be a number, not None"),
    (lambda: Float(0, 1, log=True), "log needs a positive low"),
    (lambda: Int(0, 8, log=True), "log needs a positive low"),
    (lambda: Float(0, 1, log=1), "log must be True or False"),
    (lambda: Int(0.5, 3), "low must be an integer, not 0.5"),
    (lambda: Int(0, 2**63), "high must lie in 64 bits"),
    (lambda: Int(0, 1e300), "high must lie in 64 bits"),
    (lambda: Int(-(2**63) - 1, 0), "low must lie in 64 bits"),
    (lambda: Float(0, 1, step=0), "step must be positive"),
    (lambda: Float(0, 1, step=-0.1), "step must be positive"),
    (lambda: Float(0, 1, step=True), "step must be a number"),
    (lambda: Float(0, 1, step=2), "step is larger than the range"),
    (lambda: Int(0, 5, step=9), "step is larger than the range"),
    (lambda: Float(0, 1, step=0.3), "the nearest high is 0.9"),
    (lambda: Int(0, 10, step=3), "the nearest high is 9"),
    (lambda: Int(0, 10, step=2.5), "step must be an integer"),
    (lambda: Float(1, 2, log=True, step=0.5), "log and step exclude each other"),
    (lambda: Int(1, 9, log=True, step=2), "log and step exclude each other"),
    (lambda: Float(0, 1, step=1e-320), r"more than 2\*\*53 values"),
    (lambda: Float(0, 1e300, step=1e-10), r"more than 2\*\*53 values"),
    (lambda: Float(1e15, 1e15 + 10, step=0.01), "step is too small"),
    (lambda: Float(0, 5e-324), "the range is too narrow"),
    (lambda: Float(1.0, 1.0000000000000002), "the range is too narrow"),
    (lambda: Float(0, 10**5000), r"Float\(0.0, <an int of 16610 bits>\): high must be finite"),
    (lambda: Float(0, 10**400), r"Float\(0.0, <an int of 1329 bits>\): high must be finite"),
    (lambda: Float(0, Fraction(10**5000)), "a Fraction of too many digits"),
    (lambda: Int(0, 10**5000), "high must lie in 64 bits"),
    (lambda: Float(0, 1, log=10**5000), "log must be True or False, not <an int"),
    (lambda: Normal(1.0, 1e-17), "sigma is too small beside mu"),
    (lambda: Normal(0, 5e-324), "sigma is too small beside mu"),
    (lambda: Normal(1, 1e-6, low=1, high=1.0000000000000002), "the range is too narrow"),
    (lambda: Normal(0, 1, step=1e-320), r"more than 2\*\*53 values"),
    (lambda: Normal(0, 1, high=1, step=1e-320), r"more than 2\*\*53 values"),
    (lambda: Normal(0, 1, low=-1, high=1, step=1e-320), r"more than 2\*\*53 values"),
    (lambda: LogNormal(1000, 1), r"mu is that of the logarithm, and must lie in \[-600, 600\]"),
    (lambda: LogNormal(-601, 1), "mu is that of the logarithm"),
    (lambda: LogNormal(1, 1e-17), "sigma is too small"),
    (lambda: LogNormal(0, 100, step=1), "give a high, or no step"),
    (lambda: Normal(0, 0), "sigma must be positive"),
    (lambda: Normal(0, -1), "sigma must be positive"),
    (lambda: Normal(math.nan, 1), "mu must be finite"),
    (lambda: Normal(0, math.inf), "sigma must be finite"),
    (lambda: Normal(0, 1, low=2, high=1), "swap them"),
    (lambda: Normal(0, 1, low=1, high=1), "same point"),
    (lambda: Normal(0, 1, low=20, high=30), "of the probability lies within the bounds"),
    (lambda: Normal(0, 1, high=-20), "of the probability lies within the bounds"),
    (lambda: Normal(0, 1, high=1, step=0.3), "whole number of steps from 0"),
    (lambda: Normal(0, 1, step=0), "step must be positive"),
    (lambda: LogNormal(0, 1, low=-1), "low must not be negative"),
    (lambda: LogNormal(0, 1, high=0), "high must be positive"),
    (lambda: LogNormal(0, 0.1, low=100), "of the probability lies within the bounds"),
    (lambda: Float(0, 1, name=""), "must be a non-empty str"),
    (lambda: Float(0, 1, name=3), "must be a non-empty str"),
    (lambda: Float(0, 1, name="a.b"), "must not hold"),
    (lambda: Float(0, 1, name="$a"), "must not hold"),
    (lambda: Float(0, 1, name="a//b"), "must not be empty"),
    (lambda: Float(0, 1, name="a\0"), "NUL"),
]


@pytest.mark.parametrize(("make", "why"), REFUSED)
def test_a_malformed_number_is_refused_in_one_sentence(make, why):
    with pytest.raises(InvalidSpace, match=why) as refused:
        make()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Float(0, 0.3, step=0.1),
        lambda: Float(-1, 1e6, step=0.01),
        lambda: Float(4.0, 4.1, step=0.1),
        lambda: Float(Fraction(1, 2), np.float32(2)),
        lambda: Int(1, 1e6, log=True, step=1),
        lambda: Int(-(2**63), 2**63 - 1),
        lambda: Int(np.int64(2), np.uint8(10), step=np.int16(4)),
        lambda: Normal(0, 1, high=1, step=0.5),
        lambda: Normal(0, 1, low=4),
        lambda: Normal(1e6, 1, low=1e6 - 3, high=1e6 + 3, step=1),
        lambda: LogNormal(-3, 2, low=0, high=10, step=0.5),
        lambda: LogNormal(0, 1, step=0.25),
        lambda: LogNormal(600, 1),
        lambda: Float(1e15, 1e15 + 2, step=1),
        lambda: Float(1, 1 + 1e-9),
        lambda: Float(1e-299, 1e-290, log=True),
    ],
)
def test_what_makes_sense_is_taken(make):
    parameter = make()
    assert hash(parameter) == hash(make())
    assert parameter == make()


def test_numbers_are_kept_as_pythons_own():
    assert type(Float(np.float32(0), 1).low) is float
    assert type(Int(np.int64(0), 4.0).high) is int
    assert Int(0, 4, step=1) == Int(0, 4)


def test_the_repr_is_what_one_would_write():
    assert repr(Float(1e-5, 0.1, log=True)) == "Float(1e-05, 0.1, log=True)"
    assert repr(Int(1, 9, step=2, name="n")) == "Int(1, 9, step=2, name='n')"
    assert repr(LogNormal(0, 1, high=3)) == "LogNormal(0.0, 1.0, high=3.0)"


def test_a_parameter_is_frozen():
    with pytest.raises(AttributeError):
        Float(0, 1).low = 3
