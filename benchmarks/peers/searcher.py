"""What every sampler under comparison is to the simulation."""

from __future__ import annotations

from typing import Protocol

from problems.problem import Gradient

from parzen.shared.dimensions import Params


class Exhausted(ValueError):
    """Every point that the searcher would try was tried."""


class Searcher(Protocol):
    """Asks and tells; what was asked and not told yet is pending."""

    def ask(self, number: int) -> Params:
        """The parameters of trial ``number``: 0, 1, 2, ... in this order.

        Raises:
            Exhausted: nothing is left to try.
        """

    def tell(
        self,
        number: int,
        loss: float,
        *,
        at: float,
        seconds: float,
        gradient: Gradient | None = None,
    ) -> None:
        """Trial ``number`` ended ``at`` seconds of simulated time, having run for ``seconds``.

        ``gradient`` is that of the loss without noise, where the problem has one.
        """
