"""Bayesian optimisation: all proposals but the first by a Gaussian process.

Sources: Jones, Schonlau and Welch, "Efficient Global Optimization" (1998); pending trials as in
Ginsbourger, Le Riche and Carraro, "Kriging Is Well-Suited to Parallelize Optimization" (2010). The
process is that of ``auto``, in :mod:`parzen.coordinator.samplers.ranking`.
"""

from __future__ import annotations

from collections.abc import Sequence

from parzen.coordinator.history import History
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import novelty, options, ranking
from parzen.coordinator.samplers.ranking import Ranking
from parzen.coordinator.samplers.starting import Start
from parzen.coordinator.samplers.threads import one_thread
from parzen.shared.dimensions import Dimension, Params


class GPSampler:
    """A Gaussian process alone.

    Args:
        dimensions: the space.
        n_startup_trials: trials numbered below this come from a Sobol sequence.

    Raises:
        InvalidStudy: an option is out of range.
    """

    def __init__(self, dimensions: Sequence[Dimension], *, n_startup_trials: int = 10) -> None:
        self._startup = options.whole("n_startup_trials", n_startup_trials, 0)
        self._start = Start(dimensions)
        self._hyperparameters = ranking.Hyperparameters()

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        with one_thread():
            shared = self._ranking(history, numbers, seed)

            def one(outlook: Outlook, number: int) -> novelty.Point | None:
                if shared is not None and number >= self._startup:
                    return shared.one(outlook, number, seed)
                return self._start.one(outlook, number, seed)

            return novelty.batch(history, numbers, one)

    def _ranking(self, history: History, numbers: Sequence[int], seed: int) -> Ranking | None:
        """What the process believes; None where nothing is asked of it, or it knows too little."""
        if len(history.ranked_numbers) < ranking.FEWEST or max(numbers, default=-1) < self._startup:
            return None
        cube = history.cube
        return Ranking(
            history,
            self._hyperparameters.of(history),
            lambda count, rng: cube.from_uniform(rng.random((count, cube.width))),
            seed,
        )
