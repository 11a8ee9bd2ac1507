"""A Hyperopt search space as the engine's dimensions, and trials there and back.

Where an expression's conditions are more than a dimension can say, the dimension takes part in
more trials than the expression; then only the expression decides what a trial is seen to have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from parzen.hyperopt import hp, labels, naming
from parzen.hyperopt.exceptions import BadSearchSpace
from parzen.hyperopt.pyll import rec_eval
from parzen.hyperopt.pyll.base import Apply, MissingArgument, dfs
from parzen.hyperopt.walking import PARAMETER, drawn_of, label_of, parameters, taking_part
from parzen.shared.dimensions import Condition, Dimension, Kind, Params, Plain
from parzen.shared.errors import InvalidParams
from parzen.shared.plain import shown

Values: TypeAlias = Mapping[str, Any]
"""A trial as Hyperopt has it: {label: value}, of a choice the option's index; what takes no part is
absent."""

ROUNDING = 1e-9
"""A grid's end may miss a whole step by so much."""


class Translation:
    """The parameters of a space, as the engine knows them.

    Args:
        expr: the space.

    Raises:
        DuplicateLabel: two parameters have one label.
        BadSearchSpace: a distribution is none that the engine knows, or depends on another draw.
    """

    def __init__(self, expr: Apply) -> None:
        self._expr = expr
        nodes = parameters(expr)
        switches = _choices(expr)
        self._dimension: dict[str, Dimension] = {
            label: _dimension(label, drawn_of(node), switches.get(node))
            for label, node in nodes.items()
        }
        conditions = _Conditions(expr, self._dimension).found
        self.dimensions: tuple[Dimension, ...] = _ordered(self._dimension, conditions)
        """Parents first."""

    @property
    def labels(self) -> Sequence[str]:
        """Every label of the space."""
        return tuple(self._dimension)

    def values(self, params: Params) -> dict[str, Any]:
        """The trial that the engine calls ``params``."""

        def value_of(label: str, *_: object) -> Any:
            dimension = self._dimension[label]
            value = params[dimension.name]
            return dimension.option(value) if dimension.kind is Kind.CHOICE else value

        return taking_part(self._expr, value_of)

    def params(
        self, values: Values, missing: Callable[[Dimension], Plain] | None = None
    ) -> dict[str, Plain]:
        """What the engine calls the trial ``values``.

        Args:
            values: the trial.
            missing: gives the value of a dimension that takes part and has none; without it such a
                dimension is left out.

        Raises:
            InvalidParams: an index is none of its choice's, or a value no number.
        """
        params: dict[str, Plain] = {}
        for dimension in self.dimensions:
            label = labels.unescaped(dimension.name)
            if label in values:
                params[dimension.name] = plain(dimension, values[label])
            elif missing is not None and dimension.is_active(params):
                params[dimension.name] = missing(dimension)
        return {
            dimension.name: params[dimension.name]
            for dimension in self.dimensions
            if dimension.name in params and dimension.is_active(params)
        }


def middle(dimension: Dimension) -> Plain:
    """The median of ``dimension``, for a trial that lacks it."""
    import numpy as np  # noqa: PLC0415 - as the next

    from parzen.coordinator.axes import axis  # noqa: PLC0415 - a worker needs none

    column = axis(dimension)
    return column.decode(float(column.from_uniform(np.array([0.5]))[0]))


def plain(dimension: Dimension, value: Any) -> Plain:
    """The value of ``dimension`` that Hyperopt writes as ``value``: of a choice the index.

    Raises:
        InvalidParams: it writes none.
    """
    try:
        if dimension.kind is Kind.FLOAT or dimension.kind is Kind.NORMAL:
            return float(value)
        whole = int(value)
    except (TypeError, ValueError, OverflowError):
        raise InvalidParams(
            f"the parameter {dimension.name!r} is {shown(value)}: expected a number"
        ) from None
    if dimension.kind is Kind.INT and whole == value:
        return whole
    if whole != value or not 0 <= whole < len(dimension.choices):
        count = len(dimension.choices)
        expected = f"an index from 0 to {count - 1}" if count else "a whole number"
        raise InvalidParams(
            f"the parameter {dimension.name!r} is {shown(value)}: expected {expected}"
        )
    return dimension.choices[whole]


def _choices(expr: Apply) -> dict[Apply, list[Apply]]:
    """The options of the parameters that do nothing but choose, by node."""
    found: dict[Apply, list[Apply]] = {}
    for node in dfs(expr):
        if node.name == "switch" and node.pos_args[0].name == PARAMETER:
            found.setdefault(node.pos_args[0], node.pos_args[1:])
    return found


def _constants(label: str, draw: Apply) -> list[Any]:
    """The arguments of a draw, in the order of its definition."""
    if any(node.name == PARAMETER for node in dfs(draw)):
        raise BadSearchSpace(
            f"the distribution of {shown(label)} depends on another parameter, which only "
            "rand.suggest can follow: search with that, let the objective reckon it, or give it a "
            "fixed range"
        )
    given = [(name, node) for name, node in draw.arg.items() if name not in ("rng", "size")]
    return [rec_eval(node) for _, node in given if node is not MissingArgument]


def _dimension(label: str, draw: Apply, options: list[Apply] | None) -> Dimension:
    """The dimension of a parameter, without conditions."""
    name, args = labels.escaped(label), _constants(label, draw)
    if draw.name == "categorical":
        weights = tuple(float(p) for p in args[0])
        choices = tuple(range(len(weights))) if options is None else naming.stored(options)
        return Dimension(name=name, kind=Kind.CHOICE, choices=choices, weights=weights)
    if draw.name == "randint":
        low, high = (0, args[0]) if len(args) == 1 or args[1] is None else args
        if options is not None and (int(low), int(high)) == (0, len(options)):
            return Dimension(name=name, kind=Kind.CHOICE, choices=naming.stored(options))
        hp.randint(label, int(low), int(high))  # sees that it is a range
        return Dimension(name=name, kind=Kind.INT, low=int(low), high=int(high) - 1)
    if draw.name not in _NUMERIC:
        raise BadSearchSpace(
            f"the parameter {shown(label)} is drawn by {draw.name!r}, which the samplers do not "
            f"know: use one of hp.{', hp.'.join(hp.__all__)}, or search with rand.suggest"
        )
    getattr(hp, draw.name)(label, *args)  # sees that they are such numbers
    return _NUMERIC[draw.name](name, *(float(arg) for arg in args))


def _uniform(name: str, low: float, high: float) -> Dimension:
    return Dimension(name=name, kind=Kind.FLOAT, low=low, high=high)


def _loguniform(name: str, low: float, high: float) -> Dimension:
    return Dimension(name=name, kind=Kind.FLOAT, low=math.exp(low), high=math.exp(high), log=True)


def _quniform(name: str, low: float, high: float, q: float) -> Dimension:
    return _rounded(name, low, high, q, log=False)


def _qloguniform(name: str, low: float, high: float, q: float) -> Dimension:
    return _rounded(name, math.exp(low), math.exp(high), q, log=True)


def _rounded(name: str, low: float, high: float, q: float, *, log: bool) -> Dimension:
    """The multiples of q to which something in [low, high] is rounded."""
    first = math.floor(low / q + 0.5 + ROUNDING)
    last = max(first, math.ceil(high / q - 0.5 - ROUNDING))
    return Dimension(
        name=name,
        kind=Kind.FLOAT,
        low=_times(first, q),
        high=_times(last, q),
        step=q,
        log=log,
        rounds=(low, high),
    )


def _times(count: int, q: float) -> float:
    """``count`` times q as people write it: 0.3, not 0.30000000000000004."""
    return float(f"{count * q:.15g}")


def _normal(name: str, mu: float, sigma: float, q: float | None = None) -> Dimension:
    return Dimension(name=name, kind=Kind.NORMAL, mu=mu, sigma=sigma, step=q)


def _lognormal(name: str, mu: float, sigma: float, q: float | None = None) -> Dimension:
    return Dimension(name=name, kind=Kind.NORMAL, mu=mu, sigma=sigma, step=q, log=True)


_NUMERIC: Mapping[str, Callable[..., Dimension]] = {
    "uniform": _uniform,
    "loguniform": _loguniform,
    "quniform": _quniform,
    "qloguniform": _qloguniform,
    "normal": _normal,
    "qnormal": _normal,
    "lognormal": _lognormal,
    "qlognormal": _lognormal,
}


class _Conditions:
    """Where each parameter is met: below which option of which choice; None is everywhere."""

    def __init__(self, expr: Apply, dimension: Mapping[str, Dimension]) -> None:
        self._dimension = dimension
        self.found: dict[str, dict[Condition | None, None]] = {}
        seen: set[tuple[Apply, Condition | None]] = set()
        waiting: list[tuple[Apply, Condition | None]] = [(expr, None)]
        while waiting:
            place = waiting.pop()
            if place not in seen:
                seen.add(place)
                waiting += reversed(self._below(*place))

    def _below(self, node: Apply, when: Condition | None) -> list[tuple[Apply, Condition | None]]:
        if node.name == PARAMETER:
            self.found.setdefault(label_of(node), {})[when] = None
            return []
        if node.name != "switch":
            return [(part, when) for part in node.inputs()]
        index, *options = node.pos_args
        chosen = _unwrapped(index)
        if chosen is None:
            return [(part, when) for part in node.inputs()]
        dimension = self._dimension[label_of(chosen)]
        values = dimension.choices if dimension.kind is Kind.CHOICE else range(len(options))
        found = [
            (option, Condition(dimension.name, value))
            for value, option in zip(values, options, strict=False)
        ]
        return [(index, when), *found]


def _unwrapped(index: Apply) -> Apply | None:
    """The parameter that is the index itself; None where it is reckoned."""
    while index.name in ("int", "float") and len(index.pos_args) == 1:
        index = index.pos_args[0]
    whole = index.name == PARAMETER and drawn_of(index).name in ("randint", "categorical")
    return index if whole else None


def _ordered(
    dimension: Mapping[str, Dimension], found: Mapping[str, Mapping[Condition | None, None]]
) -> tuple[Dimension, ...]:
    """Parents first; one that would be its own ancestor takes part everywhere."""
    when = {
        dimension[label].name: () if None in places else tuple(c for c in places if c is not None)
        for label, places in found.items()
    }
    by_name = {d.name: d for d in dimension.values()}
    done: dict[str, Dimension] = {}
    open_names: set[str] = set()

    def place(name: str) -> bool:
        if name in open_names:
            return False
        if name not in done:
            open_names.add(name)
            conditions = when.get(name, ())
            placed = [place(condition.name) for condition in conditions]  # each of them
            open_names.discard(name)
            done[name] = replace(by_name[name], active_when=conditions if all(placed) else ())
        return True

    for name in by_name:
        place(name)
    return tuple(done.values())
