"""A study's trials in columns, grown by appending: what samplers and limits look at.

Everything that a sampler reads is ordered by loss and number, never by arrival, so that a proposal
depends on the set of trials alone.

A trial whose parameters do not fit the space (somebody edited its document) counts in ``counts``,
``best`` and the limits like any other, but a sampler never sees it: there is no row to show.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from parzen.coordinator.law import Array
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension
from parzen.shared.errors import InvalidParams
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial

PENDING = (TrialState.WAITING, TrialState.RUNNING)
LOSSLESS = (TrialState.FAILED, TrialState.PRUNED)
"""Ended without a loss: bad wherever good and bad are told apart."""


class History:
    """What is known of one study's trials.

    Putting a trial costs a few microseconds per parameter and never touches the others' rows.
    """

    def __init__(self, dimensions: Sequence[Dimension]) -> None:
        self.cube = UnitCube(dimensions)
        self.created = 0
        """The highest number plus one: the next number to propose."""
        self._u: Array = np.empty((16, self.cube.width))
        self._slot: dict[int, int] = {}
        self._trial: dict[int, _Entry] = {}
        self._by_state: dict[TrialState, set[int]] = {state: set() for state in TrialState}
        self._ranked: list[tuple[float, int]] = []
        self._lossless: list[int] = []
        self._ends: list[tuple[float, int]] = []
        self._keys: dict[bytes, int] = {}

    def put(self, trial: Trial) -> None:
        """Add a trial, or replace what was known of its number."""
        number = trial.number
        old = self._trial.get(number)
        if old is not None:
            self._forget(number, old)
        self.created = max(self.created, number + 1)
        self._remember(number, _Entry(trial, self._write_row(trial)))

    def drop(self, number: int) -> None:
        """Forget a trial that is no more; its number may be put again."""
        self._forget(number, self._trial.pop(number))

    @property
    def counts(self) -> Mapping[TrialState, int]:
        """How many trials stand in each state; states without trials are 0."""
        return {state: len(numbers) for state, numbers in self._by_state.items()}

    def unfinished(self) -> Mapping[TrialState, Sequence[int]]:
        """The numbers of waiting and of running trials, ascending."""
        return {state: sorted(self._by_state[state]) for state in PENDING}

    @property
    def best(self) -> tuple[int, float] | None:
        """(number, loss) of the best complete trial, the lowest number among equals."""
        return (self._ranked[0][1], self._ranked[0][0]) if self._ranked else None

    def finished_since_best(self) -> int:
        """How many trials completed, failed or were pruned after the best one ended.

        The order is that of ``finished_at``, then of numbers; 0 where nothing has completed.
        """
        if not self._ranked:
            return 0
        number = self._ranked[0][1]
        return len(self._ends) - bisect_right(self._ends, self._trial[number].end)

    @property
    def ranked(self) -> Sequence[tuple[float, int]]:
        """(loss, number) of complete trials, best first."""
        return self._ranked

    @property
    def lossless(self) -> Sequence[int]:
        """The numbers of failed and pruned trials, ascending."""
        return self._lossless

    def pending(self) -> Sequence[int]:
        """The numbers of waiting and running trials, ascending."""
        return sorted(self._by_state[TrialState.WAITING] | self._by_state[TrialState.RUNNING])

    def fits(self, number: int) -> bool:
        """Whether the trial's parameters lie in the space."""
        return self._trial[number].key is not None

    def rows(self, numbers: Sequence[int]) -> Array:
        """The rows of those of ``numbers`` that fit the space, in their order: (n, width)."""
        slots = [self._slot[n] for n in numbers if self.fits(n)]
        rows: Array = self._u[slots]
        return rows

    def holds(self, key: bytes) -> bool:
        """Whether the point of that :meth:`UnitCube.key` was tried, or is pending.

        A cancelled trial leaves its point free.
        """
        return key in self._keys

    @property
    def taken(self) -> int:
        """How many points :meth:`holds` knows."""
        return len(self._keys)

    def _write_row(self, trial: Trial) -> bytes | None:
        """Store the trial's row; its key, or None where its parameters do not fit."""
        try:
            row = self.cube.row(trial.params)
        except InvalidParams:
            return None
        slot = self._slot.setdefault(trial.number, len(self._slot))
        if slot >= len(self._u):
            self._u = np.concatenate([self._u, np.empty_like(self._u)])
        self._u[slot] = row
        return self.cube.key(row)

    def _remember(self, number: int, entry: _Entry) -> None:
        self._trial[number] = entry
        self._by_state[entry.state].add(number)
        if entry.loss is not None:
            insort(self._ranked, (entry.loss, number))
        elif entry.state in (*LOSSLESS, TrialState.COMPLETE):
            insort(self._lossless, number)
        if entry.ended:
            insort(self._ends, entry.end)
        if entry.taken is not None:
            self._keys[entry.taken] = self._keys.get(entry.taken, 0) + 1

    def _forget(self, number: int, entry: _Entry) -> None:
        self._by_state[entry.state].discard(number)
        if entry.loss is not None:
            _remove(self._ranked, (entry.loss, number))
        elif entry.state in (*LOSSLESS, TrialState.COMPLETE):
            _remove(self._lossless, number)
        if entry.ended:
            _remove(self._ends, entry.end)
        if entry.taken is not None:
            self._keys[entry.taken] -= 1
            if not self._keys[entry.taken]:
                del self._keys[entry.taken]


class _Entry:
    """What is kept of a trial beside its row."""

    __slots__ = ("end", "key", "loss", "state")

    def __init__(self, trial: Trial, key: bytes | None) -> None:
        self.state = trial.state
        self.key = key
        usable = trial.loss is not None and math.isfinite(trial.loss)
        self.loss = trial.loss if usable and trial.state is TrialState.COMPLETE else None
        at = trial.finished_at
        self.end = (at.timestamp() if at is not None else 0.0, trial.number)

    @property
    def ended(self) -> bool:
        return self.state.finished and self.state is not TrialState.CANCELLED

    @property
    def taken(self) -> bytes | None:
        return None if self.state is TrialState.CANCELLED else self.key


def _remove(ordered: list[Any], item: Any) -> None:
    del ordered[bisect_left(ordered, item)]


class Outlook:
    """A history as one batch of proposals sees it: the batch's earlier members are pending.

    The history itself is neither copied nor changed.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.cube = history.cube
        self._numbers: list[int] = []
        self._rows: list[Array] = []
        self._keys: set[bytes] = set()

    def add(self, number: int, row: Array) -> None:
        """Count the point ``row``, proposed as ``number``, as pending."""
        self._numbers.append(number)
        self._rows.append(row)
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
        known = [n for n in self.history.pending() if self.history.fits(n)]
        rows = self.history.rows(known)
        if not self._rows:
            return rows
        numbers = np.array(known + self._numbers)
        everything: Array = np.concatenate([rows, np.stack(self._rows)])
        return everything[np.argsort(numbers, kind="stable")]
