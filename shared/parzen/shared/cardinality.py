"""How many distinct points a conditional space has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from parzen.shared.dimensions import Condition, Dimension, Plain, same_value

Open: TypeAlias = Mapping[str, tuple[Condition, ...] | None]
"""Undecided dimensions with the conditions that may still hold; None where one does hold."""


def cardinality(dimensions: Sequence[Dimension]) -> int | float:
    """The number of distinct ``params``, or ``math.inf`` where a dimension is continuous.

    Independent parts multiply, the options of a choice add up; equal subproblems, which arise
    where branches share a dimension, are counted once.
    """
    if any(math.isinf(dimension.size) for dimension in dimensions):
        return math.inf
    if all(len({c.name for c in d.active_when}) <= 1 for d in dimensions):
        return _count_tree(dimensions)
    by_name = {dimension.name: dimension for dimension in dimensions}
    undecided = {d.name: d.active_when or None for d in dimensions}
    return _count(undecided, by_name, {})


def _count_tree(dimensions: Sequence[Dimension]) -> int:
    """Count where each dimension hangs on one choice at most: in one pass, children first."""
    below: dict[tuple[str, Plain], int] = {}
    total = 1
    for dimension in reversed(dimensions):
        name, size = dimension.name, int(dimension.size)
        if dimension.choices:
            size = sum(below.get((name, option), 1) for option in dimension.choices)
        for c in dimension.active_when:
            below[c.name, c.value] = below.get((c.name, c.value), 1) * size
        total *= 1 if dimension.active_when else size
    return total


def _count(
    undecided: Open, by_name: Mapping[str, Dimension], known: dict[frozenset[object], int]
) -> int:
    key = frozenset(undecided.items())
    if key not in known:
        total = 1
        for part in _independent(undecided):
            total *= _count_part(part, by_name, known)
        known[key] = total
    return known[key]


def _count_part(
    part: Open, by_name: Mapping[str, Dimension], known: dict[frozenset[object], int]
) -> int:
    first = by_name[next(name for name, when in part.items() if when is None)]
    if len(part) == 1:
        return int(first.size)
    return sum(_count(_decide(part, first, option), by_name, known) for option in first.choices)


def _decide(part: Open, choice: Dimension, option: Plain) -> Open:
    """What is left of ``part`` once ``choice`` has ``option``."""
    left: dict[str, tuple[Condition, ...] | None] = {}
    gone = {choice.name}
    for name, when in part.items():  # parents first, so that what hangs on a gone one goes too
        if name == choice.name:
            continue
        if when is None or any(c.name == choice.name and same_value(c.value, option) for c in when):
            left[name] = None
        elif still := tuple(c for c in when if c.name not in gone):
            left[name] = still
        else:
            gone.add(name)
    return left


def _independent(undecided: Open) -> list[Open]:
    """Parts of which none has a condition on another."""
    parts: list[dict[str, tuple[Condition, ...] | None]] = []
    for name, when in undecided.items():
        parents = {c.name for c in when or ()}
        joined = [part for part in parts if parents & part.keys()]
        apart = [part for part in parts if not parents & part.keys()]
        merged: dict[str, tuple[Condition, ...] | None] = {}
        for part in joined:
            merged |= part
        merged[name] = when
        parts = [*apart, merged]
    return list(parts)
