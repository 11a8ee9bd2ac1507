"""Earlier studies for a problem's study to start from: of itself, of its kin, and of others.

Each is a search of 100 trials for the lowest loss of a problem made of this one: by TPE, since what
somebody keeps was a search; where losses are random, by random search.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from zlib import crc32

import numpy as np
import simulation
from peers.ours import Ours
from problems.problem import Problem

from parzen.coordinator.law import Array
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension, Kind, Params

TRIALS = 100
SHIFT = 0.1
"""How far a shifted problem's optimum lies off in each number, as a share of its prior."""
NOISE = 0.5
"""The noise of a noisy source, in the spread of the losses from quartile to quartile."""
DRAWS = 200
"""The spread is that of so many points drawn from the prior."""
SEEDS_APART = 1_000
"""No source has the seed of the study that starts from it."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of the losses at points of the prior, and the distance of their quartiles."""

    middle: float
    width: float


Make = Callable[[Problem, Spread], Problem | None]
"""What makes the earlier problem, or None where there is no such."""


def source(problem: Problem, kind: str, seed: int) -> Mapping[str, Any] | None:
    """An earlier study of that kind, as the sampler ``warm`` takes it; None: there is none."""
    earlier = KINDS[kind](problem, _spread(problem))
    if earlier is None:
        return None
    earlier = replace(earlier, name=f"{problem.name} {kind}", gradient=None)
    sampler = "random" if kind == "random" else "tpe"
    searcher = _Noted(sampler, earlier.dimensions, seed + SEEDS_APART, {})
    trials = int(min(TRIALS, _size(earlier.dimensions)))
    ended = simulation.run(earlier, searcher, workers=1, trials=trials, seed=seed)
    known = {d.name for d in earlier.dimensions}
    return {
        "study": kind,
        "losses": [trial.observed for trial in ended],
        "params": {
            d.name: [searcher.asked[trial.number].get(d.name) for trial in ended]
            for d in problem.dimensions
            if d.name in known
        },
    }


class _Noted(Ours):
    """A searcher that keeps what it asked for."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: dict[int, Params] = {}

    def ask(self, number: int) -> Params:
        self.asked[number] = super().ask(number)
        return self.asked[number]


def _size(dimensions: tuple[Dimension, ...]) -> float:
    """How many points there are; of a tree, more than are asked for."""
    if any(d.active_when for d in dimensions):
        return math.inf
    return math.prod(d.size for d in dimensions)


def _spread(problem: Problem) -> Spread:
    cube, rng = UnitCube(problem.dimensions), _random(problem)
    rows = cube.from_uniform(rng.random((DRAWS, cube.width)))
    losses = [simulation.exact_loss(problem, cube.params(row)) for row in rows]
    low, middle, high = np.percentile(losses, (25, 50, 75))
    return Spread(float(middle), float(high - low) or 1.0)


def _random(problem: Problem) -> np.random.Generator:
    return np.random.default_rng(crc32(problem.name.encode()))


def _same(problem: Problem, _: Spread) -> Problem:
    return problem


def _shifted(problem: Problem, _: Spread) -> Problem:
    """The optimum elsewhere: each number moved, and turned back at its ends."""
    by = SHIFT * _random(problem).choice([-1.0, 1.0], size=len(problem.dimensions))

    def shift(j: int, u: float, options: int) -> float:
        return u if options else 1.0 - abs(1.0 - abs(u + float(by[j])))

    return _moved(problem, shift)


def _mirrored(problem: Problem, _: Spread) -> Problem:
    """Another function of the same ruggedness: low becomes high, the first option the last."""
    parents = {c.name for d in problem.dimensions for c in d.active_when}

    def mirror(j: int, u: float, options: int) -> float:
        if not options:
            return 1.0 - u
        return u if problem.dimensions[j].name in parents else options - 1 - u

    return _moved(problem, mirror)


def _moved(problem: Problem, move: Callable[[int, float, int], float]) -> Problem:
    """The problem where ``move(column, u, options)`` says what stands for a column's number."""
    cube = UnitCube(problem.dimensions)

    def loss(params: Params) -> float:
        row: Array = cube.row(params)
        for j in np.flatnonzero(~np.isnan(row)).tolist():
            axis = cube.axes[j]
            if axis.size > 1:
                row[j] = axis.snap(np.array([move(j, float(row[j]), axis.options)]))[0]
        return problem.loss(cube.params(row))

    return replace(problem, loss=loss)


def _noisy(problem: Problem, spread: Spread) -> Problem:
    return replace(problem, noise=math.hypot(problem.noise, NOISE * spread.width))


def _transformed(problem: Problem, spread: Spread) -> Problem:
    """The same order of points on another scale."""

    def loss(params: Params) -> float:
        return 100.0 + 40.0 * math.atan((problem.loss(params) - spread.middle) / spread.width)

    return replace(problem, loss=loss, noise=0.0)


def _fewer(problem: Problem, _: Spread) -> Problem | None:
    """A search that held every other parameter, on which none depends, at its middle."""
    parents = {c.name for d in problem.dimensions for c in d.active_when}
    free = [d for d in problem.dimensions if not d.active_when and d.name not in parents]
    held = [d.name for d in free[::2]] if len(free) > 1 else []
    if not held:
        return None
    axes = UnitCube(problem.dimensions).axes
    middle = {a.dimension.name: a.decode(a.from_uniform(np.array([0.5]))[0]) for a in axes}
    fixed = {name: middle[name] for name in held}
    return replace(
        problem,
        dimensions=tuple(d for d in problem.dimensions if d.name not in fixed),
        loss=lambda params: problem.loss({**params, **fixed}),
    )


def _more(problem: Problem, spread: Spread) -> Problem:
    """A search of two parameters more, which matter as much as all others."""
    added = tuple(Dimension(name=f"more{n}", kind=Kind.FLOAT, low=0.0, high=1.0) for n in range(2))

    def loss(params: Params) -> float:
        more = [float(str(params[d.name])) for d in added]
        return problem.loss(params) + spread.width * sum((x - 0.3) ** 2 for x in more)

    return replace(problem, dimensions=(*problem.dimensions, *added), loss=loss)


def _negated(problem: Problem, _: Spread) -> Problem:
    return replace(problem, loss=lambda params: -problem.loss(params))


def _noise_alone(problem: Problem, _: Spread) -> Problem:
    return replace(problem, loss=lambda _: 0.0, noise=1.0)


KIN: Mapping[str, Make] = {
    "same": _same,
    "shifted": _shifted,
    "noisy": _noisy,
    "transformed": _transformed,
    "fewer": _fewer,
    "more": _more,
}
"""Earlier studies that tell something of the problem."""

OTHERS: Mapping[str, Make] = {
    "negated": _negated,
    "random": _noise_alone,
    "mirrored": _mirrored,
}
"""Those that mislead, or tell nothing."""

KINDS = {**KIN, **OTHERS}
