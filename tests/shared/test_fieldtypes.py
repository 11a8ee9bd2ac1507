from __future__ import annotations

import pytest

from parzen.shared.fieldtypes import typed
from parzen.shared.records import Limits, Measurement, Uid, Worker


def test_a_record_whose_fields_have_their_types_is_the_same():
    limits = Limits(max_trials=5, timeout_s=2.5)
    assert typed(limits) == limits


def test_an_integer_passes_for_a_number_and_a_whole_number_for_an_integer():
    assert typed(Limits(max_trials=50.0, timeout_s=3)) == Limits(max_trials=50, timeout_s=3)
    assert isinstance(typed(Limits(max_trials=50.0)).max_trials, int)


@pytest.mark.parametrize("wrong", ["x", 1.5, True, [1]])
def test_another_type_is_refused_with_the_field_and_the_value(wrong):
    with pytest.raises(TypeError, match=r"limits\.max_trials: expected a whole number") as caught:
        typed(Limits(max_trials=wrong), "limits.")
    assert repr(wrong) in str(caught.value)


def test_what_lists_and_mappings_hold_is_looked_at_too():
    with pytest.raises(TypeError, match="labels"):
        typed(Worker(id="w", host="h", pid=1, labels=(1,)))
    with pytest.raises(TypeError, match="versions"):
        typed(Worker(id="w", host="h", pid=1, versions={"python": 3}))


def test_a_name_of_its_own_type_is_a_string():
    seen = Measurement(uid=Uid("u"), number=1, step=0, value=1, attempt=1)
    assert typed(seen) == seen
