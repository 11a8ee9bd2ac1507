"""The covariance matrix adaptation evolution strategy, CMA-ES, for numbers; choices are TPE's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from parzen.coordinator.history import History
from parzen.coordinator.memos import BY, MEMBER
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import completing, novelty, options, streams
from parzen.coordinator.samplers.completing import Completing
from parzen.coordinator.samplers.evolution import NAME, Evolution, X
from parzen.coordinator.samplers.protocol import Remembered
from parzen.coordinator.samplers.rounds import Round
from parzen.coordinator.samplers.threads import one_thread
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension, Params

FEWEST = 2
"""With fewer numbers there is no covariance, and all is TPE's."""

DRAWS = 8
"""So many points are drawn until one is new; then TPE proposes."""

SEEDS = 2**32
"""The package seeds its generator with a number below this."""


class CMAESSampler:
    """CMA-ES with margin, restarted with growing populations.

    It moves the numbers that take part in every trial; everything else is TPE's. It waits for no
    population: each trial is drawn from the newest distribution, and as many as make a population
    move it whenever they have ended. A failed one counts as the worst.

    Args:
        dimensions: the space.
        sigma: the first standard deviation, in u.
        population_size: how many ended trials make a step; None: 4 + 3 ln n for n numbers.
        n_startup_trials: trials numbered below this come from a Sobol sequence.

    Raises:
        InvalidStudy: an option is out of range, or the package cmaes is missing.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        sigma: float = 0.25,
        population_size: int | None = None,
        n_startup_trials: int = 0,
    ) -> None:
        sigma = options.between("sigma", sigma, 0, 1)
        if population_size is not None:
            population_size = options.whole(
                "population_size", population_size, 4, options.LARGEST_POPULATION
            )
        self._startup = options.whole("n_startup_trials", n_startup_trials, 0)
        self._completing = Completing(dimensions)
        cube = UnitCube(dimensions)
        columns = completing.moved(cube)
        self._moved, self._others = len(columns), cube.width - len(columns)
        self._evolution = None
        if self._moved >= FEWEST:
            self._evolution = Evolution(cube, columns, sigma=sigma, population=population_size)

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        with one_thread():
            if self._evolution is None:
                return self._completing.tpe.propose(history, numbers, seed)
            distribution, run = self._evolution.of(history, seed)

            @cache
            def shared() -> Round | None:
                return self._completing.round(history, numbers, seed)

            def one(outlook: Outlook, number: int) -> novelty.Point | None:
                if number >= self._startup:
                    distribution.reseed_rng(int(streams.for_trial(seed, number).integers(SEEDS)))
                    others = shared() if self._others else None
                    for _ in range(DRAWS):
                        u, x = distribution.ask()
                        point = self._completing.point(outlook, number, seed, others, u)
                        if point is not None:
                            memo = {BY: NAME, MEMBER: run, X: x.tolist()}
                            return point[0], Remembered(point[1], memo)
                return self._completing.tpe.one(outlook, number, seed, shared())

            return novelty.batch(history, numbers, one)

    def explain(self, history: History) -> str:
        """See :class:`~parzen.coordinator.samplers.protocol.Explaining`."""
        del history  # it is always the same
        if self._evolution is None:
            return "TPE proposes: CMA-ES needs two numbers that take part in every trial"
        if self._others:
            rest = f"the {self._others} other parameters"
            return f"CMA-ES moves {self._moved} numbers, TPE proposes {rest}"
        return f"CMA-ES moves all {self._moved} numbers"
