"""What a sampler is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from parzen.coordinator.history import History
from parzen.coordinator.memos import Memo
from parzen.shared.dimensions import Params, Plain


class Remembered(dict[str, Plain]):
    """Flat parameters, with a memo that the sampler will find with the trial.

    A sampler has no memory but its trials: what it cannot learn again from parameters and losses
    it writes down here. ``memo`` holds "by", the sampler's name, perhaps "member", a whole number,
    and whatever else it needs that BSON holds (see :mod:`parzen.coordinator.memos`).
    """

    def __init__(self, params: Params, memo: Memo) -> None:
        super().__init__(params)
        self.memo = memo


def memo_of(params: Params) -> Memo | None:
    """The memo that came with ``params``, or None."""
    return params.memo if isinstance(params, Remembered) else None


def with_memo(params: Params, memo: Memo | None) -> Params:
    """``params`` with ``memo``, where there is one."""
    return params if memo is None else Remembered(params, memo)


class Sampler(Protocol):
    """Something that proposes parameters: pure, without I/O, clock or memory of its own.

    A cache is welcome where it gives the same bits as a cold start.
    """

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """Flat parameters for the trials ``numbers``, in that order.

        Earlier members of the batch count as pending for the later ones, so that a batch gives
        what one call after another would. Nothing is proposed twice: fewer than asked means that
        nothing is left, of a finite space or of the points that the sampler has.

        Args:
            history: what is known; it is not changed.
            numbers: the trials to propose, ascending and not in ``history``.
            seed: the study's. Each number draws from a stream of its own.
        """


@runtime_checkable
class Explaining(Protocol):
    """A sampler that can say what it does; people read it in their study's status."""

    def explain(self, history: History) -> str:
        """Who proposes at this point of the study and why, in one line."""


def explained(sampler: Sampler | None, history: History) -> str | None:
    """What the sampler says of itself; None where it says nothing."""
    return sampler.explain(history) if isinstance(sampler, Explaining) else None
