"""Whether a process still works, for those who would start it anew: no I/O, one clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

METRICS, HEALTHY, READY = "/metrics", "/-/healthy", "/-/ready"
"""Where a process answers."""

EVERYWHERE = "*"
"""All addresses of this machine, of both versions."""

TURN_S = 300.0
"""A main loop that has not turned for this long hangs. A call to the store is limited to seconds;
a sampler may take minutes, and to be killed would not make it faster."""

READY_S = 30.0
"""Ready is a process from which the store has taken something in this time; each writes every five
seconds that it lives."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether all is ``well``, and why."""

    well: bool
    reason: str


class Health:
    """Is told when the main loop turns and when the store answers. Safe to use from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._turned: float | None = None
        self._answered: float | None = None

    def turned(self) -> None:
        """The main loop goes on."""
        self._turned = self._clock()

    def answered(self) -> None:
        """The store has taken a write."""
        self._answered = self._clock()

    @property
    def silence_s(self) -> float | None:
        """Seconds since the store last answered; None where it never did."""
        return None if self._answered is None else self._clock() - self._answered

    @property
    def alive(self) -> Verdict:
        """Whether the process works on; one that still waits for its store does."""
        if self._turned is None:
            return Verdict(True, "starting")
        still_s = self._clock() - self._turned
        return Verdict(still_s <= TURN_S, f"the main loop turned {still_s:.0f} s ago")

    @property
    def ready(self) -> Verdict:
        """Whether the store takes what it has to say."""
        silence_s = self.silence_s
        if silence_s is None:
            return Verdict(False, "the store has not answered yet")
        return Verdict(silence_s <= READY_S, f"the store answered {silence_s:.0f} s ago")
