"""The default: TPE's proposals, ranked by a small Gaussian process where that is worth its time.

The process learns more from a few trials than densities do; TPE costs less, and spreads better
where many trials run at once. So the two share the proposals, by what is pending and by how long a
trial takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parzen.coordinator.history import History
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import branches, novelty, ranking, streams
from parzen.coordinator.samplers.ranking import Ranking
from parzen.coordinator.samplers.threads import one_thread
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.shared.dimensions import Dimension, Params

LONG_SHARE = 0.5
"""TPE's share of proposals in a long study: none up to trial ``SHORT``, all of it from ``LONG``.
The process settles where the best trials are; TPE goes on to look about."""
SHORT, LONG = 100, 200
CROWD_SHARE = 0.3
"""TPE's share of proposals while ``CROWD`` trials or more are pending; in proportion below."""
CROWD = 32
COST_S = 0.03
"""What a ranked proposal costs, in seconds of one core: a bound, measured at 20 parameters. It is
no reading of a clock, so that proposals can be repeated."""
BUSY = 0.5
"""The share of one core that ranking may take of a coordinator."""


class AutoSampler:
    """TPE and a Gaussian process.

    Args:
        dimensions: the space.
        n_startup_trials: trials numbered below this come from a Sobol sequence.
        n_ei_candidates: as for TPE, where it proposes alone.
        gamma: as for TPE.
        prior_weight: as for TPE.

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
        self._tpe = TPESampler(
            dimensions,
            n_startup_trials=n_startup_trials,
            n_ei_candidates=n_ei_candidates,
            gamma=gamma,
            prior_weight=prior_weight,
        )
        self._startup = n_startup_trials
        self._hyperparameters = ranking.Hyperparameters()

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        with one_thread():
            return self._propose(history, numbers, seed)

    def _propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        ranked = frozenset(self._ranked(history, numbers, seed))
        others = self._tpe.round(history, [n for n in numbers if n not in ranked], seed)
        shared: Ranking | None = None
        if ranked:
            theta = self._hyperparameters.of(history)
            shared = Ranking(history, theta, self._tpe.good(history).sample, seed)

        def one(outlook: Outlook, number: int) -> novelty.Point | None:
            if shared is None or number not in ranked:
                return self._tpe.one(outlook, number, seed, others)
            rng = streams.for_trial(seed, number)
            rows = shared.best_first(outlook.pending(), rng)
            return novelty.first_new(outlook, rows) or novelty.any_new(outlook, rng)

        return novelty.batch(history, numbers, one)

    def _ranked(self, history: History, numbers: Sequence[int], seed: int) -> Iterator[int]:
        """Those of ``numbers`` whose proposals the Gaussian process ranks."""
        if len(history.ranked_numbers) < ranking.FEWEST:
            return
        pending = len(history.pending())
        for place, number in enumerate(numbers):
            share = ranked_share(number, pending + place, history.seconds_per_trial)
            drawn = streams.for_choice(seed, number).random()
            if number < self._startup or drawn >= share:
                continue
            if branches.visited(history.cube, seed, number) is None:  # visits are TPE's
                yield number


def ranked_share(number: int, pending: int, seconds_per_trial: float | None) -> float:
    """The Gaussian process's share of proposals at trial ``number``, while ``pending`` wait or run.

    ``pending`` trials of so many seconds ask for pending / seconds proposals a second (Little's
    law); ranking those may keep a core ``BUSY``. Where it is not known how long a trial takes, it
    is taken for long.
    """
    share = 1.0 - LONG_SHARE * min(1.0, max(0, number - SHORT) / (LONG - SHORT))
    share *= 1.0 - CROWD_SHARE * min(1.0, pending / CROWD)
    if seconds_per_trial is None:
        return share
    affordable = BUSY * max(0.0, seconds_per_trial) / (COST_S * max(1, pending))
    return share * min(1.0, affordable)
