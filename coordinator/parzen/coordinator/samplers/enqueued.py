"""No proposals at all: what somebody enqueues is tried, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from parzen.coordinator.history import History
from parzen.shared.dimensions import Dimension, Params


class EnqueuedSampler:
    """For a study whose points come from elsewhere, such as an algorithm of its owner's own.

    That it proposes nothing ends no study: its limits do, or its owner.
    """

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        del dimensions  # whoever enqueues knows them

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        del history, numbers, seed
        return ()
