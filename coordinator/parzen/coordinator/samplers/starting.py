"""Points to begin with, before there is anything to learn from."""

from __future__ import annotations

from collections.abc import Sequence

from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import novelty, streams
from parzen.coordinator.samplers.sobol import WIDEST, SobolSampler
from parzen.shared.dimensions import Dimension


class Start:
    """Points of the study's Sobol sequence; draws from the prior in a space too wide for one."""

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        self._sobol = SobolSampler(dimensions) if len(dimensions) <= WIDEST else None

    def one(self, outlook: Outlook, number: int, seed: int) -> novelty.Point | None:
        """The point of trial ``number``, or None: the space is exhausted."""
        if self._sobol is None:
            return novelty.any_new(outlook, streams.for_trial(seed, number))
        return self._sobol.one(outlook, number, seed)
