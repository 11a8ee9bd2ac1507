"""A history as one batch of proposals sees it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.memos import BY, Memo


class Outlook:
    """A history as one batch of proposals sees it: the batch's earlier members are pending.

    The history itself is neither copied nor changed.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.cube = history.cube
        self._numbers = [n for n in history.pending() if history.fits(n)]
        self._pending = history.rows(self._numbers)
        self._keys: set[bytes] = set()
        self._memos: dict[int, Memo] = {}

    def add(self, number: int, row: Array, memo: Memo | None = None) -> None:
        """Count the point ``row``, proposed as ``number`` with ``memo``, as pending."""
        if memo is not None:
            self._memos[number] = memo
        place = bisect_right(self._numbers, number)
        self._numbers.insert(place, number)
        self._pending = np.insert(self._pending, place, row, axis=0)
        self._keys.add(self.cube.key(row))

    def holds(self, row: Array) -> bool:
        """Whether the point was tried, or is pending."""
        key = self.cube.key(row)
        return key in self._keys or self.history.holds(key)

    @property
    def taken(self) -> int:
        """How many points :meth:`holds` knows, those of the batch counted apart."""
        return len(self._keys) + self.history.taken

    def pending(self) -> Array:
        """The rows of all pending trials, by number: (n, width)."""
        return self._pending

    def pending_memos(self, by: str) -> Sequence[tuple[int, Memo]]:
        """The pending trials that have a memo of the sampler ``by``, ascending by number."""
        found = {n: memo for n, memo in self._memos.items() if memo[BY] == by}
        for number in self.history.series(by).pending:
            memo = self.history.memo(number)
            if memo is not None:
                found[number] = memo
        return sorted(found.items())
