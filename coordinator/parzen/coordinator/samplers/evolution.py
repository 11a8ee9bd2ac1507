"""The distribution that CMA-ES has come to, told from a study's trials.

Source: CMA-ES with margin of Hamano et al., "CMA-ES with Margin" (2022), as the package cmaes has
it; restarts of Auger and Hansen, "A Restart CMA Evolution Strategy With Increasing Population Size"
(2005); points that come late or from elsewhere as in Hansen, "Injecting External Solutions Into
CMA-ES" (2011).
"""

from __future__ import annotations

import copy
import importlib
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parzen.coordinator import memos
from parzen.coordinator.axis import Axis
from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.memos import BY, Memo
from parzen.coordinator.samplers import streams
from parzen.coordinator.unit import UnitCube
from parzen.shared.errors import InvalidStudy

NAME, X = "cmaes", "x"

DRAWN = 1_000
"""About so many numbers are drawn at most until a point lies in the cube."""

REACH = (-1.0, 2.0)
"""No point that is told lies beyond: somebody may have edited a memo."""

LARGEST = 1e300
"""Losses are clipped here, so that their differences are finite."""

MARKS = 16
"""So many of the last steps can be gone back to; for more, all is read again."""

GROWTH = 2
"""The population of a restart, in that before."""


class Evolution:
    """CMA-ES over some columns, which reads trials in the order in which they ended.

    Each population of its own trials makes one step, whichever step they were drawn after; a failed
    one counts as the worst. Where a better trial is known, whoever proposed it, it stands in for
    the worst. When the package says that a run is over, the next one begins elsewhere.

    What was read is kept between calls as long as it is what the history holds: a cache, which
    gives the same bits as a fresh one.

    Args:
        cube: the space.
        columns: those that are searched, all numeric.
        sigma: the first standard deviation, in u.
        population: how many trials make a step of the first run; None: 4 + 3 ln n of n columns.

    Raises:
        InvalidStudy: the package cmaes is missing.
    """

    def __init__(
        self,
        cube: UnitCube,
        columns: NDArray[np.intp],
        *,
        sigma: float,
        population: int | None = None,
    ) -> None:
        self._cmawm = _package().CMAwM
        self._columns, self._sigma = columns, sigma
        self._population = population or 4 + math.floor(3 * math.log(len(columns)))
        lattices = np.array([_lattice(cube.axes[j]) for j in columns.tolist()])
        self._bounds, self._steps = lattices[:, :2], lattices[:, 2]
        self._forget(0)

    def of(self, history: History, seed: int) -> tuple[Any, int]:
        """The newest distribution, a ``cmaes.CMAwM`` that can be asked, and which run it is of.

        Args:
            history: what is known.
            seed: the study's; restarts begin at random.
        """
        if seed != self._seed:
            self._forget(seed)
        elif self._changed(history):
            self._go_back(self._unchanged(history))
        unread = history.ended[len(self._read) :]
        with np.errstate(all="ignore"):  # the package divides by what may be 0 once it is narrow
            for place, number in enumerate(unread, start=len(self._read) + 1):
                if self._take(history, number):
                    self._mark(place)
        if unread:
            stamps = history.differing(self._stamps)
            self._stamps.update((number, stamps[number]) for number in unread)
            self._read += unread
        return self._state or self._first(history), self._run

    def _forget(self, seed: int) -> None:
        self._seed = seed
        self._read: list[int] = []
        self._stamps: dict[int, object] = {}
        """What tells whether a trial that was read has changed."""
        self._run = 0
        self._state: Any = None
        self._block: list[int] = []
        """Those of the run's trials that no step was made of yet."""
        self._leader: tuple[float, int | None] = (math.inf, None)
        """(loss, number) of the best trial since the run began; before the first, of all."""
        self._marks: list[tuple[int, tuple[int, Any, tuple[float, int | None]]]] = []
        """What stood after each of the last steps, with how many trials had been read."""

    def _mark(self, read: int) -> None:
        # a copy rounds in other places than what was copied, so all go on with copies
        self._state = copy.deepcopy(self._state)
        kept = (self._run, copy.deepcopy(self._state), self._leader)
        self._marks = [*self._marks[1 - MARKS :], (read, kept)]

    def _go_back(self, unchanged: int) -> None:
        """Forget what was read beyond the first ``unchanged`` trials, and the steps made of it.

        Results that come late change the order in which trials ended, near its end as a rule.
        """
        marks = [mark for mark in self._marks if mark[0] <= unchanged]
        if not marks:
            self._forget(self._seed)
            return
        self._marks, (read, (self._run, state, self._leader)) = marks, marks[-1]
        self._state, self._block, self._read = copy.deepcopy(state), [], self._read[:read]
        self._stamps = {number: self._stamps[number] for number in self._read}

    def _unchanged(self, history: History) -> int:
        """How many of the trials that were read, the first ones, are as they were."""
        pairs = zip(self._read, history.ended, strict=False)
        same = next((i for i, (old, new) in enumerate(pairs) if old != new), len(self._read))
        changed = self._stamps.keys() & history.differing(self._stamps).keys()
        return min([same, len(history.ended), *(self._read.index(n) for n in changed)])

    def _changed(self, history: History) -> bool:
        if history.ended[: len(self._read)] != self._read:
            return True
        return not self._stamps.keys().isdisjoint(history.differing(self._stamps))

    def _take(self, history: History, number: int) -> bool:
        """Read one trial; where it completes a population make a step, and say so."""
        memo = _own_memo(history, number)
        run = None if memo is None else memos.member(memo)
        if run is not None and run != self._run:
            return False  # it comes from before a restart
        if run is not None:
            self._state = self._state or self._first(history)
            self._block.append(number)
        [loss] = history.losses([number]).tolist()
        if loss < self._leader[0]:
            self._leader = (loss, number)
        if not self._state or len(self._block) < self._state.population_size:
            return False
        self._step(history)
        return True

    def _step(self, history: History) -> None:
        losses = history.losses(self._block)
        failed = np.isnan(losses)
        known = losses[~failed].tolist()
        best, leader = self._leader
        losses[failed] = max(known, default=0.0 if leader is None else best)
        told = [(self._block[i], float(losses[i])) for i in np.lexsort((failed, losses))]
        if leader is not None and best < min(known, default=math.inf):
            told = [(leader, best), *told[:-1]]
        self._state.tell(
            [(self._point(history, n), min(max(loss, -LARGEST), LARGEST)) for n, loss in told]
        )
        self._block = []
        if self._state.should_stop():
            self._restart()

    def _restart(self) -> None:
        self._run += 1
        self._leader = (math.inf, None)
        draws = streams.for_study(self._seed).random((self._run, len(self._columns)))
        self._state = self._distribution(draws[-1])

    def _first(self, history: History) -> Any:
        """The first run's beginning: at the best trial that is known, or in the middle."""
        leader = self._leader[1]
        if leader is None:
            return self._distribution(np.full(len(self._columns), 0.5))
        return self._distribution(history.rows([leader])[0][self._columns])

    def _distribution(self, mean: Array) -> Any:
        return self._cmawm(
            mean=np.clip(mean, *self._bounds.T),
            sigma=self._sigma,
            bounds=self._bounds,
            steps=self._steps,
            population_size=self._population * GROWTH**self._run,
            n_max_resampling=max(1, DRAWN // len(mean)),
        )

    def _point(self, history: History, number: int) -> Array:
        """Where trial ``number`` was asked for, moved to where the distribution reaches.

        It may come from elsewhere, or have been drawn many steps ago, and lie far out: the standard
        deviation would grow without bounds.
        """
        x = memos.vector(_own_memo(history, number) or {}, X, len(self._columns))
        if x is None:
            x = history.rows([number])[0][self._columns]
        cma = self._state._cma  # noqa: SLF001 - the package tells the distribution nowhere else
        axes, deviations = cma._eigen_decomposition()  # noqa: SLF001
        mean, n = cma.mean, len(x)
        away = np.clip(x, *REACH) - mean
        distance = float(np.linalg.norm(axes.T @ away / deviations)) / cma._sigma  # noqa: SLF001
        limit = math.sqrt(n) + 2 * n / (n + 2)
        near: Array = mean + away * (limit / distance) if distance > limit else mean + away
        return near


def _own_memo(history: History, number: int) -> Memo | None:
    memo = history.memo(number)
    return memo if memo is not None and memo[BY] == NAME else None


def _lattice(axis: Axis) -> tuple[float, float, float]:
    """The ends of a column's values and the step between them, in u; step 0 for a continuum.

    A column whose values are not evenly spaced is searched as a continuum and rounded: the margin
    is for even steps.
    """
    if axis.ends is None:
        return 0.0, 1.0, 0.0
    between = axis.ends[1:-1]
    step = float(np.ptp(between)) / (len(between) - 1) if len(between) > 1 else 0.5
    if not np.allclose(np.diff(between), step, rtol=1e-6, atol=0):
        return 0.0, 1.0, 0.0
    low = float(between[0]) - step / 2
    return low, low + step * len(between), step


def _package() -> Any:
    try:
        return importlib.import_module("cmaes")
    except ImportError:
        raise InvalidStudy(
            "sampler 'cmaes' needs the package cmaes: pip install 'parzen[cmaes]' where the "
            "coordinator runs"
        ) from None
