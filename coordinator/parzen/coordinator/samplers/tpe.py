"""The tree-structured Parzen estimator: propose where good trials are dense and bad ones are not.

Source: Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (2011). Kernels are joint
over the whole tree; pending trials count as bad, which keeps parallel workers apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from parzen.coordinator.history import History, Outlook
from parzen.coordinator.law import Array
from parzen.coordinator.samplers import novelty, streams
from parzen.coordinator.samplers.parzen_estimator import Mixture, Points
from parzen.coordinator.samplers.sobol import WIDEST, SobolSampler
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.errors import InvalidStudy

MOST_GOOD = 25
MOST_BAD = 256
"""The bad trials beyond these are thinned by strata of rank, so that a proposal's cost is flat."""
MOST_PENDING = 128
"""So many of the bad may be pending trials, which are always kept before finished ones."""
MANY_PENDING = 64
"""From so many pending trials on, proposals made on the same results are spread by noise."""
TEMPERATURE = 0.5


class TPESampler:
    """TPE.

    Args:
        dimensions: the space.
        startup: trials numbered below this come from a Sobol sequence.
        candidates: points drawn from the good mixture for each proposal.
        good_share: share of the complete trials that count as good, at most 25 of them.

    Raises:
        InvalidStudy: an option is out of range.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        startup: int = 10,
        candidates: int = 64,
        good_share: float = 0.1,
    ) -> None:
        _check_whole("startup", startup, 0)
        _check_whole("candidates", candidates, 1)
        if not (isinstance(good_share, float) and 0 < good_share < 1):
            raise InvalidStudy(
                f"option good_share of sampler 'tpe' is {good_share!r}: expected a number "
                "between 0 and 1"
            )
        self._startup = startup
        self._candidates = candidates
        self._good_share = good_share
        self._sobol = SobolSampler(dimensions) if len(dimensions) <= WIDEST else None

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        return novelty.batch(history, numbers, lambda o, n: self.one(o, n, seed))

    def one(self, outlook: Outlook, number: int, seed: int) -> novelty.Point | None:
        """The point of trial ``number``, or None: the space is exhausted."""
        history = outlook.history
        unknown = not history.ranked and not history.lossless
        if (number < self._startup or unknown) and self._sobol is not None:
            return self._sobol.one(outlook, number, seed)
        rng = streams.for_trial(seed, number)
        rows = self._by_merit(outlook, rng)
        return novelty.first_new(outlook, rows) or novelty.any_new(outlook, rng)

    def _by_merit(self, outlook: Outlook, rng: np.random.Generator) -> Array:
        """Candidates, the most promising first."""
        pending = outlook.pending()
        good, bad = self._split(outlook.history, pending, rng)
        rows = good.sample(self._candidates, rng)
        points = Points(outlook.cube, rows)
        merit = good.log_density(points) - bad.log_density(points)
        if len(pending) >= MANY_PENDING:
            merit = merit / TEMPERATURE + rng.gumbel(size=len(rows))
        best_first: Array = rows[np.argsort(-merit, kind="stable")]
        return best_first

    def _split(
        self, history: History, pending: Array, rng: np.random.Generator
    ) -> tuple[Mixture, Mixture]:
        ranked, lossless = history.ranked, history.lossless
        count = min(math.ceil(self._good_share * len(ranked)), MOST_GOOD)
        good = history.rows([number for _, number in ranked[:count]])
        pending = pending[strata(len(pending), MOST_PENDING, rng)]
        rest = len(ranked) - count
        bad = history.rows(
            [
                ranked[count + i][1] if i < rest else lossless[i - rest]
                for i in strata(rest + len(lossless), MOST_BAD - len(pending), rng)
            ]
        )
        bad = np.concatenate([bad, pending])
        cube = history.cube
        return Mixture(cube, good, rank_weights(len(good))), Mixture(cube, bad, np.ones(len(bad)))


def rank_weights(count: int) -> Array:
    """Weights of the good, best first, falling with the logarithm of the rank; their mean is 1."""
    weights = math.log(count + 1) - np.log(np.arange(1, count + 1))
    normalised: Array = weights / weights.mean() if count else weights
    return normalised


def strata(count: int, most: int, rng: np.random.Generator) -> np.typing.NDArray[np.intp]:
    """All of ``count`` indexes, or one at random from each of ``most`` equal strata of them."""
    if count <= most:
        return np.arange(count)
    return ((np.arange(most) + rng.random(most)) * (count / most)).astype(np.intp)


def _check_whole(option: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidStudy(
            f"option {option} of sampler 'tpe' is {value!r}: expected a whole number, "
            f"at least {least}"
        )
