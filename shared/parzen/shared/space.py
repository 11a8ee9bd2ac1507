"""Search spaces: what a user declares, compiled once to flat dimensions.

A space is a dict, list or tuple of parameters, constants and further dicts, lists and tuples, or a
single named parameter. A parameter's name is the path of keys to it joined by ``/`` (an option's
label is a part of the path, and so is an index), or what ``name=`` says; two parameters of one
explicit name must be defined alike and are one dimension, active wherever one of them is.

    >>> space = Space({"lr": Float(1e-4, 1.0, log=True), "opt": Choice({"sgd": {}, "adam": {}})})
    >>> space.build({"lr": 0.1, "opt": "sgd"})
    {'lr': 0.1, 'opt': {'sgd': {}}}
"""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from parzen.shared.building import Node
from parzen.shared.cardinality import cardinality
from parzen.shared.choices import Choice
from parzen.shared.compiling import compile_space
from parzen.shared.dimensions import Dimension, Kind, Params
from parzen.shared.errors import InvalidParams
from parzen.shared.parameters import Float, Int, LogNormal, Normal, Parameter, on_grid
from parzen.shared.plain import WIDEST, cut, plain_fault, shown, to_plain

__all__ = [
    "Choice",
    "Float",
    "Int",
    "LogNormal",
    "Normal",
    "Parameter",
    "Space",
    "check_names",
    "check_params",
]

COMPARED = 2000
"""With how many names a misspelt one is compared."""

STEP_SLACK = 1e-6
"""How far, in steps, a value may lie beside its grid: rounding in a sampler or a database."""


@dataclass(frozen=True, slots=True, init=False, repr=False, eq=False)
class Space:
    """A search space; immutable, and picklable where its constants are.

    Args:
        structure: the nested declaration, or another Space, whose content this one takes.

    Raises:
        InvalidSpace: the structure is no search space; the message names the parameter.
    """

    dimensions: tuple[Dimension, ...]
    """The parameters, flat, parents first."""
    plan: Node
    """How the declared shape is built again."""

    def __init__(self, structure: object) -> None:
        plan, dimensions = (
            (structure.plan, structure.dimensions)
            if isinstance(structure, Space)
            else compile_space(structure)
        )
        object.__setattr__(self, "plan", plan)
        object.__setattr__(self, "dimensions", dimensions)

    @classmethod
    def compiled(cls, plan: Node, dimensions: tuple[Dimension, ...]) -> Space:
        """The space of these parts, which one was compiled to before."""
        space = cls.__new__(cls)
        object.__setattr__(space, "plan", plan)
        object.__setattr__(space, "dimensions", dimensions)
        return space

    def __repr__(self) -> str:
        return f"Space({cut(', '.join(d.name for d in self.dimensions))})"

    @property
    def size(self) -> int | float:
        """How many distinct points there are; ``math.inf`` where a parameter is continuous."""
        return cardinality(self.dimensions)

    def check(self, params: Params) -> None:
        """See that ``params`` holds a fitting value for each active parameter and nothing else.

        Raises:
            InvalidParams: one is missing, unknown, inactive or out of range.
        """
        check_params(self.dimensions, params)

    def build(self, params: Params) -> Any:
        """The nested shape that was declared, with these values in it; fresh at each call.

        Raises:
            InvalidParams: they do not lie in the space.
        """
        self.check(params)
        return self.plan.build(params)


def check_params(dimensions: Sequence[Dimension], params: Params) -> None:
    """See that ``params`` is a point of the space of ``dimensions``; as :meth:`Space.check`."""
    check_names(dimensions, params)
    for dimension in dimensions:  # parents first, so that the root of a fault is named
        _check_one(dimension, params)


def check_names(dimensions: Sequence[Dimension], params: Params) -> None:
    """See that ``params`` names parameters that there are.

    Raises:
        InvalidParams: it is no mapping, or one of its names is unknown.
    """
    if not isinstance(params, Mapping):
        raise InvalidParams(f"params must be a dict {{name: value}}, not {shown(params)}")
    names = {dimension.name: None for dimension in dimensions}
    for name in params:
        if name not in names:
            among = [*islice(names, COMPARED)]
            near = difflib.get_close_matches(str(name), among, n=3) or among[:3]
            raise InvalidParams(
                f"there is no parameter {shown(name)}; did you mean {cut(' or '.join(near))}?"
            )


def _check_one(dimension: Dimension, params: Params) -> None:
    name = dimension.name
    if not dimension.is_active(params):
        if name in params:
            needed = " or ".join(f"{c.name!r} is {c.value!r}" for c in dimension.active_when)
            raise InvalidParams(
                f"the parameter {name!r} is given but takes part only where {cut(needed)}; "
                "leave it out"
            )
    elif name not in params:
        raise InvalidParams(f"the parameter {name!r} is missing; it must be {wanted(dimension)}")
    elif not fits(dimension, params[name]):
        raise InvalidParams(
            f"the parameter {name!r} is {shown(params[name])}; it must be {wanted(dimension)}"
        )


def fits(dimension: Dimension, value: object) -> bool:
    """Whether ``value`` is one that ``dimension`` can have."""
    if dimension.kind is Kind.CHOICE:
        return plain_fault(value) is None and dimension.option(to_plain(value)) is not None
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    if isinstance(value, int) and value.bit_length() > WIDEST:
        return False
    return _whole(dimension, value) if dimension.kind is Kind.INT else _real(dimension, value)


def _whole(dimension: Dimension, value: Any) -> bool:
    if not math.isfinite(value) or value != int(value):
        return False
    low, high, step = int(dimension.low or 0), int(dimension.high or 0), int(dimension.step or 1)
    return low <= int(value) <= high and on_grid(int(value), low, step)


def _real(dimension: Dimension, value: Any) -> bool:
    number = float(value)
    if not math.isfinite(number):
        return False
    low = -math.inf if dimension.low is None else dimension.low
    high = math.inf if dimension.high is None else dimension.high
    if dimension.step is None:
        positive = dimension.kind is not Kind.NORMAL or not dimension.log or number > 0
        return positive and low <= number <= high
    slack = STEP_SLACK * dimension.step
    if dimension.kind is Kind.NORMAL and dimension.log:
        low = max(low, 0.0)
    steps = (number - (dimension.low or 0.0)) / dimension.step
    if not (low - slack <= number <= high + slack and math.isfinite(steps)):
        return False
    return abs(steps - round(steps)) <= STEP_SLACK


def wanted(dimension: Dimension) -> str:
    """What a value of ``dimension`` must be, as the end of a sentence."""
    if dimension.kind is Kind.CHOICE:
        return f"one of {cut(', '.join(map(repr, dimension.choices)))}"
    what = "an integer" if dimension.kind is Kind.INT else "a number"
    if dimension.kind is Kind.NORMAL and dimension.log:
        what = "a positive number"
    if dimension.low is not None and dimension.high is not None:
        what += f" from {dimension.low!r} to {dimension.high!r}"
    elif dimension.low is not None:
        what += f" from {dimension.low!r}"
    elif dimension.high is not None:
        what += f" up to {dimension.high!r}"
    if dimension.step is not None:
        what += f" in steps of {dimension.step!r}"
    return what
