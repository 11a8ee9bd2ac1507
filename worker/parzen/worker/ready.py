"""Attempts that are claimed and wait for a slot."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from parzen.shared.records import Study, Uid
from parzen.worker.attempt import Attempt

HELD_S = 1.0
"""How long an attempt waits for a slot before it is given back: somebody else may have one."""


class Ready:
    """The attempts that wait, in the order in which they came. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[tuple[float, Attempt]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def attempts(self) -> Sequence[Attempt]:
        """Those that wait now."""
        with self._lock:
            return [attempt for _, attempt in self._waiting]

    def put(self, attempts: Iterable[Attempt]) -> None:
        """Let ``attempts`` wait."""
        moment = time.monotonic()
        with self._lock:
            self._waiting.extend((moment, attempt) for attempt in attempts)

    def take(
        self, study: Uid | None, fits: Callable[[Attempt], bool] = lambda _: True
    ) -> Attempt | None:
        """The next one that ``fits``: of ``study``, whose child is warm, or else the first."""
        with self._lock:
            other = None
            for entry in self._waiting:
                its = entry[1].claim.study.uid == study
                if (its or other is None) and fits(entry[1]):
                    other = entry
                    if its:
                        break
            if other is None:
                return None
            self._waiting.remove(other)
            return other[1]

    def overdue(self) -> Sequence[Attempt]:
        """Those that have waited too long; they wait no more."""
        return self._leaving(time.monotonic() - HELD_S)

    def below(self, priority: Callable[[Study], float]) -> Sequence[Attempt]:
        """Those of studies of a lower priority than is said for them; they wait no more."""
        with self._lock:
            studies = [(one, one.claim.study) for _, one in self._waiting]
            left = [one for one, study in studies if study.priority < priority(study)]
            kept = [entry for entry in self._waiting if entry[1] not in left] if left else ()
            if left:
                self._waiting = deque(kept)
        return left

    def clear(self) -> Sequence[Attempt]:
        """All of them; they wait no more."""
        return self._leaving(float("inf"))

    @property
    def left_s(self) -> float:
        """Seconds until one has waited too long; infinite where none waits."""
        with self._lock:
            first = self._waiting[0][0] if self._waiting else float("inf")
        return max(0.0, first + HELD_S - time.monotonic())

    def _leaving(self, came_before: float) -> Sequence[Attempt]:
        left = []
        with self._lock:
            while self._waiting and self._waiting[0][0] <= came_before:
                left.append(self._waiting.popleft()[1])
        return left
