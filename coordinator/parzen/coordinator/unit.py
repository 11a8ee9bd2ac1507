"""A search space as rows of numbers: one column per dimension, NaN where inactive."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.axes import axis
from parzen.coordinator.axis import Axis, Options
from parzen.coordinator.law import Array
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.errors import InvalidParams

Conditions: TypeAlias = tuple[tuple[int, float], ...]
"""(parent column, option) pairs, of which one must hold."""

MISSING = object()
"""Fits no column."""


class UnitCube:
    """The columns of a space and the conditions between them.

    ``numeric`` and ``categorical`` are the columns' indexes by what they hold.
    """

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        self.dimensions = tuple(dimensions)
        self.axes: tuple[Axis, ...] = tuple(axis(d) for d in self.dimensions)
        self.numeric = np.array([i for i, a in enumerate(self.axes) if not a.options], dtype=int)
        self.categorical = np.array([i for i, a in enumerate(self.axes) if a.options], dtype=int)
        self._conditions = self._compile()

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.axes)

    def row(self, params: Params) -> Array:
        """The row of flat ``params``, shape (width,); names that take no part are ignored.

        Raises:
            InvalidParams: an active parameter is missing, or not one of its values.
        """
        row = np.full(self.width, math.nan)
        for i, column in enumerate(self.axes):
            if not self._is_active(i, row):
                continue
            name = column.dimension.name
            if name not in params:
                raise InvalidParams(f"parameter {name!r} is missing: expected a value")
            row[i] = column.encode(params[name]) + 0.0  # no negative zero: rows are compared
        return row

    def rows(self, points: Sequence[Params]) -> tuple[Array, NDArray[np.bool_]]:
        """:meth:`row` of each of ``points``, to the last bit, and which fit: (n, width), (n,).

        The rows of those that do not fit mean nothing.
        """
        rows = np.full((len(points), self.width), math.nan)
        fitting = np.ones(len(points), dtype=bool)
        for i, column in enumerate(self.axes):
            name, taking = column.dimension.name, self._taking(i, rows)
            values = [points[place].get(name, MISSING) for place in taking.tolist()]
            encoded = column.encode_all(values)
            rows[taking, i] = encoded + 0.0
            fitting[taking[np.isnan(encoded)]] = False
        return rows, fitting

    def _taking(self, i: int, rows: Array) -> NDArray[np.intp]:
        """The places of ``rows`` in which column ``i`` takes part, by the columns before it."""
        conditions = self._conditions[i]
        if conditions is None:
            return np.arange(len(rows))
        return np.flatnonzero(self._held(conditions, rows))

    def params(self, row: Array) -> Params:
        """The flat parameters at ``row``; conditions decide again which take part."""
        return {
            column.dimension.name: column.decode(float(row[i]))
            for i, column in enumerate(self.axes)
            if self._is_active(i, row)
        }

    def from_uniform(self, r: Array) -> Array:
        """Rows (n, width) that follow the prior where ``r`` is uniform in [0, 1)."""
        rows = np.empty_like(r)
        for i, column in enumerate(self.axes):
            rows[:, i] = column.from_uniform(r[:, i])
        return self.prune(rows)

    def prune(self, rows: Array) -> Array:
        """Set to NaN, in place, what takes no part in its row."""
        for i, conditions in enumerate(self._conditions):
            if conditions is not None:
                rows[~self._held(conditions, rows), i] = math.nan
        return rows

    def _held(self, conditions: Conditions, rows: Array) -> NDArray[np.bool_]:
        """In which of ``rows`` one of the conditions holds: (n,)."""
        held = np.zeros(len(rows), dtype=bool)
        for parent, option in conditions:
            held |= rows[:, parent] == option
        return held

    def key(self, row: Array) -> bytes:
        """What tells the point of a row made by :meth:`row` from every other."""
        return hashlib.blake2b(row.tobytes(), digest_size=16).digest()

    def points(self, rng: np.random.Generator) -> Iterator[Array]:
        """Every point of the space, depth first; a continuum gives one random value at a time.

        Each yield is a fresh row. Endless only where a continuous parameter takes part.
        """
        return self.walk(lambda i: self._values(i, rng))

    def walk(self, values: Callable[[int], Iterator[float]]) -> Iterator[Array]:
        """Every combination of ``values(i)`` of the columns i that take part, depth first.

        The last column varies fastest. Each yield is a fresh row.
        """
        row = np.full(self.width, math.nan)
        trail: list[tuple[int, Iterator[float]]] = []  # the columns that vary, each with the rest
        i = 0
        while True:
            while i < self.width and not self._is_active(i, row):
                i += 1
            if i < self.width:
                trail.append((i, values(i)))
            else:
                yield row.copy()
            while trail:
                i, rest = trail[-1]
                row[i:] = math.nan
                u = next(rest, None)
                if u is not None:
                    row[i] = u
                    i += 1
                    break
                trail.pop()
            else:
                return

    def _values(self, i: int, rng: np.random.Generator) -> Iterator[float]:
        column = self.axes[i]
        if math.isinf(column.size):
            while True:
                yield column.encode(column.decode(float(rng.random())))
        else:
            yield from map(column.encode, column.values())

    def _is_active(self, i: int, row: Array) -> bool:
        conditions = self._conditions[i]
        return conditions is None or any(row[parent] == option for parent, option in conditions)

    def _compile(self) -> tuple[Conditions | None, ...]:
        """For each column, None or the (parent column, option) pairs of which one must hold."""
        place = {d.name: i for i, d in enumerate(self.dimensions)}
        compiled: list[Conditions | None] = []
        for d in self.dimensions:
            pairs = [
                (place[c.name], self.axes[place[c.name]].encode(c.value)) for c in d.active_when
            ]
            compiled.append(tuple(pairs) if d.active_when else None)
        return tuple(compiled)

    def probabilities(self, i: int) -> Array:
        """The prior of the categorical column ``i``."""
        column = self.axes[i]
        if not isinstance(column, Options):
            raise TypeError(f"column {i} is numeric: expected a categorical one")
        return column.probabilities
