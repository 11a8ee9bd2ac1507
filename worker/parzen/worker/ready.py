"""Attempts that are claimed and wait for a slot, and how many there should be.

A slot that is free costs a GPU while its next trial is asked for. Where trials are long against
that question, nothing is claimed ahead: a trial that waits here could run elsewhere, and was
proposed without what others found meanwhile. Where they are short, as many are claimed ahead as
the slots finish while the question is under way (Little's law): those of one question and those
of the next.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence

from parzen.shared.records import Uid
from parzen.worker.attempt import Attempt

HELD_S = 1.0
"""How long an attempt waits for a slot before it is given back: somebody else may have one."""

HEADROOM = 2.0
"""How many questions the attempts that wait should outlast."""

MOST_EACH = 16
"""Never more than so many wait for each slot."""

SMOOTHING = 0.2
"""The weight of the last trial, or the last question, in what is expected of the next."""


class Pace:
    """How long a trial keeps a slot, and how long asking for trials takes; seconds."""

    def __init__(self) -> None:
        self._trial_s: float | None = None
        self._asking_s = 0.0

    def ran(self, seconds: float) -> None:
        """A trial has kept its slot for so long."""
        before = seconds if self._trial_s is None else self._trial_s
        self._trial_s = before + SMOOTHING * (seconds - before)

    def asked(self, seconds: float) -> None:
        """Trials were asked for, and had after so long."""
        before = self._asking_s or seconds
        self._asking_s = before + SMOOTHING * (seconds - before)

    def ahead(self, slots: int) -> int:
        """How many attempts should wait for ``slots`` slots."""
        if not self._trial_s:
            return 0
        finished = slots * self._asking_s / self._trial_s
        return min(MOST_EACH * slots, math.floor(HEADROOM * finished))


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

    def take(self, study: Uid | None) -> Attempt | None:
        """The next one: of ``study``, whose child is warm, or else the first; None without any."""
        with self._lock:
            if not self._waiting:
                return None
            for entry in self._waiting:
                if entry[1].claim.study.uid == study:
                    self._waiting.remove(entry)
                    return entry[1]
            return self._waiting.popleft()[1]

    def overdue(self) -> Sequence[Attempt]:
        """Those that have waited too long; they wait no more."""
        return self._leaving(time.monotonic() - HELD_S)

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
