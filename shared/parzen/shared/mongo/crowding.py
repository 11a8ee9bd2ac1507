"""Where in the queue to take several trials, so that others who do the same take others.

Alone, one takes the first that wait. Whoever finds that somebody else was quicker begins next time
at a random place further back, in steps of as many as are taken: two who take as many meet only
where they draw the same step. The line is as long as it takes, and shrinks while nobody is met.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

WIDEST = 64.0
"""How many steps there are at most."""

CALM = 0.95
"""What the number of steps is multiplied by when nobody was met."""


@dataclass(slots=True)
class Crowding:
    """How many steps to choose from; what one process has learned of the others."""

    steps: float = 1.0

    def place(self, count: int) -> int:
        """How many trials to leave to others when ``count`` are taken."""
        return count * random.randrange(int(self.steps)) if self.steps >= 2 else 0  # noqa: PLR2004, S311 - from two steps on there is a choice; nothing secret

    def alone(self) -> None:
        """All could be had."""
        self.steps = max(1.0, CALM * self.steps)

    def met(self) -> None:
        """Some were taken by others in the meantime."""
        self.steps = min(WIDEST, 2 * self.steps)

    def beyond(self) -> None:
        """Nobody waits so far back."""
        self.steps = max(1.0, self.steps / 2)
