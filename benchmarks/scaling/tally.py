"""What agents count while a window is open, and what it comes to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scaling.cells import Latency


@dataclass(slots=True)
class Window:
    """The span that counts, which all processes share; closed until somebody opens it.

    ``begin`` and ``end`` are shared numbers, of ``time.monotonic()``.
    """

    begin: Any
    end: Any

    def __contains__(self, moment: float) -> bool:
        return bool(self.begin.value <= moment < self.end.value)

    def over(self, moment: float) -> bool:
        """Whether it is closed for good."""
        return bool(moment >= self.end.value)


@dataclass(slots=True)
class Tally:
    """Counts of one thread, or of several, all of one window; times in seconds."""

    finished: Counter[str] = field(default_factory=Counter)
    claims_s: list[float] = field(default_factory=list)
    empty_s: list[float] = field(default_factory=list)
    reports_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    claimed: int = 0
    lost: int = 0
    errors: int = 0
    first_error: str | None = None

    def claim(self, count: int, seconds: float) -> None:
        """A claim came back with ``count`` trials."""
        (self.claims_s if count else self.empty_s).append(seconds)
        self.claimed += count

    def report(self, agent: str, accepted: int, refused: int, seconds: float) -> None:
        """A report came back."""
        self.reports_s.append(seconds)
        self.finished[agent] += accepted
        self.lost += refused

    def error(self, error: Exception) -> None:
        """A call raised."""
        self.errors += 1
        self.first_error = self.first_error or f"{type(error).__name__}: {error}"

    def had(self, agents: Iterable[str]) -> Sequence[int]:
        """How many trials each of ``agents`` had, fewest first."""
        return sorted(self.finished[agent] for agent in agents)


def merged(tallies: Iterable[Tally]) -> Tally:
    """All of them together."""
    found = Tally()
    for tally in tallies:
        found.finished.update(tally.finished)
        for name in ("claims_s", "empty_s", "reports_s", "late_s"):
            getattr(found, name).extend(getattr(tally, name))
        for name in ("claimed", "lost", "errors"):
            setattr(found, name, getattr(found, name) + getattr(tally, name))
        found.first_error = found.first_error or tally.first_error
    return found


def latency(seconds: Sequence[float]) -> Latency:
    """Of these calls."""
    if not seconds:
        return Latency(calls=0, median=0.0, p99=0.0, most=0.0)
    median, p99, most = (round(float(ms), 3) for ms in 1e3 * np.percentile(seconds, (50, 99, 100)))
    return Latency(calls=len(seconds), median=median, p99=p99, most=most)
