"""Descent along the gradients that an objective tells with its losses, in any number of runs.

The steps are Adam's (see :mod:`parzen.coordinator.samplers.adam`). TPE proposes where runs begin,
and what has no slope, which stays as it is throughout a run.

A run is a chain of trials. The memo of each holds ``member``, the number of the trial that the run
began with, its ``leg`` and ``step``, and the moments ``first`` and ``second`` before that trial's
own slopes. When a run has not improved for some steps, or fails, it goes back to its best trial and
sets out from there on another leg, with shorter steps. At the last leg it is at its end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator import memos
from parzen.coordinator.axis import Continuum
from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.memos import BY, MEMBER, Memo, Series
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import adam, novelty, options, streams
from parzen.coordinator.samplers.adam import Moments
from parzen.coordinator.samplers.protocol import Remembered
from parzen.coordinator.samplers.rounds import Round
from parzen.coordinator.samplers.threads import one_thread
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.shared.dimensions import Dimension, Params

NAME = "gradient"

SHORTER = 0.5
"""A leg's steps in those of the leg before."""
LEGS = 7
"""So many legs has a run at most."""
CONVERGED = 0.01
"""A run is at its end when no parameter would move by so much of the learning rate."""
SEEN = 256
"""Runs are looked for among so many trials, the last that ended; gradients among the best."""
MOST = 10**6
"""A leg or a step from here on is none that was written here."""


@dataclass(frozen=True, slots=True)
class Place:
    """A trial of a run.

    ``row`` (width of the space) is its point, ``columns`` (n,) are those of the continuous
    parameters that it told a slope by, and ``slopes`` (n,) the loss's by their u. ``moments`` are
    those before them.
    """

    row: Array
    columns: NDArray[np.intp]
    slopes: Array
    moments: Moments

    @property
    def flat(self) -> float:
        """The share of parameters that have no slope, among those that take part."""
        return 1.0 - len(self.columns) / float((~np.isnan(self.row)).sum())

    def crossed(self, row: Array) -> Array:
        """``row``, but for the parameters that have a slope here: those are as they are here."""
        both = self.columns[~np.isnan(row[self.columns])]
        crossed = row.copy()
        crossed[both] = self.row[both]
        return crossed


class GradientSampler:
    """Adam in u, in several runs, with TPE beside it.

    A run moves the continuous parameters that take part in its first trial and have a slope. The
    one whose best trial is best goes on first; while all are pending, a new one begins where TPE
    proposes. The best trial of the study begins one too, whoever proposed it. Where some parameters
    have no slope, a share of the trials, as large as theirs of the parameters, takes them from TPE
    and the others from the best trial, and begins a run.

    Args:
        dimensions: the space.
        learning_rate: about how far a parameter moves in one step of a run's first leg, in u.
        n_startup_trials: trials numbered below this come from a Sobol sequence, each the beginning
            of a run.
        patience: after so many steps without a better trial a run goes back.

    Raises:
        InvalidStudy: an option is out of range.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        learning_rate: float = 0.1,
        n_startup_trials: int = 5,
        patience: int = 3,
    ) -> None:
        self._rate = options.between("learning_rate", learning_rate, 0, 1)
        self._startup = options.whole("n_startup_trials", n_startup_trials, 0)
        self._patience = options.whole("patience", patience, 1)
        self._tpe = TPESampler(dimensions, n_startup_trials=self._startup)

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        leading, waiting = _leading(history), _waiting(history)

        @cache
        def shared() -> Round | None:
            return self._tpe.round(history, numbers, seed)

        def one(outlook: Outlook, number: int) -> novelty.Point | None:
            best = leading if number >= self._startup else None
            others = best and streams.for_choice(seed, number).random() < best.flat
            if best and not others:
                for run in waiting:  # each once: it is pending from then on
                    for row, memo in self._steps(history, *run):
                        point = novelty.first_new(outlook, [row])
                        if point is not None:
                            return point[0], Remembered(point[1], memo)
            point = self._tpe.one(outlook, number, seed, shared())
            if point is None:
                return None
            if best and others:
                point = novelty.first_new(outlook, [best.crossed(point[0])]) or point
            return point[0], Remembered(point[1], _memo(number, 0, adam.fresh(0)))

        with one_thread():
            return novelty.batch(history, numbers, one)

    def explain(self, history: History) -> str:
        """See :class:`~parzen.coordinator.samplers.protocol.Explaining`."""
        if _leading(history) is None:
            return "no trial has told a usable gradient yet: TPE proposes"
        return "runs descend along the gradients told, and TPE proposes where they begin"

    def _steps(
        self, history: History, member: int, last: int, best: int
    ) -> Iterator[tuple[Array, Memo]]:
        """The row and the memo of a run's next trial, the usual one first; none at its end.

        Those that follow go back: they are for where the point is known.

        Args:
            history: what is known.
            member: the run.
            last: its last trial that ended.
            best: its best one.
        """
        (leg, step), (its_leg, its_step) = _reached(history, last), _reached(history, best)
        if step - (its_step if its_leg == leg else 0) < self._patience:
            place = _place(history, last)
            moved = self._moved(place, member, leg, place.moments)
            if moved is not None:
                yield moved
            elif place.slopes.any():
                return
        if leg + 1 >= LEGS:
            return
        place = _place(history, best)
        for shorter in range(leg + 1, LEGS):
            moved = self._moved(place, member, shorter, adam.fresh(len(place.columns)))
            if moved is None:
                return
            yield moved

    def _moved(
        self, place: Place, member: int, leg: int, before: Moments
    ) -> tuple[Array, Memo] | None:
        """A step from there on that leg: the row, and the memo; None where it is none."""
        u = place.row[place.columns]
        to, after = adam.moved(u, place.slopes, self._rate * SHORTER**leg, before)
        if np.abs(to - u).max(initial=0.0) < CONVERGED * self._rate:
            return None
        row = place.row.copy()
        row[place.columns] = to
        return row, _memo(member, leg, after)


def _leading(history: History) -> Place | None:
    """The best of the trials that told a usable gradient."""
    told = (n for n in history.ranked_numbers[:SEEN] if history.gradient(n) is not None)
    return next((place for n in told if (place := _place(history, n)).slopes.any()), None)


def _waiting(history: History) -> Iterator[tuple[int, int, int]]:
    """The runs without a pending trial, the best first: (member, last trial to end, best trial).

    One whose trials all failed is none.
    """
    last: dict[int, int] = {}
    for number in history.series(NAME).ended[-SEEN:]:
        member = memos.member(history.memo(number) or {})
        if member is not None:
            last[member] = max(number, last.get(member, number))
    last |= {
        number: number
        for number in history.ranked_numbers[:1]
        if not (_own_memo(history, number) or history.series(NAME, number).ended)
    }
    best: dict[int, int] = {}
    for member in last:
        series = history.series(NAME, member)
        found = None if series.pending else _best(history, series, member)
        if found is not None:
            best[member] = found
    losses = history.losses([*best.values()]).tolist()
    for _, member in sorted(zip(losses, best, strict=True)):
        yield member, last[member], best[member]


def _best(history: History, series: Series, member: int) -> int | None:
    """The best complete trial of a run, of which ``series`` lacks its beginning if not our own."""
    found = [*series.ranked[:1]]
    if history.knows(member) and history.fits(member) and not _own_memo(history, member):
        found.append(member)
    losses = zip(history.losses(found).tolist(), found, strict=True)
    return min(((loss, n) for loss, n in losses if not math.isnan(loss)), default=(0.0, None))[1]


def _own_memo(history: History, number: int) -> Memo:
    """The trial's memo; an empty one where there is none, or another sampler's."""
    memo = history.memo(number)
    return memo if memo is not None and memo[BY] == NAME else {}


def _place(history: History, number: int) -> Place:
    """The trial as a place to go on from; a beginning where the memo is another sampler's."""
    row = history.rows([number])[0]
    told = history.gradient(number) or {}
    columns, slopes = [], []
    for j, axis in enumerate(history.cube.axes):
        by_value = told.get(axis.dimension.name)
        if by_value is not None and isinstance(axis, Continuum) and not math.isnan(row[j]):
            columns.append(j)
            slopes.append(by_value * axis.slope(float(row[j])))
    moments = _moments(_own_memo(history, number), len(columns))
    return Place(row, np.array(columns, dtype=np.intp), np.array(slopes), moments)


def _memo(member: int, leg: int, moments: Moments) -> Memo:
    return {
        BY: NAME,
        MEMBER: member,
        "leg": leg,
        "step": moments.step,
        "first": moments.first.tolist(),
        "second": moments.second.tolist(),
    }


def _reached(history: History, number: int) -> tuple[int, int]:
    """The leg and the step of a trial; 0 where its memo tells none, as that of a beginning."""
    memo = _own_memo(history, number)
    return _count(memo.get("leg")), _count(memo.get("step"))


def _moments(memo: Memo, width: int) -> Moments:
    """Those in ``memo``; where it holds no usable ones, those of a beginning."""
    step = _count(memo.get("step"))
    first, second = (memos.vector(memo, key, width) for key in ("first", "second"))
    if not step or first is None or second is None:
        return adam.fresh(width)
    return Moments(step, first, second)


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST:
        return value
    return 0
