from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import pytest

from parzen.shared import reading
from parzen.shared.reading import Fault, at, counted, listed, one_of, optional, record, required


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Leaf:
    name: str
    weight: float = 1.0


@dataclass(frozen=True)
class Branch:
    leaves: tuple[Leaf, ...]


def branch(found):
    turn = listed(lambda d: record(Leaf, d, name=reading.text, weight=reading.number))
    return record(Branch, found, leaves=turn)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"leaves": [{"name": "a"}, {"name": 7}]}, "tree.leaves[1].name: expected a string, not 7"),
        ({"leaves": [{"weight": 1}]}, "tree.leaves[0]: lacks the field 'name'"),
        ({"leaves": "abc"}, "tree.leaves: expected a list, not 'abc'"),
        ({"leaves": [3]}, "tree.leaves[0]: expected an object, not 3"),
        ({}, "tree: lacks the field 'leaves'"),
    ],
)
def test_what_is_wrong_is_told_by_its_path(found, said):
    with pytest.raises(Fault) as caught:
        at("tree", branch, found)
    assert str(caught.value) == said


def test_missing_fields_have_their_defaults_and_unknown_ones_are_ignored():
    assert branch({"leaves": [{"name": "a", "new": 1}]}) == Branch((Leaf("a"),))


def test_null_stands_for_the_default_only_where_a_field_is_optional():
    assert optional({"n": None}, "n", reading.whole, 3) == 3
    with pytest.raises(Fault, match="n: expected a whole number, not None"):
        required({"n": None}, "n", reading.whole)


@pytest.mark.parametrize("found", [True, "1", 1.5, None])
def test_only_whole_numbers_are_whole(found):
    with pytest.raises(TypeError, match="expected a whole number"):
        reading.whole(found)


def test_a_float_without_a_fraction_is_whole():
    # a shell of MongoDB writes every number as a double
    assert reading.whole(3.0) == 3
    assert isinstance(reading.whole(3.0), int)


@pytest.mark.parametrize("found", ["green", 7, None, ["red"]])
def test_an_option_is_one_of_those_there_are(found):
    with pytest.raises(ValueError, match="expected one of red, blue"):
        one_of(Colour)(found)


def test_counts_are_read_by_their_keys():
    assert counted(Colour)({"red": 2}) == {Colour.RED: 2}
    with pytest.raises(ValueError, match="expected one of red, blue, not 'green'"):
        counted(Colour)({"green": 2})


def test_a_part_that_is_something_else_is_not_there():
    d = {"claim": {"token": "t", "n": True}, "list": [1, {"a": 1}], "text": "abc"}
    assert reading.part(d, "claim.token", str, None) == "t"
    assert reading.part(d, "claim.n", int, None) is None
    assert reading.part(d, "text.token", str, None) is None
    assert reading.objects(d, "list") == [{"a": 1}]
    assert reading.objects(d, "text") == []
