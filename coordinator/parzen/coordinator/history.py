"""A study's trials in columns, grown by appending: what samplers and limits look at.

Everything that a sampler reads is ordered by loss and number, never by arrival, so that a proposal
depends on the set of trials alone.

A trial whose parameters do not fit the space (somebody edited its document) counts in ``counts``,
``best`` and the limits like any other, but a sampler never sees it: there is no row to show.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from statistics import median

import numpy as np

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
        self._continua = [
            (i, axis.dimension.name)
            for i, axis in enumerate(self.cube.axes)
            if math.isinf(axis.size)
        ]
        self._nothing = [math.nan] * len(self._continua)
        self.direction = direction
        self.budget = budget
        self.created = 0
        """The highest number plus one: the next number to propose."""
        self.freed = 0
        """How often a point became free: while this stands, what :meth:`holds` knew it knows."""
        self._table = Table(self.cube.width, len(self._continua))
        self._trial: dict[int, _Entry] = {}
        self._counts = dict.fromkeys(TrialState, 0)
        self._unfinished: dict[TrialState, set[int]] = {state: set() for state in PENDING}
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
        row = self._row(trial)
        exact: Sequence[float] = () if row is None else self._exact(row.tolist(), trial.params)
        entry = _Entry(trial, None if row is None else self.cube.key(row), free=elsewhere)
        self._table.put(number, row, entry.loss, exact)
        for order, key in self._remember(number, entry):
            order.add(key, number)
        self._note_freed(old)

    def load(self, chunks: Iterable[Sequence[Trial]]) -> None:
        """Put many trials: as if each were put, and several times faster."""
        again: list[Trial] = []
        orders: set[Order] = set()
        try:
            for chunk in chunks:
                fresh: dict[int, Trial] = {}
                for trial in chunk:
                    if self.knows(trial.number) or trial.number in fresh:
                        again.append(trial)
                    else:
                        fresh[trial.number] = trial
                orders |= self._load(list(fresh.values()))
        finally:
            for order in orders:
                order.sort()
        for trial in again:
            self.put(trial)

    def _load(self, trials: Sequence[Trial]) -> set[Order]:
        """Put trials of new numbers at the end of the orders that it returns."""
        rows, fitting = self.cube.rows([trial.params for trial in trials])
        found: set[Order] = set()
        losses, exact = [], []
        for trial, row, fits in zip(trials, rows, fitting.tolist(), strict=True):
            entry = _Entry(trial, self.cube.key(row) if fits else None, free=False)
            losses.append(math.nan if entry.loss is None else entry.loss)
            exact.append(self._exact(row.tolist(), trial.params) if fits else self._nothing)
            for order, key in self._remember(trial.number, entry):
                order.append(key, trial.number)
                found.add(order)
        numbers = [trial.number for trial in trials]
        beside = np.array(exact, dtype=np.float64).reshape(len(trials), len(self._continua))
        self._table.load(numbers, rows, fitting, np.array(losses), beside)
        return found

    def drop(self, number: int) -> None:
        """Forget a trial that is no more; its number may be put again."""
        old = self._trial.pop(number)
        self._forget(number, old)
        self._table.drop(number)
        self._note_freed(old)

    @property
    def count(self) -> int:
        """How many trials were put."""
        return len(self._trial)

    @property
    def counts(self) -> Mapping[TrialState, int]:
        """How many trials stand in each state; states without trials are 0."""
        return self._counts.copy()

    def unfinished(self) -> Mapping[TrialState, Sequence[int]]:
        """The numbers of waiting and of running trials, ascending."""
        return {state: sorted(numbers) for state, numbers in self._unfinished.items()}

    @property
    def best(self) -> tuple[int, float] | None:
        """(number, loss) of the best complete trial, the lowest number among equals."""
        if not self._ranked:
            return None
        return self._ranked.numbers[0], self._ranked.keys[0]

    def finished_since_best(self) -> int:
        """How many trials completed, failed or were pruned after the best one ended.

        The order is that of ``finished_at``, then of numbers; 0 where nothing has completed.
        """
        if not self._ranked:
            return 0
        number = self._ranked.numbers[0]
        return len(self._ended) - 1 - self._ended.place(self._trial[number].end, number)

    @property
    def ranked_numbers(self) -> Sequence[int]:
        """The numbers of complete trials that fit the space, by loss, number."""
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
        if not self.fits(number):
            return None
        told = dict(self.cube.params(self.rows([number])[0]))
        exact = self._table.exact(number).tolist()
        for (_, name), value in zip(self._continua, exact, strict=True):
            if not math.isnan(value):
                told[name] = value
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

    def _exact(self, row: Sequence[float], params: Params) -> Sequence[float]:
        """The values of the continuous parameters, NaN for those that take no part."""
        # a row is made of numbers alone
        return [math.nan if math.isnan(row[i]) else params[name] for i, name in self._continua]  # type: ignore[misc]

    def _remember(self, number: int, entry: _Entry) -> Iterator[tuple[Order, float]]:
        """Take in all but the table; the orders in which the trial is to have its place."""
        self.created = max(self.created, number + 1)
        self._trial[number] = entry
        self._counts[entry.state] += 1
        if entry.state in PENDING:
            self._unfinished[entry.state].add(number)
        if entry.taken is not None:
            self._keys[entry.taken] = self._keys.get(entry.taken, 0) + 1
        return self._orders(entry)

    def _forget(self, number: int, entry: _Entry) -> None:
        self._counts[entry.state] -= 1
        if entry.state in PENDING:
            self._unfinished[entry.state].discard(number)
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

    __slots__ = ("end", "free", "gradient", "key", "loss", "memo", "seconds", "state")

    def __init__(self, trial: Trial, key: bytes | None, *, free: bool) -> None:
        self.state = trial.state
        self.key = key
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
