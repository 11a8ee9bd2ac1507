"""Problems written for these benchmarks: conditional trees, and categories that interact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from problems import trees_held, trees_tune
from problems.problem import HELD, TUNE, Problem

from parzen.shared.dimensions import Params
from parzen.shared.space import Choice, Space

Array = npt.NDArray[np.float64]


HALF = 0.5
"""The share of a glass's pairs that have an energy."""


def loaders(half: str) -> dict[str, Callable[[], Problem]]:
    """What loads each problem of ``half``, by name, in order."""
    if half == TUNE:
        return {
            "optimiser-tree": trees_tune.optimiser,
            "blocks-tree": trees_tune.blocks,
            "crop-noisy": trees_tune.crop,
            "landscape": _landscape,
        }
    return {
        "pipeline-tree": trees_held.pipeline,
        "bridge-tree": trees_held.bridge,
        "recipe-noisy": trees_held.recipe,
        "glass": _glass,
    }


def _landscape() -> Problem:
    """An NK landscape of 12 loci with 3 options, each locus depending on 3 others too.

    Source: Kauffman and Weinberger 1989, "The NK model of rugged fitness landscapes".
    """
    rng, loci, options = np.random.default_rng(1989), 12, 3
    parts = []
    for locus in range(loci):
        others = rng.choice([o for o in range(loci) if o != locus], size=3, replace=False)
        axes = sorted([locus, *map(int, others)])
        parts.append((axes, rng.random((options,) * 4) / loci))
    return _categorical("landscape", TUNE, [options] * loci, parts)


def _glass() -> Problem:
    """A Potts glass: 9 sites with 4 states, random energies between half of all pairs.

    Source: Wu 1982, "The Potts model".
    """
    rng, sites, states = np.random.default_rng(1982), 9, 4
    parts = [([site], 0.5 * rng.normal(size=states)) for site in range(sites)]
    chosen = [pair for pair in combinations(range(sites), 2) if rng.random() < HALF]
    parts.extend(([*pair], rng.normal(size=(states, states))) for pair in chosen)
    return _categorical("glass", HELD, [states] * sites, parts)


def _categorical(
    name: str, half: str, sizes: list[int], parts: Sequence[tuple[list[int], Array]]
) -> Problem:
    """A sum of tables, each over the options of some of the choices (ascending)."""
    space = {f"c{i:02d}": Choice([f"v{v}" for v in range(size)]) for i, size in enumerate(sizes)}
    dimensions = Space(space).dimensions

    def loss(params: Params) -> float:
        at = [int(str(params[d.name])[1:]) for d in dimensions]
        return float(sum(table[tuple(at[a] for a in axes)] for axes, table in parts))

    return Problem(
        name=name,
        family="categorical",
        half=half,
        dimensions=dimensions,
        loss=loss,
        best=float(_everywhere(sizes, parts).min()),
    )


def _everywhere(sizes: list[int], parts: Sequence[tuple[list[int], Array]]) -> Array:
    """The loss at every point: there are few enough to find the lowest by looking at all."""
    total = np.zeros(sizes)
    for axes, table in parts:
        shape = [size if i in axes else 1 for i, size in enumerate(sizes)]
        total += table.reshape(shape)
    return total
