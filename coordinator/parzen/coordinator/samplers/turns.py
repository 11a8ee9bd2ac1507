"""Several samplers that propose for one study in turns, each knowing what the others proposed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import groupby
from typing import TypeVar

from parzen.coordinator.history import History
from parzen.shared.dimensions import Params

Turn = TypeVar("Turn", bound=Hashable)


def in_turns(
    history: History,
    numbers: Sequence[int],
    whose: Callable[[int], Turn],
    propose: Callable[[Turn, History, Sequence[int]], Sequence[Params]],
) -> Sequence[Params]:
    """What ``propose`` gives for each number, asked once for each row of numbers of one turn.

    Earlier proposals are pending in the history that later ones are asked on. It ends where fewer
    come back than were asked for.

    Args:
        history: what is known; afterwards it is as it was.
        numbers: the trials to propose, ascending.
        whose: whose turn a number is.
        propose: asks whose turn it is.
    """
    proposed: list[Params] = []
    with history.supposing() as suppose:
        for turn, its in groupby(numbers, whose):
            row = list(its)
            found = propose(turn, history, row)
            proposed += found
            if len(found) < len(row):
                break
            for number, params in zip(row, found, strict=True):
                suppose(number, params)
    return proposed


def completed(
    history: History,
    numbers: Sequence[int],
    found: Sequence[Params],
    others: Callable[[Sequence[int]], Sequence[Params]],
) -> Sequence[Params]:
    """``found``, for the first of ``numbers``, and what ``others`` propose for those left over.

    They are asked, if there are any, while what was found is pending in ``history``.
    """
    left = numbers[len(found) :]
    if not left:
        return found
    with history.supposing() as suppose:
        for number, params in zip(numbers, found, strict=False):
            suppose(number, params)
        return [*found, *others(left)]
