"""A study's trials in columns, grown by appending: what samplers and limits look at.

Everything that a sampler reads is ordered by loss and number, never by arrival, so that a proposal
depends on the set of trials alone.

A trial whose parameters do not fit the space (somebody edited its document) counts in ``counts``,
``best`` and the limits like any other, but a sampler never sees it: there is no row to show.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from statistics import median

from parzen.coordinator import gradients, memos
from parzen.coordinator.columns import Order, Table
from parzen.coordinator.law import Array
from parzen.coordinator.memos import Memo, Memos, Series
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.errors import InvalidParams
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Direction, Proposed, Trial, Uid

PENDING = (TrialState.WAITING, TrialState.RUNNING)
LOSSLESS = (TrialState.FAILED, TrialState.PRUNED)
"""Ended without a loss: bad wherever good and bad are told apart."""

LATELY = 20
"""So many trials, the last to end, tell how long one takes."""


class History:
    """What is known of one study's trials.

    Putting a trial costs a few microseconds per parameter and never touches the others' rows.

    Args:
        dimensions: the study's.
        direction: the study's, which tells a gradient of the value from one of the loss.
        budget: how many trials the study may have; None where nobody says.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        direction: Direction = Direction.MINIMIZE,
        budget: int | None = None,
    ) -> None:
        self.cube = UnitCube(dimensions)
        self._continua = [i for i, axis in enumerate(self.cube.axes) if math.isinf(axis.size)]
        self.direction = direction
        self.budget = budget
        self.created = 0
        """The highest number plus one: the next number to propose."""
        self.freed = 0
        """How often a point became free: while this stands, what :meth:`holds` knew it knows."""
        self._table = Table(self.cube.width)
        self._trial: dict[int, _Entry] = {}
        self._by_state: dict[TrialState, set[int]] = {state: set() for state in TrialState}
        self._ranked, self._lossless, self._pending = Order(), Order(), Order()
        self._ended, self._shown, self._ended_shown = Order(), Order(), Order()
        self._keys: dict[bytes, int] = {}
        self._memos = Memos()

    def put(self, trial: Trial, *, elsewhere: bool = False) -> None:
        """Add a trial, or replace what was known of its number.

        One that ran ``elsewhere``, in another study, leaves its point free.
        """
        number = trial.number
        old = self._trial.get(number)
        if old is not None:
            self._forget(number, old)
        self.created = max(self.created, number + 1)
        row = self._row(trial)
        key = None if row is None else self.cube.key(row)
        exact = None if row is None else self._exact(row, trial.params)
        entry = _Entry(trial, key, exact, free=elsewhere)
        self._table.put(number, row, entry.loss)
        self._remember(number, entry)
        self._note_freed(old)

    def drop(self, number: int) -> None:
        """Forget a trial that is no more; its number may be put again."""
        old = self._trial.pop(number)
        self._forget(number, old)
        self._table.drop(number)
        self._note_freed(old)

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
        if not self._ranked:
            return None
        loss, number = self._ranked.pairs[0]
        return number, loss

    def finished_since_best(self) -> int:
        """How many trials completed, failed or were pruned after the best one ended.

        The order is that of ``finished_at``, then of numbers; 0 where nothing has completed.
        """
        if not self._ranked:
            return 0
        number = self._ranked.numbers[0]
        return len(self._ended) - bisect_right(self._ended.pairs, (self._trial[number].end, number))

    @property
    def ranked(self) -> Sequence[tuple[float, int]]:
        """(loss, number) of complete trials, best first."""
        return self._ranked.pairs

    @property
    def ranked_numbers(self) -> Sequence[int]:
        """The numbers of those of :attr:`ranked` whose parameters fit the space."""
        return self._shown.numbers

    @property
    def lossless(self) -> Sequence[int]:
        """The numbers of failed and pruned trials, ascending."""
        return self._lossless.numbers

    @property
    def ended(self) -> Sequence[int]:
        """The numbers of complete, failed and pruned trials that fit, by ``finished_at``, number.

        What is added later mostly stands at the end, whatever its rank.
        """
        return self._ended_shown.numbers

    @property
    def seconds_per_trial(self) -> float | None:
        """The median duration of the last ``LATELY`` trials to end; None where none is known."""
        lately = (self._trial[number].seconds for number in self._ended.numbers[-LATELY:])
        known = [seconds for seconds in lately if seconds is not None]
        return median(known) if known else None

    def pending(self) -> Sequence[int]:
        """The numbers of waiting and running trials, ascending."""
        return self._pending.numbers.copy()

    def fits(self, number: int) -> bool:
        """Whether the trial's parameters lie in the space."""
        return self._table.has_row(number)

    def rows(self, numbers: Sequence[int]) -> Array:
        """The rows of those of ``numbers`` that fit the space, in their order: (n, width)."""
        return self._table.rows(numbers)

    def losses(self, numbers: Sequence[int]) -> Array:
        """The losses of ``numbers``, NaN for trials without a usable one: (len(numbers),)."""
        return self._table.losses(numbers)

    def holds(self, key: bytes) -> bool:
        """Whether the point of that :meth:`UnitCube.key` was tried, or is pending.

        A cancelled trial leaves its point free.
        """
        return key in self._keys

    @property
    def taken(self) -> int:
        """How many points :meth:`holds` knows."""
        return len(self._keys)

    def memo(self, number: int) -> Memo | None:
        """What a sampler wrote down beside the trial; None where there is nothing."""
        return self._trial[number].memo

    def params(self, number: int) -> Params | None:
        """The parameters that take part in the trial; None where they do not fit the space.

        They are what was put, to the last bit, which the row may have rounded; a number off its
        grid is its neighbour there.
        """
        exact = self._trial[number].exact
        if exact is None:
            return None
        told = dict(self.cube.params(self.rows([number])[0]))
        for i, value in zip(self._continua, exact, strict=True):
            if not math.isnan(value):
                told[self.cube.dimensions[i].name] = value
        return told

    def trial(self, number: int) -> Trial | None:
        """The trial as far as it is kept here; None where its parameters do not fit the space."""
        params = self.params(number)
        if params is None:
            return None
        entry = self._trial[number]
        loss, told = entry.loss, entry.gradient
        return Trial(
            study="",
            uid=Uid(""),
            number=number,
            params=params,
            state=entry.state,
            loss=loss,
            value=None if loss is None else self.direction.loss(loss),
            result={} if told is None else {gradients.KEY: told},
            proposed=None if entry.memo is None else Proposed(sampler="", memo=entry.memo),
            finished_at=datetime.fromtimestamp(entry.end, timezone.utc) if entry.end else None,
            duration_s=entry.seconds,
        )

    def differing(self, known: Mapping[int, object]) -> Mapping[int, object]:
        """{number: stamp} of every trial that has another stamp than in ``known``.

        A trial gets a new stamp whenever it is put.
        """
        return {n: entry for n, entry in self._trial.items() if known.get(n) is not entry}

    def knows(self, number: int) -> bool:
        """Whether a trial of that number was put, whatever it is."""
        return number in self._trial

    @contextmanager
    def supposing(self) -> Iterator[Callable[[int, Params], None]]:
        """For the time of a block, let a function add proposals (number, parameters) as pending.

        Afterwards all is as it was.
        """
        created, added = self.created, []

        def suppose(number: int, params: Params) -> None:
            memo = getattr(params, "memo", None)
            made = Proposed(sampler="", memo=memo)
            added.append(number)
            self.put(Trial(study="", uid=Uid(""), number=number, params=params, proposed=made))

        try:
            yield suppose
        finally:
            for number in added:
                self.drop(number)
            self.created = created

    def series(self, by: str, member: int | None = None) -> Series:
        """The trials that fit and have a memo of the sampler ``by``, or of its ``member``."""
        return self._memos.series(by, member)

    def gradient(self, number: int) -> gradients.Gradient | None:
        """The loss's slope by each parameter that the objective told it for, by name.

        In the parameters' own units; None where a trial is not complete or told none.
        """
        told = self._trial[number].gradient
        return None if told is None else gradients.of_loss(told, self.direction)

    def _row(self, trial: Trial) -> Array | None:
        """The trial's row, or None where its parameters do not fit the space."""
        try:
            return self.cube.row(trial.params)
        except InvalidParams:
            return None

    def _exact(self, row: Array, params: Params) -> array[float]:
        """The values of the continuous parameters, NaN for those that take no part."""
        taking = zip(self._continua, row[self._continua].tolist(), strict=True)
        names = (None if math.isnan(u) else self.cube.dimensions[i].name for i, u in taking)
        found = (math.nan if name is None else params[name] for name in names)
        return array("d", found)  # type: ignore[arg-type]  # a row is made of numbers alone

    def _remember(self, number: int, entry: _Entry) -> None:
        self._trial[number] = entry
        self._by_state[entry.state].add(number)
        for order, key in self._orders(entry):
            order.add(key, number)
        if entry.taken is not None:
            self._keys[entry.taken] = self._keys.get(entry.taken, 0) + 1

    def _forget(self, number: int, entry: _Entry) -> None:
        self._by_state[entry.state].discard(number)
        for order, key in self._orders(entry):
            order.remove(key, number)
        if entry.taken is not None:
            self._keys[entry.taken] -= 1
            if not self._keys[entry.taken]:
                del self._keys[entry.taken]

    def _note_freed(self, old: _Entry | None) -> None:
        if old is not None and old.taken is not None and old.taken not in self._keys:
            self.freed += 1

    def _orders(self, entry: _Entry) -> Iterator[tuple[Order, float]]:
        """The orders in which the trial has a place, each with its key there."""
        if entry.state in PENDING:
            yield self._pending, 0.0
        if entry.loss is not None:
            yield self._ranked, entry.loss
            if entry.key is not None:
                yield self._shown, entry.loss
        elif entry.state in (*LOSSLESS, TrialState.COMPLETE):
            yield self._lossless, 0.0
        if entry.ended:
            yield self._ended, entry.end
            if entry.key is not None:
                yield self._ended_shown, entry.end
        if entry.memo is not None and entry.key is not None:
            if not entry.ended and entry.state not in PENDING:
                return  # cancelled
            for series in self._memos.places(entry.memo):
                yield from series.orders(entry.loss, entry.end if entry.ended else None)


class _Entry:
    """What is kept of a trial beside its row."""

    __slots__ = ("end", "exact", "free", "gradient", "key", "loss", "memo", "seconds", "state")

    def __init__(
        self, trial: Trial, key: bytes | None, exact: array[float] | None, *, free: bool
    ) -> None:
        self.state = trial.state
        self.key, self.exact = key, exact
        self.free = free or trial.state is TrialState.CANCELLED
        usable = trial.loss is not None and math.isfinite(trial.loss)
        self.loss = trial.loss if usable and trial.state is TrialState.COMPLETE else None
        at = trial.finished_at
        self.end = at.timestamp() if at is not None else 0.0
        seconds = trial.duration_s
        self.seconds = seconds if seconds is not None and math.isfinite(seconds) else None
        self.memo = memos.readable(trial.proposed.memo) if trial.proposed else None
        self.gradient = gradients.told(trial.result) if self.loss is not None else None

    @property
    def ended(self) -> bool:
        return self.state.finished and self.state is not TrialState.CANCELLED

    @property
    def taken(self) -> bytes | None:
        return None if self.free else self.key
