"""Independent draws from the prior."""

from __future__ import annotations

from collections.abc import Sequence

from parzen.coordinator.history import History
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import novelty, streams
from parzen.shared.dimensions import Dimension, Params


class RandomSampler:
    """Random search: what every other sampler is measured against."""

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        del dimensions  # the history knows them

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""

        def one(outlook: Outlook, number: int) -> novelty.Point | None:
            return novelty.any_new(outlook, streams.for_trial(seed, number))

        return novelty.batch(history, numbers, one)
