"""The part of a search space that is left where some of its parameters are held at a value."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from parzen.shared.dimensions import Condition, Dimension, Params, same_value


def below(dimensions: Sequence[Dimension], names: Collection[str]) -> frozenset[str]:
    """``names``, and all that takes part by an option of one of them, however far down."""
    found = set(names)
    for d in dimensions:  # parents first
        if any(condition.name in found for condition in d.active_when):
            found.add(d.name)
    return frozenset(found)


class Subspace:
    """A space in which some parameters have one value.

    What is fixed is no dimension of it: a sampler has less to look at, and a search among numbers
    alone is one, whatever choices stand fixed beside them.

    Args:
        dimensions: the whole space.
        fixed: what is held, by name; it takes part in every trial, since whatever it depends on is
            held as well, at the option that it needs.
    """

    def __init__(self, dimensions: Sequence[Dimension], fixed: Params) -> None:
        self.fixed = dict(fixed)
        self.dimensions = tuple(_left(dimensions, self.fixed))
        self._order = [d.name for d in dimensions]

    def holds(self, params: Params) -> bool:
        """Whether a trial of the whole space lies in it."""
        return all(
            name in params and same_value(params[name], value) for name, value in self.fixed.items()
        )

    def whole(self, params: Params) -> Params:
        """The point ``params`` of this space as one of the whole."""
        found = {**self.fixed, **params}
        return {name: found[name] for name in self._order if name in found}


def _left(dimensions: Sequence[Dimension], fixed: Params) -> Iterator[Dimension]:
    """The dimensions that are free and can take part, with the conditions that are still open."""
    free: set[str] = set()
    for d in dimensions:
        if d.name in fixed:
            continue
        met = [c for c in d.active_when if c.name in fixed and same_value(fixed[c.name], c.value)]
        still = tuple(c for c in d.active_when if c.name in free)
        if d.active_when and not met and not still:
            continue
        free.add(d.name)
        yield _under(d, () if met else still)


def _under(d: Dimension, conditions: tuple[Condition, ...]) -> Dimension:
    return d if conditions == d.active_when else replace(d, active_when=conditions)
