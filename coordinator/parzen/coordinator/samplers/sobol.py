"""A scrambled Sobol sequence: draws from the prior that spread more evenly than chance.

Source: Owen, "Scrambling Sobol' and Niederreiter-Xing points" (1998), as in scipy.stats.qmc.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import qmc

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import novelty, streams
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.errors import InvalidStudy

WIDEST = int(qmc.Sobol.MAXDIM)
"""The sequence is not known in more dimensions."""


class SobolSequence:
    """The study's sequence: the trial's number is the point's index.

    The engine is kept between calls and wound forward, which gives the same points as a new one.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._seed: int | None = None
        self._engine: qmc.Sobol | None = None

    def point(self, seed: int, number: int) -> Array:
        """Point ``number``, uniform in [0, 1): shape (width,)."""
        if not self._width:
            return np.empty(0)
        if self._engine is None or seed != self._seed:
            self._engine = qmc.Sobol(self._width, seed=streams.for_study(seed))
            self._seed = seed
        if number < self._engine.num_generated:
            self._engine.reset()
        if number > self._engine.num_generated:
            self._engine.fast_forward(number - self._engine.num_generated)
        point: Array = self._engine.random(1)[0]
        return point


class SobolSampler:
    """Quasi-random search; where a point is already known, a random one takes its place."""

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        if len(dimensions) > WIDEST:
            raise InvalidStudy(
                f"the space has {len(dimensions)} parameters: expected at most {WIDEST}; use "
                "'random' or 'auto'"
            )
        self._sequence = SobolSequence(len(dimensions))

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        return novelty.batch(history, numbers, lambda o, n: self.one(o, n, seed))

    def one(self, outlook: Outlook, number: int, seed: int) -> novelty.Point | None:
        """The point of trial ``number``, or None: the space is exhausted."""
        rows = outlook.cube.from_uniform(self._sequence.point(seed, number)[None, :])
        return novelty.first_new(outlook, rows) or novelty.any_new(
            outlook, streams.for_trial(seed, number)
        )
