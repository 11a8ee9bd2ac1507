"""How many trials of each study an agent has had in hand of late.

Leaders count their studies' trials about once a second. An agent whose slots fall free one after
the other would give them all to the study that had the fewest then, if it did not know what it has
taken and ended itself since.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping

from parzen.shared.records import Uid

LAG_S = 1.0
"""How old counts may be when they are read."""

EVERY_S = 0.05
"""Between two notes that are kept."""


class Holdings:
    """Notes of what was in hand, on the monotonic clock."""

    def __init__(self) -> None:
        self._notes: deque[tuple[float, Counter[Uid]]] = deque()

    def since(self, counted_at: float, held: Iterable[Uid]) -> Mapping[Uid, int]:
        """By how many more of a study's trials are ``held`` now than when they were counted.

        ``counted_at`` is when the counts were read.
        """
        moment, now = time.monotonic(), Counter(held)
        while len(self._notes) > 1 and self._notes[1][0] <= counted_at - LAG_S:
            self._notes.popleft()
        before = self._notes[0][1] if self._notes else Counter[Uid]()
        if not self._notes or moment - self._notes[-1][0] >= EVERY_S:
            self._notes.append((moment, now))
        return {uid: now[uid] - before[uid] for uid in {*now, *before}}
