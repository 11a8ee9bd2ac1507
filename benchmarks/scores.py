"""Scores of runs, ranks, and intervals that resample problems and seeds.

Arrays of figures have the shape (samplers, problems, seeds), NaN where a run is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]

RESAMPLES = 2_000
TAILS = (2.5, 97.5)
"""Percentiles: 95 % intervals."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its bootstrap interval."""

    mean: float
    low: float
    high: float


def score(loss: float, reference: float, best: float) -> float:
    """How far ``loss`` is from random search towards the best known, clipped to [-1, 1].

    Args:
        loss: the exact loss of a run's incumbent.
        reference: the median of random search's incumbents at the same budget: scores 0.
        best: the lowest loss known: scores 1. Where random search reaches it, a loss scores 1 if
            it does too, else -1.
    """
    if reference <= best:
        return 1.0 if loss <= best else -1.0
    return float(np.clip((reference - loss) / (reference - best), -1.0, 1.0))


def complete(values: Array) -> Array:
    """``values`` with NaN for every (problem, seed) that some sampler lacks."""
    everyone = ~np.isnan(values).any(axis=0)
    return np.where(everyone, values, np.nan)


def ranks(losses: Array) -> Array:
    """The rank of each sampler's loss on each (problem, seed), 1 the lowest, ties averaged.

    Args:
        losses: complete, as :func:`complete` makes them.
    """
    ranked: Array = rankdata(losses, axis=0, nan_policy="propagate")
    return ranked


def estimates(values: Array) -> list[Estimate]:
    """For each sampler the mean over problems of the mean over seeds, with its interval.

    Args:
        values: complete, as :func:`complete` makes them; at least one (problem, seed) is there.
    """
    drawn = _resampled(values)
    return [
        Estimate(float(mean), *map(float, np.percentile(draws, TAILS)))
        for mean, draws in zip(means(values), drawn, strict=True)
    ]


def difference(one: Array, other: Array) -> Estimate:
    """The paired difference of two samplers' figures, each of the shape (problems, seeds)."""
    return estimates(one[None] - other[None])[0]


def ratio(one: Array, other: Array) -> Estimate:
    """The mean of ``one`` over the mean of ``other``, of the shape (problems, seeds), paired."""
    both = complete(np.stack([one, other]))
    top, bottom = means(both)
    drawn = _resampled(both)
    return Estimate(float(top / bottom), *map(float, np.percentile(drawn[0] / drawn[1], TAILS)))


def means(values: Array) -> Array:
    """Over problems of the mean over seeds: (samplers,)."""
    held = ~np.isnan(values[0]).all(axis=-1)
    means: Array = np.nanmean(values[:, held], axis=-1).mean(axis=-1)
    return means


def _resampled(values: Array) -> Array:
    """Means of resamples, problems drawn first and then the seeds of each: (samplers, draws).

    The draws are the same for all samplers, and whenever the missing runs are the same.
    """
    by_problem = [row[:, ~np.isnan(row[0])] for row in np.moveaxis(values, 1, 0)]
    by_problem = [row for row in by_problem if row.shape[1]]
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(by_problem), size=(RESAMPLES, len(by_problem)))
    means = np.zeros((len(values), RESAMPLES))
    for problem, row in enumerate(by_problem):
        times = (drawn == problem).sum(axis=1)
        owners = np.repeat(np.arange(RESAMPLES), times)
        seeds = rng.integers(row.shape[1], size=(len(owners), row.shape[1]))
        for sampler, figures in enumerate(row):
            of_draws = figures[seeds].mean(axis=1)
            means[sampler] += np.bincount(owners, of_draws, minlength=RESAMPLES)
    return means / len(by_problem)
