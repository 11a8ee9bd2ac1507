"""What samplers wrote down beside their proposals, and the trials that it stands with.

A memo is a document, ``proposed.memo`` of its trial. ``by`` is the name of the sampler that wrote
it, under which it finds it again, whoever else proposed in the same study. ``member``, a whole
number, is what a sampler tells its trials apart by, such as a particle of a swarm. The rest is its
own. Somebody may have edited a document: what does not look like this is no memo.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from parzen.coordinator.columns import Order
from parzen.coordinator.law import Array

Memo: TypeAlias = Mapping[str, Any]
BY, MEMBER = "by", "member"


def readable(memo: object) -> Memo | None:
    """The memo, or None where it is none."""
    if isinstance(memo, Mapping) and isinstance(memo.get(BY), str):
        return memo
    return None


def member(memo: Memo) -> int | None:
    """The memo's member; None where it has none."""
    found = memo.get(MEMBER)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def vector(memo: Memo, name: str, width: int) -> Array | None:
    """The list of ``width`` finite numbers that the memo holds under ``name``; None: it has none.

    A memo of a study's earlier stage, or of another space, has another width.
    """
    found = memo.get(name)
    if not isinstance(found, Sequence) or isinstance(found, (str, bytes)) or len(found) != width:
        return None
    if not all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in found):
        return None
    numbers = np.array(found, dtype=np.float64)
    return numbers if np.isfinite(numbers).all() else None


class Series:
    """Trials of one sampler, or of one of its members; cancelled ones are none of them."""

    def __init__(self) -> None:
        self._ranked, self._ended, self._pending = Order(), Order(), Order()

    @property
    def ranked(self) -> Sequence[int]:
        """The numbers of those that are complete, best first."""
        return self._ranked.numbers

    @property
    def ended(self) -> Sequence[int]:
        """The numbers of those that are complete, failed or pruned, by ``finished_at``, number."""
        return self._ended.numbers

    @property
    def pending(self) -> Sequence[int]:
        """The numbers of those that wait or run, ascending."""
        return self._pending.numbers

    def orders(self, loss: float | None, end: float | None) -> Iterator[tuple[Order, float]]:
        """The orders in which a trial has its place, each with its key there.

        Args:
            loss: what it is ranked by; None where it is not complete.
            end: when it ended; None where it is pending.
        """
        if end is None:
            yield self._pending, 0.0
            return
        yield self._ended, end
        if loss is not None:
            yield self._ranked, loss


class Memos:
    """The series of one study."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, int | None], Series] = {}

    def series(self, by: str, of: int | None = None) -> Series:
        """The trials of the sampler ``by``, or of its member ``of``."""
        return self._series.get((by, of)) or Series()

    def places(self, memo: Memo) -> Iterator[Series]:
        """The series that a trial with this memo belongs to."""
        for key in {(memo[BY], None), (memo[BY], member(memo))}:
            yield self._series.setdefault(key, Series())
