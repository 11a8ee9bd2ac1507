"""A study's trials as another history: in another space, with others beside them, or read anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from parzen.coordinator.history import History
from parzen.shared.dimensions import Dimension
from parzen.shared.records import Trial


class View:
    """Follows a history, trial by trial; what has not changed since the last time costs nothing.

    It is a cache: a fresh one that looks at the same history shows the same.

    Args:
        dimensions: the space in which trials are seen; those that do not fit are not.
        seen_as: what a trial is to the view; None where it is not to be seen.
        beside: trials that the view has besides, of another study, which leave their points free;
            numbers of their own keep them apart.
        first: the trial that is number 0 in the view; those before it have negative numbers.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        seen_as: Callable[[Trial], Trial | None] = lambda trial: trial,
        beside: Sequence[Trial] = (),
        first: int = 0,
    ) -> None:
        self._dimensions = tuple(dimensions)
        self._seen_as = seen_as
        self._beside = tuple(beside)
        self._first = first
        self._known: dict[int, object] = {}
        self._history: History | None = None

    def of(self, history: History) -> History:
        """The view of ``history``: the same object each time, which the next call may change."""
        shown = self._history
        if shown is None or shown.direction is not history.direction:
            shown = self._history = History(self._dimensions, history.direction)
            self._known = {}
            for added in self._beside:
                shown.put(added, elsewhere=True)
        for number in [n for n in self._known if not history.knows(n)]:
            self._leave_out(shown, number)
            del self._known[number]
        changed = history.differing(self._known)
        for number in changed:
            trial = history.trial(number)
            seen = None if trial is None else self._seen_as(trial)
            if seen is None:
                self._leave_out(shown, number)
            else:
                shown.put(replace(seen, number=number - self._first))
        self._known.update(changed)
        shown.created = max(0, history.created - self._first)
        shown.budget = history.budget
        return shown

    def _leave_out(self, shown: History, number: int) -> None:
        if shown.knows(number - self._first):
            shown.drop(number - self._first)
