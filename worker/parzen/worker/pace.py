"""How fast an agent's trials come and go, and what follows from it: Little's law, twice.

A slot that is free costs a GPU while its next trial is asked for. Where trials are long against
that question, nothing is claimed ahead: a trial that waits for a slot could run elsewhere, and was
proposed without what others found meanwhile. Where they are short, as many are claimed ahead as
the slots finish while some questions are under way, and outcomes wait for each other as long as a
report takes: a server does ten at once for little more than one.

Between the two, where trials are regular, the next one is asked for so early that it comes when the
slot falls free: it then waits for a moment, and the slot does not.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque

from parzen.shared.records import Uid

HEADROOM = 4.0
"""How many questions the attempts that wait should outlast: asking for many costs the server little
more than asking for one."""

MOST_EACH = 16
"""Never more than so many wait for each slot."""

STALLED, STALLED_S = 10.0, 0.05
"""After so many times the usual time between two ends, and a moment, none is claimed ahead."""

GATHERED_S = 0.05
"""The longest that an outcome waits for others to travel with."""

GATHERING = 3.0
"""How many reports long that is otherwise."""

FEWEST = 2
"""With fewer to come in that time, none waits."""

REGULAR = 8
"""The last so many trials tell how regular they are."""

SPREAD = 10.0
"""At most so many questions long may the longest of them be more than the shortest."""

LEAD = 1.5
"""So many questions before the earliest end that can be expected the next trial is asked for."""

LITTLE = 500.0
"""What takes at most this part of the time between two ends may be done before each claim."""

SMOOTHING = 0.2
"""The weight of the last trial, question or report in what is expected of the next."""


STUDIES = 64
"""Of so many studies it is known how long their trials take, of those that ran last."""


class Pace:
    """How long a trial keeps one of so many ``slots``, and how long the store takes; seconds."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._trial_s = self._asking_s = self._reporting_s = self._ended_at = 0.0
        self._last: deque[float] = deque(maxlen=REGULAR)

    def ran(self, seconds: float) -> None:
        """A trial has kept its slot for so long."""
        self._trial_s, self._ended_at = _smoothed(self._trial_s, seconds), time.monotonic()
        self._last.append(seconds)

    def asked(self, seconds: float) -> None:
        """Trials were asked for, and had after so long."""
        self._asking_s = _smoothed(self._asking_s, seconds)

    def asks_like(self, other: Pace) -> None:
        """Asking takes as long as ``other`` knows."""
        self._asking_s = other._asking_s

    def reported(self, seconds: float) -> None:
        """A report took so long."""
        self._reporting_s = _smoothed(self._reporting_s, seconds)

    def ahead(self, slots: int | None = None) -> int:
        """How many attempts should wait for the slots, or for so many of them."""
        slots = self._slots if slots is None else slots
        if not self._trial_s or not slots or self._stalled(slots):
            return 0
        finished = slots * self._asking_s / self._trial_s
        return min(MOST_EACH * slots, math.floor(HEADROOM * finished))

    def _stalled(self, slots: int) -> bool:
        """Whether trials have ended far more seldom of late: each slot may have a long one."""
        expected_s = self._trial_s / slots
        return time.monotonic() - self._ended_at > STALLED * expected_s + STALLED_S

    def spares(self, seconds: float) -> bool:
        """Whether so long is little against the time between two ends, as far as that is known."""
        return not self._trial_s or LITTLE * seconds <= self._trial_s / self._slots

    @property
    def soon_s(self) -> tuple[float, float]:
        """From how long a trial runs to how long its successor should be asked for.

        Infinite: once it has ended. One that runs longer is not as regular as it seemed.
        """
        lead_s = LEAD * self._asking_s
        if len(self._last) < REGULAR or not lead_s:
            return math.inf, math.inf
        shortest, longest = min(self._last), max(self._last)
        if longest - shortest > SPREAD * self._asking_s or shortest <= lead_s:
            return math.inf, math.inf
        return shortest - lead_s, longest + lead_s

    @property
    def gathering_s(self) -> float:
        """How long outcomes should wait for others; 0 where none will come so soon."""
        wait_s = min(GATHERED_S, GATHERING * self._reporting_s)
        return wait_s if FEWEST * self._trial_s <= self._slots * wait_s else 0.0


class Paces:
    """The pace of all trials of an agent's ``slots``, and that of each study's."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self.all = Pace(slots)
        self._studies: OrderedDict[Uid, Pace] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, study: Uid) -> Pace:
        """That of the trials of ``study``."""
        with self._lock:
            found = self._studies.pop(study, None)
            if found is None:
                found = Pace(self._slots)
                found.asks_like(self.all)
            self._studies[study] = found
            while len(self._studies) > STUDIES:
                self._studies.popitem(last=False)
            return found

    def ran(self, study: Uid, seconds: float) -> None:
        """A trial of ``study`` has kept its slot for so long."""
        self.all.ran(seconds)
        self.of(study).ran(seconds)

    def asked(self, seconds: float) -> None:
        """Trials were asked for, and had after so long."""
        self.all.asked(seconds)
        with self._lock:
            for one in self._studies.values():
                one.asks_like(self.all)


def _smoothed(before: float, seconds: float) -> float:
    return before + SMOOTHING * (seconds - before) if before else seconds
