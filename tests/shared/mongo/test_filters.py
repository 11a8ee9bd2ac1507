from __future__ import annotations

import re

import numpy as np
import pytest

from parzen.shared.errors import InvalidInput
from parzen.shared.mongo import filters


@pytest.mark.parametrize("value", [{"$gt": ""}, re.compile("."), b"name", None, 7, ["a"]])
def test_what_is_no_text_never_becomes_a_filter(value):
    with pytest.raises(InvalidInput, match=r"the study's name is .*: expected a text"):
        filters.text("the study's name", value)


@pytest.mark.parametrize("value", ["", "$where", "name"])
def test_a_text_is_taken_as_it_is(value):
    assert filters.text("the study's name", value) == value


@pytest.mark.parametrize("value", [{"$gt": 0}, "1", 1.0, -1, True, None])
def test_what_is_no_whole_number_never_becomes_a_filter(value):
    with pytest.raises(InvalidInput, match="expected a whole number of at least 0"):
        filters.whole("the trial's number", value)


def test_whole_numbers_of_every_kind_are_taken():
    assert filters.whole("the trial's number", np.int64(3)) == 3
