"""Which column a dimension has: its kind, and the prior of its values."""

from __future__ import annotations

import math

from parzen.coordinator.axis import Axis, Continuum, Grid, Options
from parzen.coordinator.law import Law, Logarithmic, OnGrid, Smooth, Uniform, at, normal
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import InvalidParams

FLAT_LOG = 1e-6
"""A log range narrower than this is a linear one, to within its rounding."""


def axis(dimension: Dimension) -> Axis:
    """The column of one dimension."""
    d = dimension
    if d.kind is Kind.CHOICE:
        return Options(d, d.choices)
    if d.size == 1 and d.low is not None:
        return Options(d, (int(d.low) if d.kind is Kind.INT else float(d.low),))
    if d.kind is Kind.INT or d.step is not None:
        return _grid(d)
    low = -math.inf if d.low is None else float(d.low)
    high = math.inf if d.high is None else float(d.high)
    return Continuum(d, _law(d, low, high))


def _grid(d: Dimension) -> Axis:
    step = d.step or 1
    origin = 0 if d.low is None else d.low
    last = None if d.high is None else math.floor((d.high - origin) / step + 1e-9)
    if d.kind is Kind.INT and d.high is not None:
        step, origin = int(step), int(origin)
        last = (int(d.high) - origin) // step
    first = None if d.low is None else 0
    law: Law
    if d.kind is not Kind.NORMAL and last is not None and not _curved(d):
        law = Uniform(*_ends_in_steps(d, last))  # exact however far the range is from 0
    elif d.rounds is not None:
        law = OnGrid(_law(d, *d.rounds), float(origin), float(step))
    else:
        low = -math.inf if first is None else _lower_edge(d, float(origin), float(step))
        high = math.inf if last is None else origin + (last + 0.5) * step
        law = OnGrid(_law(d, low, high), float(origin), float(step))
    if first is None:
        first = 0 if d.log else math.floor(at(law.quantile, 0.0) + 0.5)
    if last is None:
        last = math.floor(at(law.quantile, 1.0) + 0.5)
    return Grid(d, law, origin=origin, step=step, first=first, last=max(first, last))


def _ends_in_steps(d: Dimension, last: int) -> tuple[float, float]:
    """Where the first bin of a bounded grid begins and the last one ends, in steps from ``low``."""
    if d.rounds is None or d.low is None:
        return -0.5, last + 0.5
    start, end = ((x - d.low) / (d.step or 1) for x in d.rounds)
    return start, end


def _lower_edge(d: Dimension, origin: float, step: float) -> float:
    """Half a step below the lowest value; above 0 where the logarithm is taken."""
    edge = origin - step / 2
    return max(edge, origin / 2) if d.log else edge


def _law(d: Dimension, low: float, high: float) -> Smooth:
    """The prior of ``d`` on [low, high], in the parameter's own units."""
    if d.kind is Kind.NORMAL:
        if d.mu is None or d.sigma is None:
            raise InvalidParams(f"parameter {d.name!r} is normal: expected mu and sigma")
        if not d.log:
            return normal(d.mu, d.sigma, low, high)
        return Logarithmic(normal(d.mu, d.sigma, _log(low), _log(high)))
    if _curved(d):
        return Logarithmic(Uniform(_log(low), _log(high)))
    return Uniform(low, high)


def _curved(d: Dimension) -> bool:
    """Whether a bounded dimension's logarithm is worth taking."""
    low, high = d.rounds or (d.low, d.high)
    return (
        d.log
        and low is not None
        and high is not None
        and (math.log(high) - math.log(low) > FLAT_LOG)
    )


def _log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf
