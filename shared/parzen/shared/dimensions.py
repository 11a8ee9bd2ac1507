"""A search space in its flat form: what stands in a study's document and what samplers see.

A dimension is one named parameter. It takes part in a trial (is *active*) where it has no
condition, or where at least one of its conditions holds: the named choice is itself active and
has the named option. Dimensions are listed parents first, so one pass in order decides a trial.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, Union

# A recursive alias must be a Union: with | Python 3.10 cannot evaluate the forward reference.
Plain: TypeAlias = Union[bool, int, float, str, bytes, Sequence["Plain"], None]  # noqa: UP007
"""A value that BSON holds as it is; a sequence is a tuple here and an array in a document."""

Params: TypeAlias = Mapping[str, Plain]
"""Flat parameters: {name: value}, inactive ones absent."""


class Kind(str, Enum):
    """What a dimension's values are."""

    FLOAT = "float"
    """A real number, uniform in [low, high] after the transform."""
    INT = "int"
    """An integer, uniform over its grid after the transform."""
    NORMAL = "normal"
    """A real number, normal with ``mu`` and ``sigma`` (of its logarithm where ``log``)."""
    CHOICE = "choice"
    """One of ``choices``: plain values, or labels of sub-spaces."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds where the choice ``name`` is active and has the option ``value``."""

    name: str
    value: Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One named parameter.

    ``low`` and ``high`` are inclusive and in the parameter's own units; ``step`` counts from
    ``low`` (from 0 where a normal has no low), ``log`` says that it is searched by its logarithm.
    ``weights`` are probabilities of the choices, summing to 1, or None for equal ones.
    ``rounds`` are the ends of the continuum whose values are rounded to the grid
    ``low + k * step``: they cut the outer bins short. None where every value owns a whole bin.
    With ``log`` that continuum is log-uniform, its ends positive, and ``low`` may be 0.
    """

    name: str
    kind: Kind
    low: float | None = None
    high: float | None = None
    log: bool = False
    step: float | None = None
    rounds: tuple[float, float] | None = None
    mu: float | None = None
    sigma: float | None = None
    choices: tuple[Plain, ...] = ()
    weights: tuple[float, ...] | None = None
    active_when: tuple[Condition, ...] = ()

    def is_active(self, params: Params) -> bool:
        """Whether this parameter takes part, given its parents' values in ``params``."""
        if not self.active_when:
            return True
        return any(
            c.name in params and same_value(params[c.name], c.value) for c in self.active_when
        )

    def option(self, value: Plain) -> int | None:
        """The index of ``value`` among the choices, or None."""
        for index, choice in enumerate(self.choices):
            if same_value(choice, value):
                return index
        return None

    @property
    def size(self) -> float:
        """How many distinct values there are; ``math.inf`` for a continuous dimension."""
        if self.kind is Kind.CHOICE:
            return len(self.choices)
        if self.low is None or self.high is None:
            return math.inf
        if self.kind is Kind.INT or self.step is not None:
            return math.floor((self.high - self.low) / (self.step or 1) + 1e-9) + 1
        return 1 if self.low == self.high else math.inf


def same_value(a: Plain, b: Plain) -> bool:
    """Equality as BSON sees it: 1 and 1.0 are one value, True and 1 are not, lists are tuples."""
    if isinstance(a, bool) != isinstance(b, bool):
        return False
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same_value, a, b))
    return a == b


def active(dimensions: Iterable[Dimension], params: Params) -> Iterator[Dimension]:
    """The dimensions that take part in a trial with these ``params``, parents first."""
    return (d for d in dimensions if d.is_active(params))
