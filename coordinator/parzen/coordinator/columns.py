"""What a history keeps of its trials, for reading many at a time: a table, and orders.

Both grow and shrink by one trial at a time, and then look as if made from the set of trials anew.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator.law import Array

LEAST, GROWTH = 16, 1.25
"""A table has room for so many trials at first; then it grows by this factor."""


class Table:
    """Each trial's row and loss, by number; a trial without a row has a loss all the same.

    Args:
        width: how many columns a row has.
        exact: how many further numbers stand beside it.
    """

    def __init__(self, width: int, exact: int = 0) -> None:
        self._rows: Array = np.empty((LEAST, width))
        self._exact: Array = np.empty((LEAST, exact))
        self._losses: Array = np.empty(LEAST)
        self._slot: dict[int, int] = {}
        """Where a trial stands; ``~slot``, which is negative, where it has no row."""
        self._free: list[int] = []

    def put(
        self, number: int, row: Array | None, loss: float | None, exact: Sequence[float] = ()
    ) -> None:
        """Add a trial, or replace it."""
        slot = self._slot.get(number)
        slot = self._vacant(1)[0] if slot is None else max(slot, ~slot)
        self._losses[slot] = math.nan if loss is None else loss
        if row is not None:
            self._rows[slot] = row
            self._exact[slot] = exact
        self._slot[number] = ~slot if row is None else slot

    def load(
        self,
        numbers: Sequence[int],
        rows: Array,
        having: NDArray[np.bool_],
        losses: Array,
        exact: Array,
    ) -> None:
        """Add trials of new numbers at once; those that are not ``having`` one have no row."""
        slots = np.array(self._vacant(len(numbers)), dtype=np.intp)
        self._losses[slots], self._rows[slots], self._exact[slots] = losses, rows, exact
        self._slot.update(zip(numbers, np.where(having, slots, ~slots).tolist(), strict=True))

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

    def exact(self, number: int) -> Array:
        """The further numbers of a trial that has a row: (exact,)."""
        numbers: Array = self._exact[self._slot[number]]
        return numbers

    def losses(self, numbers: Sequence[int]) -> Array:
        """The losses of ``numbers``, NaN where there is none: (len(numbers),)."""
        slots = self._slots(numbers)
        losses: Array = self._losses[np.maximum(slots, ~slots)]
        return losses

    def _slots(self, numbers: Sequence[int]) -> NDArray[np.intp]:
        return np.fromiter(map(self._slot.__getitem__, numbers), np.intp, len(numbers))

    def _vacant(self, count: int) -> list[int]:
        """Slots that no trial has; each is to be taken."""
        first = len(self._slot) + len(self._free)
        slots = [self._free.pop() for _ in range(min(count, len(self._free)))]
        end = first + count - len(slots)
        if end > len(self._rows):
            room = max(end, int(GROWTH * len(self._rows)))
            self._rows = _grown(self._rows, room)
            self._exact = _grown(self._exact, room)
            self._losses = _grown(self._losses, room)
        return [*slots, *range(first, end)]


def _grown(array: Array, room: int) -> Array:
    """The array with room for so many along its first axis."""
    grown: Array = np.empty((room, *array.shape[1:]))
    grown[: len(array)] = array
    return grown


class Order:
    """Trials in the order of a key, then of their numbers."""

    def __init__(self) -> None:
        self.keys = array("d")
        """Ascending."""
        self.numbers: list[int] = []
        """Beside their keys: no trial need be looked at to take a part of it."""

    def __len__(self) -> int:
        return len(self.numbers)

    def add(self, key: float, number: int) -> None:
        """Add a trial that is not there yet."""
        place = self.place(key, number)
        self.keys.insert(place, key)
        self.numbers.insert(place, number)

    def remove(self, key: float, number: int) -> None:
        """Take out what was added."""
        place = self.place(key, number)
        del self.keys[place]
        del self.numbers[place]

    def place(self, key: float, number: int) -> int:
        """How many stand before a trial."""
        first = bisect_left(self.keys, key)
        equal = bisect_right(self.keys, key, first)
        return bisect_left(self.numbers, number, first, equal)

    def append(self, key: float, number: int) -> None:
        """Add one at the end, whatever its place: it has none until :meth:`sort`."""
        self.keys.append(key)
        self.numbers.append(number)

    def sort(self) -> None:
        """Put what was appended in its place."""
        keys = np.frombuffer(self.keys)
        places = np.lexsort((np.array(self.numbers), keys))
        self.numbers = list(map(self.numbers.__getitem__, places.tolist()))
        self.keys = array("d", keys[places].tobytes())
