from __future__ import annotations

import pytest

from parzen.shared.criteria import ALIASES, FIELDS, parted
from parzen.shared.errors import InvalidInput


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_is_called_by_its_name(field):
    assert parted(field) == (field, None)


def test_a_key_may_hold_anything():
    assert parted("params/opt/sgd/momentum") == ("params", "opt/sgd/momentum")
    assert parted("result/$where") == ("result", "$where")
    assert parted("user/") == ("user", "")


def test_names_of_records_and_tables_are_other_names_of_fields():
    assert {parted(alias) for alias in ALIASES} <= {(field, None) for field in FIELDS}
    assert parted("finished_at") == ("finished", None)


@pytest.mark.parametrize(
    "field",
    ["", "params", "result", "params.x", "$where", "claim/token", "loss/x", None, {"$gt": 1}],
)
def test_there_are_no_other_fields(field):
    with pytest.raises(
        InvalidInput, match=r"trials have no field .* expected one of number, state"
    ):
        parted(field)
