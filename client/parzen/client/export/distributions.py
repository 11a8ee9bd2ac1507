"""Optuna's distributions of parzen's parameters, and values as Optuna holds them."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from parzen.client.export.cells import labels
from parzen.shared.dimensions import Dimension, Kind, Plain

Span = tuple[float, float]
"""The smallest and the largest value that was met."""

SIGMAS = 8.0
"""How far from the mean a range of Optuna's reaches that stands for a normal distribution."""

OFF_GRID = 1e-8
"""How far, in steps, Optuna lets a value lie beside its grid."""

Distribution = Any
"""One of Optuna's distributions, which have no types for mypy."""


def distribution(dimension: Dimension, span: Span | None = None) -> Distribution:
    """Optuna's distribution that holds every value of ``dimension``.

    Optuna has no normal distribution: for one, a range stands that holds ``span`` and eight
    standard deviations on both sides, within the bounds. Nor has it grids that are a rounded
    continuum, or logarithmic with steps: for those, all steps stand alike.
    """
    from optuna import distributions  # noqa: PLC0415 - an optional extra

    if dimension.kind is Kind.CHOICE:
        return distributions.CategoricalDistribution(options(dimension))
    if dimension.kind is Kind.INT:
        step = int(dimension.step or 1)
        log = dimension.log and dimension.rounds is None and step == 1
        return distributions.IntDistribution(
            int(dimension.low or 0), int(dimension.high or 0), log=log, step=step
        )
    if dimension.kind is Kind.FLOAT:
        log = dimension.log and dimension.step is None
        return distributions.FloatDistribution(
            dimension.low or 0.0, dimension.high or 0.0, log=log, step=dimension.step
        )
    low, high = _reach(dimension, span)
    log = dimension.log and dimension.step is None and low > 0  # a bound may be 0
    return distributions.FloatDistribution(low, high, log=log, step=dimension.step)


def options(dimension: Dimension) -> list[Any]:
    """A choice's options as Optuna holds them: lists and bytes as their labels."""
    return [
        option if option is None or isinstance(option, (bool, int, float, str)) else label
        for option, label in zip(dimension.choices, labels(dimension), strict=True)
    ]


def value(dimension: Dimension, held: Distribution, found: Plain) -> Any:
    """``found`` as Optuna holds it, where a float lies on its grid but for rounding."""
    if dimension.kind is Kind.CHOICE:
        index = dimension.option(found)
        return found if index is None else options(dimension)[index]
    if dimension.kind is Kind.INT or held.step is None or not isinstance(found, (int, float)):
        return found
    steps = (found - held.low) / held.step
    if abs(steps - round(steps)) >= OFF_GRID:
        found = held.low + round(steps) * held.step
    return min(max(found, held.low), held.high)


def widened(spans: Mapping[str, Span], name: str, found: float) -> Span:
    """The span of ``name`` with ``found`` in it."""
    low, high = spans.get(name, (found, found))
    return min(low, found), max(high, found)


def _reach(dimension: Dimension, span: Span | None) -> Span:
    """The range that stands for a normal distribution, on its grid where it has a step."""
    mu, sigma = dimension.mu or 0.0, dimension.sigma or 1.0
    low, high = mu - SIGMAS * sigma, mu + SIGMAS * sigma
    if dimension.log:
        low, high = _exp(low), _exp(high)
    if span is not None:
        low, high = min(low, span[0]), max(high, span[1])
    if dimension.step is not None:
        origin, step = dimension.low or 0.0, dimension.step
        low = origin + math.floor((low - origin) / step) * step
        high = origin + math.ceil((high - origin) / step) * step
    low = low if dimension.low is None else dimension.low
    high = high if dimension.high is None else dimension.high
    return low, high


def _exp(power: float) -> float:
    """The exponential, within the positive floats."""
    smallest, largest = sys.float_info.min, sys.float_info.max
    return min(max(math.exp(min(power, MOST_EXP)), smallest), largest)


MOST_EXP = 709.0
"""The largest power of e that is a float."""
