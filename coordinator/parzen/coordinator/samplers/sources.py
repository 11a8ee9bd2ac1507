"""Trials of other studies that a study was begun with, as its document holds them, and as rows.

A source is a mapping of :data:`KEYS`: ``study``, the name it has; ``losses``, one for each trial,
lower is better; ``params``, {name: values}, one value for each trial and each parameter that this
study has too, None where the parameter took no part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.law import Array
from parzen.coordinator.samplers import streams
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension, Plain
from parzen.shared.errors import InvalidParams, InvalidStudy
from parzen.shared.plain import shown

KEYS = ("study", "losses", "params")


@dataclass(frozen=True, slots=True)
class Source:
    """One study's trials.

    Attributes:
        name: the study's.
        columns: those of the space that it knows.
        rows: (n, columns) its trials there, NaN where a parameter took no part.
        losses: (n,) in its own units.
        whole: (n, width) the same as rows of the whole space; what a trial lacks is drawn.
    """

    name: str
    columns: NDArray[np.intp]
    rows: Array
    losses: Array
    whole: Array


def read(dimensions: Sequence[Dimension], declared: object) -> tuple[Source, ...]:
    """The sources that are ``declared``, a list of mappings with :data:`KEYS`.

    Raises:
        InvalidStudy: it is none, or names what this space has not.
    """
    if not _is_list(declared):
        raise InvalidStudy(f"option sources is {shown(declared)}: expected a list of sources")
    cube = UnitCube(dimensions)
    return tuple(_source(cube, one, place) for place, one in enumerate(declared))


def _source(cube: UnitCube, declared: object, place: int) -> Source:
    if not isinstance(declared, Mapping) or set(declared) != set(KEYS):
        raise InvalidStudy(
            f"option sources holds {shown(declared)}: expected a dict with {', '.join(KEYS)}"
        )
    name = str(declared["study"])
    try:
        losses = _losses(declared["losses"])
        columns, rows = _rows(cube, declared["params"], len(losses))
    except (InvalidParams, InvalidStudy) as error:
        raise InvalidStudy(f"option sources, study {name!r}: {error}") from None
    whole = _whole(cube, columns, rows, streams.for_source(place))
    return Source(name, columns, rows, losses, whole)


def _losses(declared: object) -> Array:
    if not _is_list(declared) or not declared or not all(map(_is_finite, declared)):
        raise InvalidStudy(f"its losses are {shown(declared)}: expected a list of finite numbers")
    return np.array(declared, dtype=np.float64)


def _rows(cube: UnitCube, declared: object, count: int) -> tuple[NDArray[np.intp], Array]:
    """The columns that are declared, and what stands in them: (count, columns)."""
    if not isinstance(declared, Mapping) or not declared:
        raise InvalidStudy(f"its params are {shown(declared)}: expected a dict {{name: values}}")
    names = [d.name for d in cube.dimensions]
    for name, values in declared.items():
        if name not in names:
            raise InvalidStudy(f"it has the parameter {shown(name)}: expected one of this space")
        if not _is_list(values) or len(values) != count:
            raise InvalidStudy(
                f"its values of {name!r} are {shown(values)}: expected a list of {count}, as many "
                "as there are losses"
            )
    columns = np.array([j for j, name in enumerate(names) if name in declared], dtype=np.intp)
    rows = np.empty((count, len(columns)))
    for place, j in enumerate(columns.tolist()):
        rows[:, place] = [_number(cube, j, value) for value in declared[names[j]]]
    return columns, rows


def _number(cube: UnitCube, j: int, value: Plain) -> float:
    if value is None and cube.dimensions[j].option(None) is None:
        return math.nan
    return cube.axes[j].encode(value)


def _whole(
    cube: UnitCube, columns: NDArray[np.intp], rows: Array, rng: np.random.Generator
) -> Array:
    """Rows of the whole space with ``rows`` in ``columns``: (n, width).

    Where the source does not know a choice, it has the option by which what is known takes part.
    All else that is missing is drawn from the prior.
    """
    r = rng.random((len(rows), cube.width))
    known = np.full(r.shape, math.nan)
    known[:, columns] = rows
    place = {d.name: j for j, d in enumerate(cube.dimensions)}
    for j in reversed(range(cube.width)):
        for condition in cube.dimensions[j].active_when[:1]:
            parent = place[condition.name]
            if parent not in columns:
                needed = np.isnan(known[:, parent]) & ~np.isnan(known[:, j])
                known[needed, parent] = cube.axes[parent].encode(condition.value)
    drawn = np.column_stack([axis.from_uniform(r[:, j]) for j, axis in enumerate(cube.axes)])
    return cube.prune(np.where(np.isnan(known), drawn, known))


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _is_finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= MOST


MOST = float(np.finfo(np.float64).max)
"""The largest loss there is."""
