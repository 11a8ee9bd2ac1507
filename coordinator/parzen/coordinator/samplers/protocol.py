"""What a sampler is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parzen.coordinator.history import History
from parzen.shared.dimensions import Params


class Sampler(Protocol):
    """Something that proposes parameters: pure, without I/O, clock or memory of its own.

    A cache is welcome where it gives the same bits as a cold start.
    """

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """Flat parameters for the trials ``numbers``, in that order.

        Earlier members of the batch count as pending for the later ones, so that a batch gives
        what one call after another would. Nothing is proposed twice: fewer than asked means that
        the finite space is exhausted.

        Args:
            history: what is known; it is not changed.
            numbers: the trials to propose, ascending and not in ``history``.
            seed: the study's. Each number draws from a stream of its own.
        """
