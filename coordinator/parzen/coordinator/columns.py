"""What a history keeps of its trials, for reading many at a time: a table, and orders.

Both grow and shrink by one trial at a time, and then look as if made from the set of trials anew.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.law import Array


class Table:
    """Each trial's row and loss, by number; a trial without a row has a loss all the same."""

    def __init__(self, width: int) -> None:
        self._rows: Array = np.empty((16, width))
        self._losses: Array = np.empty(16)
        self._slot: dict[int, int] = {}
        """Where a trial stands; ``~slot``, which is negative, where it has no row."""
        self._free: list[int] = []

    def put(self, number: int, row: Array | None, loss: float | None) -> None:
        """Add a trial, or replace it."""
        slot = self._slot.get(number)
        slot = self._vacant() if slot is None else max(slot, ~slot)
        self._losses[slot] = math.nan if loss is None else loss
        if row is not None:
            self._rows[slot] = row
        self._slot[number] = ~slot if row is None else slot

    def drop(self, number: int) -> None:
        """Forget a trial."""
        slot = self._slot.pop(number)
        self._free.append(max(slot, ~slot))

    def has_row(self, number: int) -> bool:
        """Whether the trial has a row."""
        return self._slot[number] >= 0

    def rows(self, numbers: Sequence[int]) -> Array:
        """The rows of those of ``numbers`` that have one, in their order: (n, width)."""
        slots = self._slots(numbers)
        rows: Array = self._rows[slots[slots >= 0]]
        return rows

    def losses(self, numbers: Sequence[int]) -> Array:
        """The losses of ``numbers``, NaN where there is none: (len(numbers),)."""
        slots = self._slots(numbers)
        losses: Array = self._losses[np.maximum(slots, ~slots)]
        return losses

    def _slots(self, numbers: Sequence[int]) -> NDArray[np.intp]:
        return np.fromiter(map(self._slot.__getitem__, numbers), np.intp, len(numbers))

    def _vacant(self) -> int:
        if self._free:
            return self._free.pop()
        slot = len(self._slot)
        if slot >= len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
            self._losses = np.concatenate([self._losses, np.empty_like(self._losses)])
        return slot


class Order:
    """Trials in the order of a key, then of their numbers."""

    def __init__(self) -> None:
        self.pairs: list[tuple[float, int]] = []
        """(key, number), ascending."""
        self.numbers: list[int] = []
        """The same without the keys: no trial need be looked at to take a part of it."""

    def __len__(self) -> int:
        return len(self.numbers)

    def add(self, key: float, number: int) -> None:
        """Add a trial that is not there yet."""
        place = bisect_left(self.pairs, (key, number))
        self.pairs.insert(place, (key, number))
        self.numbers.insert(place, number)

    def remove(self, key: float, number: int) -> None:
        """Take out what was added."""
        place = bisect_left(self.pairs, (key, number))
        del self.pairs[place]
        del self.numbers[place]
