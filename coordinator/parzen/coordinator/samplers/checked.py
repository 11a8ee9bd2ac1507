"""A sampler of others' making, whose proposals are looked at before anybody believes them.

What parzen's own samplers propose lies in the space by construction; of others' it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from parzen.coordinator import memos
from parzen.coordinator.history import History
from parzen.coordinator.memos import Memo
from parzen.coordinator.samplers.protocol import Sampler, explained, memo_of, with_memo
from parzen.shared import given
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.errors import InvalidParams, InvalidProposal, InvalidStudy
from parzen.shared.plain import INT64, shown, text_fault

DEPTH = 50
"""How deep a memo may nest; BSON ends at 100, and a structure that holds itself never ends."""

MEMO_BYTES = 1 << 20
"""How large, about, a memo may be: every coordinator that takes over reads all of them."""

HOLDS = "a memo holds None, bool, int, float, str, bytes, datetime, and lists and dicts of these"


class CheckedSampler:
    """Hands on what a sampler proposes where it can be tried and stored.

    Args:
        name: what people are told of it.
        sampler: what proposes.
        dimensions: the space.

    Raises:
        InvalidStudy: it is no sampler.
    """

    def __init__(self, name: str, sampler: Sampler, dimensions: Sequence[Dimension]) -> None:
        if not callable(getattr(sampler, "propose", None)):
            raise InvalidStudy(
                f"it is {shown(sampler)}, expected an object with propose(history, numbers, seed)"
            )
        self._name, self._sampler = name, sampler
        self._dimensions = tuple(dimensions)

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`.

        Raises:
            InvalidProposal: what came back is no list of points of the space, or too long, or a
                memo cannot be stored.
        """
        found: Any = self._sampler.propose(history, numbers, seed)
        if isinstance(found, (str, bytes, Mapping)) or not isinstance(found, Iterable):
            raise InvalidProposal(
                f"the sampler {self._name!r} returned {shown(found)}: expected a list of dicts "
                "{parameter: value}, one for each trial"
            )
        proposed = list(islice(found, len(numbers) + 1))  # it may be endless
        if len(proposed) > len(numbers):
            raise InvalidProposal(
                f"the sampler {self._name!r} returned more than the {len(numbers)} proposals that "
                f"it was asked for: expected one for each of the trials {list(numbers)}"
            )
        return [self._sound(n, one) for n, one in zip(numbers, proposed, strict=False)]

    def explain(self, history: History) -> str | None:
        """See :class:`~parzen.coordinator.samplers.protocol.Explaining`.

        Raises:
            InvalidProposal: what it says of itself is no text.
        """
        said: Any = explained(self._sampler, history)
        if said is None or (isinstance(said, str) and text_fault(said) is None):
            return said
        raise InvalidProposal(
            f"the sampler {self._name!r} explains itself with {shown(said)}: expected a text"
        )

    def _sound(self, number: int, params: Params) -> Params:
        try:
            point = given.whole(self._dimensions, params)
        except InvalidParams as error:
            raise InvalidProposal(
                f"what the sampler {self._name!r} proposed for trial {number} does not lie in the "
                f"space: {error}"
            ) from None
        memo = memo_of(params)
        return with_memo(point, None if memo is None else self._storable(number, memo))

    def _storable(self, number: int, memo: Memo) -> Memo:
        fault: str | None = "it is no dict with a text under 'by', the sampler's name"
        if memos.readable(memo) is not None:
            fault = _Weighed().fault(memo, "memo", 0)
        if fault is not None:
            raise InvalidProposal(
                f"the memo of the sampler {self._name!r} for trial {number} cannot be stored: "
                f"{fault}"
            )
        return memo


class _Weighed:
    """Looks for what a document cannot hold, and adds up what the rest takes there, about."""

    def __init__(self) -> None:
        self._left = MEMO_BYTES

    def fault(self, value: Any, where: str, depth: int) -> str | None:
        """What keeps ``value``, which stands at ``where``, from being stored; or None."""
        self._left -= 8 + (len(value) if isinstance(value, (str, bytes)) else 0)
        if self._left < 0:
            return f"{where} makes it larger than {MEMO_BYTES:,} bytes; keep what is needed"
        if depth > DEPTH:
            return f"it nests deeper than {DEPTH} levels; flatten it"
        if isinstance(value, Mapping):
            return self._first(self._item(key, inner, where, depth) for key, inner in value.items())
        if isinstance(value, (list, tuple)):
            return self._first(self.fault(v, f"{where}[…]", depth + 1) for v in value)
        return _atom_fault(value, where)

    def _item(self, key: Any, inner: Any, where: str, depth: int) -> str | None:
        if not isinstance(key, str) or "\0" in key or text_fault(key):
            return f"{where} has the key {shown(key)}; keys are texts without NUL"
        self._left -= len(key)
        return self.fault(inner, f"{where}[{key!r}]", depth + 1)

    @staticmethod
    def _first(faults: Iterable[str | None]) -> str | None:
        return next(filter(None, faults), None)


def _atom_fault(value: Any, where: str) -> str | None:
    if value is None or isinstance(value, (bool, bytes, datetime)):
        return None
    if isinstance(value, str):
        fault = text_fault(value)
        return f"{where} {fault}" if fault else None
    if type(value) is int:
        inside = INT64[0] <= value <= INT64[1]
        return None if inside else f"{where} is {shown(value)}, which does not lie in 64 bits"
    if isinstance(value, float):  # numpy's own among them, which BSON takes for what they are
        return None
    return f"{where} is {shown(value)}, a {type(value).__name__}; {HOLDS}"
