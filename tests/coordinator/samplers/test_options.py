import math

import numpy as np
import pytest

from parzen.coordinator.samplers.options import between, whole
from parzen.shared.errors import InvalidStudy


@pytest.mark.parametrize("value", [3, 4, 10**30])
def test_a_whole_number_from_the_least_on_is_taken_as_it_is(value):
    assert whole("size", value, 3) == value


@pytest.mark.parametrize("value", [2, -3, 3.0, True, "3", None, math.nan, math.inf])
def test_what_is_no_whole_number_or_too_small_is_refused(value):
    with pytest.raises(InvalidStudy) as refused:
        whole("size", value, 3)
    assert str(refused.value) == f"option size is {value!r}: expected a whole number, at least 3"


def test_true_is_no_number():
    with pytest.raises(InvalidStudy, match="size is True"):
        whole("size", value=True, least=0)


@pytest.mark.parametrize("value", [0.5, 1, 1.999])
def test_a_number_between_the_bounds_is_taken_as_a_float(value):
    taken = between("share", value, 0, 2)
    assert taken == value
    assert type(taken) is float


@pytest.mark.parametrize("value", [0, 2, -1, 2.5, True, "1", None, math.nan, math.inf])
def test_what_is_no_number_or_not_between_is_refused(value):
    with pytest.raises(InvalidStudy) as refused:
        between("share", value, 0, 2)
    assert str(refused.value) == f"option share is {value!r}: expected a number above 0 and below 2"


def test_a_range_without_an_end_is_named_by_where_it_begins():
    with pytest.raises(InvalidStudy, match=r"option weight is inf: expected a number above 0$"):
        between("weight", math.inf, 0, math.inf)


def test_numbers_of_numpy_are_numbers_and_become_pythons():
    assert type(whole("n", np.int64(3), 0)) is int
    assert type(between("g", np.float32(0.5), 0, 1)) is float


def test_a_number_beyond_all_floats_is_quoted_shortly():
    with pytest.raises(InvalidStudy, match=r"option prior_weight is .*: expected a number above"):
        between("prior_weight", 10**400, 0, math.inf)
    with pytest.raises(InvalidStudy) as refused:
        between("gamma", 10**400, 0, 1)
    assert len(str(refused.value)) < 200


def test_bounds_may_belong_to_the_range():
    assert between("share", 0, 0, 1, inclusive=True) == 0.0
    assert between("share", 1.0, 0, 1, inclusive=True) == 1.0
    with pytest.raises(InvalidStudy, match=r"option share is 1\.5: expected a number from 0 to 1"):
        between("share", 1.5, 0, 1, inclusive=True)


def test_a_whole_number_may_have_a_largest():
    assert whole("size", 7, 3, 7) == 7
    with pytest.raises(InvalidStudy, match="option size is 8: expected at most 7"):
        whole("size", 8, 3, 7)
