"""Whatever names and values look like, they stand in literals only."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest

from parzen.shared.criteria import FIELDS, Comparison, Criterion
from parzen.shared.errors import InvalidInput
from parzen.shared.mongo.criteria import clause, value

TRAPS = ["$claim.token", "$$ROOT", "$where", "a.b", "{$ne: 1}", ""]


def bare(expression):
    """The texts of an expression that do not stand in a literal, keys included."""
    if isinstance(expression, dict):
        for key, inner in expression.items():
            yield key
            if key != "$literal":
                yield from bare(inner)
    elif isinstance(expression, list):
        for inner in expression:
            yield from bare(inner)
    elif isinstance(expression, str):
        yield expression


def compared(trap):
    for comparison in Comparison:
        yield Criterion(f"result/{trap}", comparison, f"value {trap}")
        yield Criterion(f"params/{trap}", comparison, f"value {trap}")
        if comparison in (Comparison.EQUAL, Comparison.OTHER):
            yield Criterion("kind", comparison, f"value {trap}")
            yield Criterion("user/x", comparison, (f"value {trap}", 1))


@pytest.mark.parametrize("trap", TRAPS)
def test_names_and_values_are_no_expressions(trap):
    ours = set(bare(clause(list(compared("plain")))))
    assert set(bare(clause(list(compared(trap))))) == ours
    assert not any("plain" in text or "value" in text for text in ours)


def test_no_criteria_are_no_clause():
    assert clause([]) == {}


@pytest.mark.parametrize(
    "given", [{"$gt": ""}, re.compile(".*"), 2**64, object(), ({"$gt": ""},), {1}]
)
def test_only_plain_values_are_compared(given):
    with pytest.raises(InvalidInput, match="expected a plain value"):
        clause([Criterion("worker", Comparison.EQUAL, given)])


def test_what_has_no_order_is_not_ordered():
    for given in (True, None, (1, 2)):
        with pytest.raises(InvalidInput, match="only numbers, texts and times have an order"):
            clause([Criterion("user/x", Comparison.BELOW, given)])
    with pytest.raises(InvalidInput, match="use = or !="):
        clause([Criterion("kind", Comparison.BELOW, "lost")])
    with pytest.raises(InvalidInput, match="expected a text"):
        clause([Criterion("note", Comparison.HOLDS, 7)])


def test_every_field_has_a_value_and_no_other():
    assert all(value(field) for field in FIELDS)
    with pytest.raises(InvalidInput, match="no field '\\$where'"):
        value("$where")


def test_a_time_is_compared_as_a_time():
    noon = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
    assert str(noon.year) in str(clause([Criterion("started", Comparison.ABOVE, noon)]))
