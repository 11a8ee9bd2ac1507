"""One parameter as a column of numbers: what its values are to a sampler.

A numeric parameter is u in [0, 1], the CDF of its prior. Where it lies on a grid, each value owns
the bin half a step to either side of it, and stands at the bin's middle in u; the ends of a
continuum that is rounded cut the outer bins short. A choice is the index of its option. A parameter
with one value is a choice of one: it says nothing.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Hashable, Iterator, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.law import MAX, Array, Law, Smooth, at
from parzen.shared.dimensions import Dimension, Kind, Plain
from parzen.shared.errors import InvalidParams

EXACT = 2**52
"""Integers up to here are themselves as floats, and so are their halves' sums."""

TABLED = 1024
"""A grid of up to so many values keeps its bins in a table."""


NO_OPTION = object()

Fitting: TypeAlias = tuple[Array, NDArray[np.bool_]]
"""Values as floats, and which of them are the parameter's: (n,), (n,)."""


class Axis(ABC):
    """One parameter's column.

    ``options`` is the number of options of a choice, 0 for a number; ``size`` how many distinct
    values there are, ``math.inf`` for a continuum; ``binned`` whether values own bins.
    """

    options: int = 0
    size: float = math.inf
    binned: bool = False
    ends: Array | None = None
    """Where a grid's bins begin and the last one ends; None where it has too many, or none."""
    middles: Array | None = None
    """Where a grid's values stand, and NaN behind them; None like ``ends``."""
    widths: Array | None = None
    """Those of a grid's bins, and 0 behind them; None like ``ends``."""

    def __init__(self, dimension: Dimension) -> None:
        self.dimension = dimension

    @abstractmethod
    def encode(self, value: Plain) -> float:
        """The column's number for ``value``.

        Raises:
            InvalidParams: the value is not one of this parameter's.
        """

    def encode_all(self, values: Sequence[Any]) -> Array:
        """:meth:`encode` of each, to the last bit; NaN for what it would not take: (n,)."""
        found = self._fitting(values)
        if found is None:
            return np.array([self._encoded(value) for value in values], dtype=np.float64)
        numbers, fitting = found
        encoded = np.full(len(numbers), math.nan)
        encoded[fitting] = self._encode_numbers(numbers[fitting])
        return encoded

    def _encode_numbers(self, numbers: Array) -> Array:
        """:meth:`encode` of numbers that :meth:`_fitting` has let through."""
        raise NotImplementedError

    @abstractmethod
    def decode(self, u: float) -> Plain:
        """The value at ``u``, always within the bounds."""

    @abstractmethod
    def from_uniform(self, r: Array) -> Array:
        """Column numbers that follow the prior where ``r`` is uniform in [0, 1)."""

    def values(self) -> Iterator[Plain]:
        """Every value, in order; only where ``size`` is finite."""
        raise NotImplementedError

    def edges(self, u: Array) -> tuple[Array, Array]:
        """The ends, in [0, 1], of the bins that hold ``u``; only where ``binned``."""
        raise NotImplementedError

    def index(self, u: Array) -> NDArray[np.intp]:
        """Which bin each ``u`` falls into, the number of bins for NaN; only where ``ends`` are."""
        raise NotImplementedError

    def snap(self, u: Array) -> Array:
        """The middles of the bins that hold ``u``; ``u`` itself where there are none."""
        return u

    def _encoded(self, value: Any) -> float:
        try:
            return self.encode(value)
        except InvalidParams:
            return math.nan

    def _fitting(self, values: Sequence[Any]) -> Fitting | None:
        """The values as floats, and which of them are this parameter's.

        None where that would take a closer look: some are no numbers, or large integers.
        """
        types, bounds = set(map(type, values)), (self.dimension.low, self.dimension.high)
        if not types <= {float, int} or any(isinstance(b, int) and abs(b) > EXACT for b in bounds):
            return None
        try:
            numbers = np.array(values, dtype=np.float64)
        except OverflowError:
            return None
        if (int in types or self.dimension.kind is Kind.INT) and (np.abs(numbers) > EXACT).any():
            return None
        low = -math.inf if self.dimension.low is None else self.dimension.low
        high = math.inf if self.dimension.high is None else self.dimension.high
        return numbers, (numbers >= low) & (numbers <= high) & np.isfinite(numbers)

    def _number(self, value: Plain) -> int | float:
        d = self.dimension
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._misfit(value)
        outside = (d.low is not None and value < d.low) or (d.high is not None and value > d.high)
        if outside or not abs(value) <= MAX:  # an integer may be larger than any float
            raise self._misfit(value)
        return value

    def _misfit(self, value: Plain) -> InvalidParams:
        d = self.dimension
        expected = f"one of {list(d.choices)!r}" if d.choices else f"a {d.kind.value}"
        if d.low is not None or d.high is not None:
            expected += f" in [{d.low}, {d.high}]"
        return InvalidParams(f"parameter {d.name!r} is {value!r}: expected {expected}")


class Continuum(Axis):
    """A real number."""

    def __init__(self, dimension: Dimension, law: Smooth) -> None:
        super().__init__(dimension)
        self._law = law

    def encode(self, value: Plain) -> float:
        """See :class:`Axis`."""
        number = float(self._number(value))
        if self.dimension.log and number <= 0:
            raise self._misfit(value)
        return at(self._law.cdf, number)

    def _fitting(self, values: Sequence[Any]) -> Fitting | None:
        found = super()._fitting(values)
        if found is None or not self.dimension.log:
            return found
        numbers, fitting = found
        return numbers, fitting & (numbers > 0)

    def _encode_numbers(self, numbers: Array) -> Array:
        return self._law.cdf(numbers)

    def decode(self, u: float) -> Plain:
        """See :class:`Axis`."""
        value = at(self._law.quantile, u)
        low, high = self.dimension.low, self.dimension.high
        value = value if low is None else max(value, float(low))
        return value if high is None else min(value, float(high))

    def slope(self, u: float) -> float:
        """The derivative of :meth:`decode` at ``u``, finite: units of the parameter by u."""
        return at(self._law.slope, u)

    def from_uniform(self, r: Array) -> Array:
        """See :class:`Axis`."""
        return r


class Grid(Axis):
    """Numbers ``origin + k * step`` for k in [first, last]; ``law`` is the prior of k."""

    binned = True

    def __init__(
        self, dimension: Dimension, law: Law, *, origin: float, step: float, first: int, last: int
    ) -> None:
        super().__init__(dimension)
        self.size = last - first + 1
        self._law = law
        self._integer = dimension.kind is Kind.INT
        self._origin, self._step = _exact(origin), _exact(step)
        self._first, self._last = first, last
        if self.size <= TABLED:
            between = np.arange(first + 1, last + 1, dtype=np.float64) - 0.5
            self.ends = np.concatenate([[0.0], law.cdf(between), [1.0]])
            self._ends: list[float] = self.ends.tolist()
            self.middles = np.append((self.ends[:-1] + self.ends[1:]) / 2, math.nan)
            self.widths = np.append(np.diff(self.ends), 0.0)
            self._middles: list[float] = self.middles.tolist()
        farthest = max(abs(self._origin), self._step * max(abs(first), abs(last)))
        self._near = not self._integer or farthest <= EXACT

    def encode(self, value: Plain) -> float:
        """See :class:`Axis`; a number off the grid stands for its nearest neighbour on it."""
        number = self._number(value)
        if self._integer:
            if number != int(number):
                raise self._misfit(value)
            step = int(self._step)
            k = (int(number) - int(self._origin) + step // 2) // step
        else:
            steps = (number - float(self._origin)) / float(self._step) + 0.5
            k = math.floor(min(max(steps, self._first), self._last))  # steps may be infinite
        k = min(max(k, self._first), self._last)
        if self.ends is not None:
            return self._middles[k - self._first]
        low = 0.0 if k == self._first else at(self._law.cdf, k - 0.5)
        high = 1.0 if k == self._last else at(self._law.cdf, k + 0.5)
        return (low + high) / 2

    def _fitting(self, values: Sequence[Any]) -> Fitting | None:
        found = super()._fitting(values) if self._near and self.middles is not None else None
        if found is None or not self._integer:
            return found
        numbers, fitting = found
        return numbers, fitting & (numbers == np.floor(numbers))

    def _encode_numbers(self, numbers: Array) -> Array:
        if self.middles is None:
            raise NotImplementedError
        if self._integer:
            step = int(self._step)
            k = (numbers.astype(np.int64) - int(self._origin) + step // 2) // step
        else:
            with np.errstate(over="ignore"):
                steps = (numbers - float(self._origin)) / float(self._step) + 0.5
            k = np.floor(np.clip(steps, self._first, self._last)).astype(np.int64)
        return self.middles[np.clip(k, self._first, self._last) - self._first]

    def decode(self, u: float) -> Plain:
        """See :class:`Axis`."""
        if self.ends is not None:
            return self._value(self._first + bisect_right(self._ends, u) - 1)
        return self._value(math.floor(at(self._law.quantile, u) + 0.5))

    def values(self) -> Iterator[Plain]:
        """See :class:`Axis`."""
        return map(self._value, range(self._first, self._last + 1))

    def from_uniform(self, r: Array) -> Array:
        """See :class:`Axis`."""
        return self.snap(r)

    def edges(self, u: Array) -> tuple[Array, Array]:
        """See :class:`Axis`."""
        if self.ends is not None:
            index = np.searchsorted(self.ends[1:-1], u, side="right")
            return self.ends[index], self.ends[index + 1]
        k: Array = np.floor(self._law.quantile(u) + 0.5)
        k = np.minimum(np.maximum(k, self._first), self._last)
        low = np.where(k <= self._first, 0.0, self._law.cdf(k - 0.5))
        high = np.where(k >= self._last, 1.0, self._law.cdf(k + 0.5))
        return low, high

    def index(self, u: Array) -> NDArray[np.intp]:
        """See :class:`Axis`."""
        if self.ends is None:
            raise NotImplementedError
        index = self.ends[1:-1].searchsorted(u, side="right")
        return index + np.isnan(u)  # NaN sorts behind all

    def snap(self, u: Array) -> Array:
        """See :class:`Axis`."""
        if self.middles is not None:
            return self.middles[self.index(u)]
        low, high = self.edges(u)
        return (low + high) / 2

    def _value(self, k: int) -> Plain:
        k = min(max(k, self._first), self._last)
        value = self._origin + k * self._step
        if self._integer:
            return int(value)
        low, high = self.dimension.low, self.dimension.high
        number = float(value) if low is None else max(float(value), float(low))
        return number if high is None else min(number, float(high))


class Options(Axis):
    """A choice; ``probabilities`` of its options, the prior, sum to 1."""

    def __init__(self, dimension: Dimension, choices: tuple[Plain, ...]) -> None:
        super().__init__(dimension)
        self.options = len(choices)
        self.size = len(choices)
        self._choices = choices
        weights = np.asarray(dimension.weights or np.ones(len(choices)), dtype=np.float64)
        weights = weights / weights.max()  # no sum overflows
        self.probabilities: Array = weights / weights.sum()
        self._cumulative = np.cumsum(self.probabilities)[:-1]
        self._cumulative[np.flatnonzero(weights)[-1] :] = 1.0  # rounding leaves nothing beyond
        self._index = {_hashable(choice): float(i) for i, choice in enumerate(choices)}

    def encode(self, value: Plain) -> float:
        """See :class:`Axis`."""
        index = self._index.get(_hashable(value))
        if index is None:
            raise self._misfit(value)
        return index

    def encode_all(self, values: Sequence[Any]) -> Array:
        """See :class:`Axis`."""
        found = self._index.get
        return np.array([found(_hashable(value), math.nan) for value in values], dtype=np.float64)

    def decode(self, u: float) -> Plain:
        """See :class:`Axis`."""
        return self._choices[int(u)]

    def from_uniform(self, r: Array) -> Array:
        """See :class:`Axis`."""
        return np.searchsorted(self._cumulative, r, side="right").astype(np.float64)

    def values(self) -> Iterator[Plain]:
        """See :class:`Axis`; options of weight 0 are left out."""
        return (c for c, p in zip(self._choices, self.probabilities, strict=True) if p > 0)


def _exact(x: float) -> Decimal:
    """The number as written: 3 steps of 0.1 are 0.3, not 0.30000000000000004."""
    return Decimal(x) if isinstance(x, int) else Decimal(repr(x))


def _hashable(value: Plain) -> object:
    """A key under which values are equal as BSON sees it: True is not 1, a list is a tuple."""
    if isinstance(value, (list, tuple)):
        return tuple(_hashable(v) for v in value)
    return (type(value) is bool, value if isinstance(value, Hashable) else NO_OPTION)
