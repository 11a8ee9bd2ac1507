"""The tree-structured Parzen estimator: propose where good trials are dense and bad ones are not.

Source: Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (2011). Kernels are joint
over the whole tree; pending trials count as bad, which keeps parallel workers apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import branches, novelty, options, streams
from parzen.coordinator.samplers.branches import Branch
from parzen.coordinator.samplers.parzen_estimator import (
    Kernels,
    Mixture,
    kernel_sum,
    log_total,
)
from parzen.coordinator.samplers.rounds import Candidates, Round
from parzen.coordinator.samplers.sobol import WIDEST, SobolSampler
from parzen.coordinator.samplers.strata import strata
from parzen.coordinator.samplers.threads import one_thread
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension, Params

MOST_GOOD = 25
MOST_BAD = 256
"""The bad trials beyond these are thinned by strata of rank, so that a proposal's cost is flat."""
MOST_PENDING = 128
"""So many of the bad may be pending trials, which are always kept before finished ones."""
PENDING_WEIGHT = 0.4
"""What a pending trial weighs in finished bad ones: less, since its loss may turn out good."""
MANY_PENDING = 64
"""From so many pending trials on, proposals made on the same results are spread by noise."""
TEMPERATURE = 0.5


class TPESampler:
    """The tree-structured Parzen estimator, multivariate.

    Args:
        dimensions: the space.
        n_startup_trials: trials numbered below this come from a Sobol sequence.
        n_ei_candidates: points drawn from the good mixture for each proposal.
        gamma: share of the complete trials that count as good, at most ``MOST_GOOD`` of them.
        prior_weight: what the prior weighs in each density, in trials.

    Raises:
        InvalidStudy: an option is out of range.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        n_startup_trials: int = 10,
        n_ei_candidates: int = 64,
        gamma: float = 0.1,
        prior_weight: float = 1.0,
    ) -> None:
        self._startup = options.whole("n_startup_trials", n_startup_trials, 0)
        self._candidates = options.whole("n_ei_candidates", n_ei_candidates, 1)
        self._gamma = options.between("gamma", gamma, 0, 1)
        self._prior = options.between("prior_weight", prior_weight, 0, math.inf)
        self._sobol = SobolSampler(dimensions) if len(dimensions) <= WIDEST else None

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        with one_thread():
            shared = self.round(history, numbers, seed)
            return novelty.batch(history, numbers, lambda o, n: self.one(o, n, seed, shared))

    def one(
        self, outlook: Outlook, number: int, seed: int, shared: Round | None
    ) -> novelty.Point | None:
        """The point of trial ``number``, or None: the space is exhausted.

        ``shared`` is the :meth:`round` of all numbers that are proposed on the same results.
        """
        if self._sobol is not None and (shared is None or number < self._startup):
            return self._sobol.one(outlook, number, seed)
        branch = branches.visited(outlook.cube, seed, number)
        if branch is not None:
            point = self._visit(outlook, number, seed, branch)
            if point is not None:
                return point
            shared = None  # it has no candidates for those that visit a branch
        shared = shared or self._make_round(outlook.history, [number], seed)
        found = shared.candidates(number)
        rows = self._by_merit(shared, found, outlook.pending())
        return novelty.first_new(outlook, rows) or novelty.any_new(outlook, found.rng)

    def round(self, history: History, numbers: Sequence[int], seed: int) -> Round | None:
        """What proposals ``numbers`` share; None where all come from the Sobol sequence."""
        numbers = [n for n in numbers if n >= self._startup]
        if not numbers or not (history.best or history.lossless):
            return None
        free = [n for n in numbers if branches.visited(history.cube, seed, n) is None]
        return self._make_round(history, free, seed)

    def good(self, history: History) -> Mixture:
        """The density of good points."""
        ranked = history.ranked_numbers
        return self._mixture(history.cube, history.rows(ranked[: self._count_good(len(ranked))]))

    def _by_merit(self, shared: Round, found: Candidates, pending: Array) -> Array:
        """Candidates, the most promising first."""
        kept = pending[strata(len(pending), MOST_PENDING, found.rng)]
        bad = [(min(1.0, (MOST_BAD - len(kept)) / max(1, shared.bad_count)), found.bad)]
        if len(kept):
            near = Kernels(kept, shared.scale).log_densities(found.points)
            bad.append((PENDING_WEIGHT, kernel_sum(near)))
        merit = found.log_good - log_total(bad, prior=self._prior)
        if len(pending) >= MANY_PENDING:
            merit = merit / TEMPERATURE + found.rng.gumbel(size=len(merit))
        best_first: Array = found.points.rows[np.argsort(-merit, kind="stable")]
        return best_first

    def _make_round(self, history: History, numbers: Sequence[int], seed: int) -> Round:
        bad, failed = self._bad(history, streams.for_results(seed, len(history.ranked_numbers)))
        good = self.good(history)
        return Round(history.cube, good, bad, failed, numbers, count=self._candidates, seed=seed)

    def _visit(
        self, outlook: Outlook, number: int, seed: int, branch: Branch
    ) -> novelty.Point | None:
        """A new point of the branch, by its own trials; None: it has none, or is left for now."""
        history, cube = outlook.history, outlook.cube
        rng = streams.for_results(seed, len(history.ranked_numbers))
        ranked, failed = branch.trials(history, rng)
        if branch.is_left(len(ranked), len(failed)):
            return None
        count = self._count_good(len(ranked))
        good, bad = self._mixture(cube, ranked[:count]), ranked[count:]
        visit = Round(
            cube, good, bad, failed, [number], count=self._candidates, seed=seed, branch=branch
        )
        rows = self._by_merit(visit, visit.candidates(number), outlook.pending())
        return novelty.first_new(outlook, rows)

    def _mixture(self, cube: UnitCube, good: Array) -> Mixture:
        return Mixture(cube, good, rank_weights(len(good)), self._prior)

    def _count_good(self, ranked: int) -> int:
        return min(math.ceil(self._gamma * ranked), MOST_GOOD)

    def _bad(self, history: History, rng: np.random.Generator) -> tuple[Array, Array]:
        """The rows of finished trials that are not good, those with a loss and those without.

        All, or some from each stratum.
        """
        ranked, lossless = history.ranked_numbers, history.lossless
        count = self._count_good(len(ranked))
        rest = len(ranked) - count
        taken = strata(rest + len(lossless), MOST_BAD, rng).tolist()
        return (
            history.rows([ranked[count + i] for i in taken if i < rest]),
            history.rows([lossless[i - rest] for i in taken if i >= rest]),
        )


def rank_weights(count: int) -> Array:
    """Weights of the good, best first, falling with the logarithm of the rank; their mean is 1."""
    weights = math.log(count + 1) - np.log(np.arange(1, count + 1))
    normalised: Array = weights / weights.mean() if count else weights
    return normalised
