"""What a Gaussian process believes of one study's trials, and the points that it ranks first.

The trials that it looks at are few, however many there are: the best, some of the others from all
ranks, and some that failed, which count as the worst.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import novelty, streams
from parzen.coordinator.samplers.acquisition import LogImprovement
from parzen.coordinator.samplers.features import Features
from parzen.coordinator.samplers.gaussian_process import Likelihood, fit, posterior, prior_mean
from parzen.coordinator.samplers.parzen_estimator import Kernels, Scale, kernel_sum, log_total
from parzen.coordinator.samplers.points import Points
from parzen.coordinator.samplers.search import Search, candidates
from parzen.coordinator.samplers.strata import best_and_others, strata
from parzen.coordinator.samplers.targets import standardised
from parzen.coordinator.unit import UnitCube

SEEN = 256
"""So many complete trials at most: the best half of so many, and as many of the others."""
FAILED = 64
"""So many failed trials at most, the last by number."""
PENDING = 128
"""So many pending trials at most, the last by number."""

CROWD_FACTOR = 0.5
"""The bandwidths of pending trials in those of the rule, as for TPE."""

FEWEST = 4
"""Nothing is ranked by what fewer complete trials say."""
GROWTH = 1.08
"""The hyperparameters are fitted anew whenever so many times as many trials have ended."""
FITTED = 160
"""They are fitted to so many trials at most: the best half of so many, and as many others."""
WINDOW = 1024
"""Those are taken from so many trials at most, the last that ended before the fit."""
COARSE = 40
"""With more trials, a fit to half of them tells where the fit to all begins."""


class Hyperparameters:
    """Fits the hyperparameters now and then, and keeps the last fit.

    A fit looks at the first so many trials that ended, where "so many" grows in steps, so that it
    depends on the set of trials alone: a cold start fits the same. Failed trials count as the
    worst, as in :class:`Ranking`: how far a region that crashes reaches is learnt from them.
    """

    def __init__(self) -> None:
        self._fitted: tuple[bytes, Array] | None = None

    def of(self, history: History) -> Array:
        """Those for ``history``, in which at least one trial has ended."""
        ended = history.ended
        count = milestone(len(ended))
        numbers = ended[max(0, count - WINDOW) : count]
        losses = history.losses(numbers)
        chosen = best_and_others(np.argsort(losses, kind="stable"), FITTED)
        rows = history.rows([numbers[i] for i in chosen.tolist()])
        targets = _targets(losses[chosen])
        key = rows.tobytes() + targets.tobytes()
        if self._fitted is None or self._fitted[0] != key:
            self._fitted = key, fitted(history.cube, rows, targets)
        return self._fitted[1]


class Ranking:
    """Ranks points for all proposals that are made on the same results.

    Args:
        history: the trials; at least ``FEWEST`` that fit are complete.
        theta: the hyperparameters.
        good: draws so many rows from where good trials are dense.
        seed: the study's.
    """

    def __init__(
        self,
        history: History,
        theta: Array,
        good: Callable[[int, np.random.Generator], Array],
        seed: int,
    ) -> None:
        self._cube = cube = history.cube
        rng = streams.for_results(seed, len(history.ranked_numbers))
        self._rows, targets = _observed(history, rng)
        self._features = Features(cube, self._rows)
        vectors = self._features.of(self._rows)
        self._posterior = posterior(self._features, theta, vectors, targets)
        self._means = self._posterior.view(vectors).mean
        tried = self._rows[np.argsort(self._means, kind="stable")]
        self._starts = candidates(cube, good, tried, rng)
        self._view = self._posterior.view(self._features.of(self._starts))
        self._scale = Scale(cube, self._rows, CROWD_FACTOR)

    def one(self, outlook: Outlook, number: int, seed: int) -> novelty.Point | None:
        """The point of trial ``number`` of the study's ``seed``; None: the space is exhausted."""
        rng = streams.for_trial(seed, number)
        rows = self.best_first(outlook.pending(), rng)
        return novelty.first_new(outlook, rows) or novelty.any_new(outlook, rng)

    def best_first(self, pending: Array, rng: np.random.Generator) -> Array:
        """Rows of points, the most promising first, while trials at ``pending`` (n, width) run."""
        belief, view, lowest = self._posterior, self._view, float(self._means.min())
        pending = pending[-PENDING:]
        if len(pending):
            vectors = self._features.of(pending)
            lowest = min(lowest, float(belief.view(vectors).mean.min()))
            belief = belief.believing(vectors)
            view = belief.revised(view)
        improvement = LogImprovement(belief, lowest)
        search = Search(self._cube, self._features, improvement, self._crowd(pending), rng)
        return search.best_first(self._starts, improvement.of(view))

    def _crowd(self, pending: Array) -> Callable[[Array], Array]:
        """The log of how many share what a row promises: itself, and pending trials about there.

        Belief alone does not keep proposals apart: where the losses are smooth or noisy, a trial
        that is believed to end as predicted hardly changes what its neighbours promise.
        """
        if not len(pending):
            return lambda rows: np.zeros(len(rows))
        kernels = Kernels(pending, self._scale)
        at_home = np.diag(kernels.log_densities(Points(self._cube, pending)))

        def crowd(rows: Array) -> Array:
            logs = kernels.log_densities(Points(self._cube, rows)) - at_home
            return log_total([(1.0, kernel_sum(logs))], prior=1.0)

        return crowd


def milestone(count: int) -> int:
    """The largest number of trials, up to ``count`` or ``FEWEST``, at which a fit is made."""
    reached = FEWEST
    while (following := max(reached + 1, int(reached * GROWTH))) <= count:
        reached = following
    return reached


def fitted(cube: UnitCube, rows: Array, targets: Array) -> Array:
    """The hyperparameters for ``targets`` (n,), standardised, at ``rows`` (n, width), n > 0."""
    features = Features(cube, rows)
    vectors = features.of(rows)
    prior = prior_mean(features, float((~np.isnan(rows)).sum(axis=1).mean()))
    start = prior
    if len(rows) > COARSE:
        some = np.linspace(0, len(rows) - 1, len(rows) // 2).astype(int)
        start = fit(Likelihood(features, vectors[some], targets[some], prior), [prior])
    return fit(Likelihood(features, vectors, targets, prior), [start])


def _observed(history: History, rng: np.random.Generator) -> tuple[Array, Array]:
    """The rows of the trials that are looked at, and their targets."""
    ranked = history.ranked_numbers
    others = SEEN // 2 + strata(max(0, len(ranked) - SEEN // 2), SEEN // 2, rng)
    complete = [*ranked[: SEEN // 2], *(ranked[i] for i in others.tolist())]
    failed = [n for n in history.lossless[-FAILED:] if history.fits(n)]
    return history.rows(complete + failed), _targets(history.losses(complete + failed))


def _targets(losses: Array) -> Array:
    """The losses as the process sees them: NaN, that of a failed trial, is the worst."""
    known = ~np.isnan(losses)
    targets = np.zeros(len(losses))
    if known.any():
        targets[known] = standardised(losses[known])
        targets[~known] = targets[known].max()
    return targets
