"""Every point of a grid once, in a fixed order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count, islice
from typing import TypeAlias

from parzen.coordinator.axis import Axis
from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.samplers import options
from parzen.coordinator.unit import UnitCube
from parzen.shared.cardinality import cardinality
from parzen.shared.dimensions import Dimension, Kind, Params, Plain
from parzen.shared.errors import InvalidParams, InvalidStudy
from parzen.shared.plain import cut, plain_fault, shown, to_plain

MOST = 5_000_000
"""A grid of more points is refused: nobody waits for its end."""

NAMED = 3
"""So many parameters, those with the most values, are named where a grid is refused."""

DIGITS = 12
"""Values between the ends of a range are rounded to so many digits, where they stay in place."""
IN_PLACE = 1e-9
"""So far may rounding move a value, in u; on a grid, in steps."""
ROUNDED = 4
"""So many of its last digit may a number with a step be off, where steps are hardly larger."""

LONGEST = 10**15
"""Larger numbers are told by their power of ten."""

SHORT = 1024
"""The values of a longer column are listed only as far as they are asked for."""

UNIT = Dimension(name="", kind=Kind.INT, low=0, high=0)
"""A parameter of one value."""

Level: TypeAlias = tuple[float, Plain]
"""Where a value stands in its column, and the value."""


class Column:
    """The values that a parameter takes, in order.

    Args:
        axis: the parameter's.
        levels: the values; where two stand at one place the first one counts.
        size: how many there are at most.
    """

    def __init__(self, axis: Axis, levels: Iterator[Level], size: int) -> None:
        self.dimension, self.size = axis.dimension, size
        self.at: dict[float, Plain] = {}
        """The values that were listed so far, by where they stand."""
        self._rest = levels
        if axis.options or size <= SHORT:
            self.size = sum(1 for _ in self)

    def __iter__(self) -> Iterator[float]:
        yield from tuple(self.at)
        for u, value in self._rest:
            if u not in self.at:
                self.at[u] = value
                yield u

    def stand_in(self) -> Dimension:
        """A dimension of as many values under the same conditions."""
        d = self.dimension
        if d.kind is Kind.CHOICE:
            return replace(d, choices=tuple(self.at.values()), weights=None)
        return replace(UNIT, name=d.name, high=self.size - 1, active_when=d.active_when)


class GridSampler:
    """Exhaustive search: every combination of the parameters' values, the last varying fastest.

    Branches are entered only where they are taken. A choice, a whole number and a number with a
    step have all of their values; a continuum, and a normal whose values never end, are cut into
    ``resolution`` values.

    Args:
        dimensions: the space.
        resolution: how many values stand for a continuum, evenly spaced in u; with both bounds
            among them where it has two, else in the middles of as many equal parts.
        values: {parameter: the values that it takes, in their order}, instead of those.

    Raises:
        InvalidStudy: an option does not fit, or there are more than ``MOST`` points.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        resolution: int = 5,
        values: Mapping[str, Sequence[Plain]] | None = None,
    ) -> None:
        resolution = options.whole("resolution", resolution, 1)
        self._cube = UnitCube(dimensions)
        given = _given(self._cube, values)
        self._columns = tuple(
            given.get(axis.dimension.name) or _column(axis, resolution) for axis in self._cube.axes
        )
        self._total = _counted(self._columns, resolution)
        self._walk = self._cube.walk(lambda i: iter(self._columns[i]))
        self._rows: list[Array] = []
        self._keys: list[bytes] = []
        """Those of the points that were walked so far."""
        self._seen: tuple[History | None, int] = (None, 0)
        self._first = 0
        """All points before this one were held by the history ``_seen``, when it had freed so
        many."""

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`; the seed changes nothing."""
        del seed
        free = islice(self._free(history), len(numbers))
        return [self._params(self._rows[index]) for index in free]

    def explain(self, history: History) -> str:
        """See :class:`~parzen.coordinator.samplers.protocol.Explaining`."""
        following = next(self._free(history), None)
        if following is None:
            return f"all {_told(len(self._rows))} points of the grid were proposed"
        return f"point {_told(following + 1)} of {_told(self._total)}, in order"

    def _free(self, history: History) -> Iterator[int]:
        """The places of the points that are neither known nor pending, in order."""
        if self._seen[0] is not history or self._seen[1] != history.freed:
            self._seen, self._first = (history, history.freed), 0
        while self._is_met(self._first) and history.holds(self._keys[self._first]):
            self._first += 1
        for index in count(self._first):
            if not self._is_met(index):
                return
            if not history.holds(self._keys[index]):
                yield index

    def _is_met(self, index: int) -> bool:
        """Walk as far as the point at this place; False: there is none."""
        while len(self._rows) <= index:
            row = next(self._walk, None)
            if row is None:
                return False
            self._rows.append(row)
            self._keys.append(self._cube.key(row))
        return True

    def _params(self, row: Array) -> Params:
        """The values as they were listed: what a row decodes to may differ in the last digit."""
        return {
            column.dimension.name: column.at[u]
            for column, u in zip(self._columns, row.tolist(), strict=True)
            if not math.isnan(u)
        }


def _given(cube: UnitCube, values: object) -> Mapping[str, Column]:
    """What the option ``values`` lists, by parameter."""
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise InvalidStudy(
            f"option values is {shown(values)}: expected a dict "
            "{parameter: a list of the values that it takes}"
        )
    by_name = {axis.dimension.name: axis for axis in cube.axes}
    for name in values:
        if name not in by_name:
            raise InvalidStudy(
                f"option values names {shown(name)}, which is no parameter: expected one of "
                f"{cut(', '.join(by_name))}"
            )
    return {name: _listed(by_name[name], found) for name, found in values.items()}


def _listed(axis: Axis, found: object) -> Column:
    name = axis.dimension.name
    if not isinstance(found, (list, tuple)) or not found:
        raise InvalidStudy(
            f"option values has {shown(found)} for {name!r}: expected a list of at least one value"
        )
    levels = []
    for value in found:
        fault = plain_fault(value)
        if fault is not None:
            raise InvalidStudy(f"option values lists {shown(value)} for {name!r}, which {fault}")
        try:
            levels.append(_level(axis, to_plain(value)))
        except InvalidParams as error:
            raise InvalidStudy(f"option values does not fit: {error}") from None
    return Column(axis, iter(levels), len(levels))


def _level(axis: Axis, value: Plain) -> Level:
    """Where ``value`` stands, and the value as trials have it."""
    at = axis.encode(value) + 0.0  # no negative zero: rows are compared
    if axis.binned and isinstance(value, (int, float)):
        known: Plain = _on_grid(axis, value)
        return axis.encode(known) + 0.0, known
    if math.isinf(axis.size) and isinstance(value, (int, float)):
        return at, float(value)
    return at, axis.decode(at)


def _on_grid(axis: Axis, value: float) -> float:
    """The grid's own value that ``value`` is, to within rounding."""
    d = axis.dimension
    nearest = axis.decode(axis.encode(value))
    origin, step = d.low or 0, d.step or 1
    if d.kind is Kind.INT:
        off, rounding = float((int(value) - int(origin)) % int(step)), 0.0
    else:
        off = abs(math.remainder(value - origin, step))
        rounding = max(IN_PLACE * step, ROUNDED * math.ulp(value))
    if off > rounding:
        raise InvalidParams(
            f"parameter {d.name!r} is {value!r}: expected a value on its grid, such as {nearest!r}"
        )
    # on a grid of more values than there are places for, the nearest one may be another
    if isinstance(nearest, (int, float)) and abs(nearest - value) <= rounding:
        return nearest
    return int(value) if d.kind is Kind.INT else float(value)


def _column(axis: Axis, resolution: int) -> Column:
    """The values that nobody listed."""
    if axis.options or math.isfinite(axis.dimension.size):
        values, size = axis.values(), int(axis.size)
    else:
        values, size = _cut(axis, resolution), resolution
    return Column(axis, ((axis.encode(value) + 0.0, value) for value in values), size)


def _cut(axis: Axis, resolution: int) -> Iterator[Plain]:
    d = axis.dimension
    bounded = d.low is not None and d.high is not None and resolution > 1
    for i in range(resolution):
        yield _rounded(axis, i / (resolution - 1) if bounded else (i + 0.5) / resolution)


def _rounded(axis: Axis, u: float) -> Plain:
    """The value at ``u`` as a person would write it."""
    value = axis.decode(u)
    bound = {0.0: axis.dimension.low, 1.0: axis.dimension.high}.get(u)
    if axis.binned or not isinstance(value, float):
        return value
    short = float(f"{value:.{DIGITS}g}") if bound is None else float(bound)
    try:
        return short if abs(axis.encode(short) - u) < IN_PLACE else value
    except InvalidParams:  # beyond a bound
        return value


def _counted(columns: Sequence[Column], resolution: int) -> int:
    """How many points there are; one that is met twice in a long column is counted twice."""
    total = cardinality([column.stand_in() for column in columns])
    if total <= MOST:
        return int(total)
    longest = sorted(columns, key=lambda column: -column.size)[:NAMED]
    named = ", ".join(f"{column.dimension.name!r} ({_told(column.size)})" for column in longest)
    raise InvalidStudy(
        f"the grid has {_told(total)} points: expected at most {_told(MOST)}; lower option "
        f"resolution, now {_told(resolution)}, or list fewer values with option values, such as "
        f"for {named}"
    )


def _told(number: float) -> str:
    """A count for a message."""
    return f"{number:,}" if number <= LONGEST else f"about 10^{math.floor(math.log10(number))}"
