"""A mixed space of any width, and what a study of it has seen."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Condition, Dimension, Kind, Params

MODEL = "model"
MODELS = ("linear", "forest", "net")
IN_BRANCH = 4
"""Every fourth parameter belongs to one model."""
GOOD = 0.3
"""Where each column is best."""


def dimensions(width: int) -> tuple[Dimension, ...]:
    """A choice of model and ``width - 1`` parameters of every kind, a quarter of them in branches.

    Five in turn: float, log float, int of 16 values, log int of 505, choice of 4.
    """
    return (
        Dimension(name=MODEL, kind=Kind.CHOICE, choices=MODELS),
        *(_parameter(i) for i in range(1, width)),
    )


def _parameter(i: int) -> Dimension:
    branch = (Condition(MODEL, MODELS[i % len(MODELS)]),) if i % IN_BRANCH == 0 else ()
    common: Mapping[str, Any] = {"name": f"p{i}", "active_when": branch}
    numbers: Sequence[Mapping[str, Any]] = (
        {"kind": Kind.FLOAT, "low": 0.0, "high": 1.0},
        {"kind": Kind.FLOAT, "low": 1e-5, "high": 1.0, "log": True},
        {"kind": Kind.INT, "low": 1, "high": 16},
        {"kind": Kind.INT, "low": 8, "high": 512, "log": True},
    )
    place = (i - 1) % (len(numbers) + 1)
    if place < len(numbers):
        return Dimension(**common, **numbers[place])
    return Dimension(**common, kind=Kind.CHOICE, choices=("relu", "tanh", "gelu", "elu"))


@dataclass(frozen=True, slots=True)
class Seen:
    """A trial of a history, with its row of numbers and its loss."""

    params: Params
    loss: float


def trials(cube: UnitCube, count: int, rng: np.random.Generator) -> Iterator[Seen]:
    """``count`` random trials, whose losses fall towards a point and are noisy."""
    for _ in range(count):
        row = cube.from_uniform(rng.random((1, cube.width)))[0]
        yield Seen(cube.params(row), loss(row, rng))


def loss(row: NDArray[np.float64], rng: np.random.Generator) -> float:
    """The loss of the point ``row``: good trials then lie near one another, as in real studies."""
    return float(np.nansum(np.minimum((row - GOOD) ** 2, 0.5)) + rng.normal(0.0, 0.1))


def slopes(cube: UnitCube, params: Params) -> dict[str, float]:
    """The gradient of the loss without its noise, by the floats that take part in ``params``."""
    found: dict[str, float] = {}
    for d, u in zip(cube.dimensions, map(float, cube.row(params)), strict=True):
        if d.kind is Kind.FLOAT and d.low is not None and d.high is not None and d.name in params:
            value: Any = params[d.name]
            span = value * math.log(d.high / d.low) if d.log else d.high - d.low
            found[d.name] = 2 * (u - GOOD) / span
    return found
