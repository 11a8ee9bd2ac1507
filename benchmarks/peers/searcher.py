"""What every sampler under comparison is to the simulation."""

from __future__ import annotations

from typing import Protocol

from parzen.shared.dimensions import Params


class Searcher(Protocol):
    """Asks and tells; what was asked and not told yet is pending."""

    def ask(self, number: int) -> Params:
        """The parameters of trial ``number``: 0, 1, 2, ... in this order."""

    def tell(self, number: int, loss: float, *, at: float, seconds: float) -> None:
        """Trial ``number`` ended ``at`` seconds of simulated time, having run for ``seconds``."""
