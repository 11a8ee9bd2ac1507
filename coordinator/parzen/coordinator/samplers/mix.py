"""Several samplers that propose for one study, each its share of the trials.

Each sees the trials of all, and finds its own by their memos. A trial of a member that writes no
memo has one of the mix's, which names the member.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parzen.coordinator.history import History
from parzen.coordinator.memos import BY
from parzen.coordinator.samplers import options, registry, streams
from parzen.coordinator.samplers.protocol import Remembered, Sampler, explained, memo_of
from parzen.coordinator.samplers.turns import completed, in_turns
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.errors import InvalidStudy
from parzen.shared.plain import shown
from parzen.shared.records import SamplerSpec

NAME = "mix"
SAMPLER = "sampler"

USUAL: Mapping[str, float] = {"tpe": 2.0, "policy": 1.0}
"""The members and their weights where nobody names any."""
IDLE = "enqueued"
"""It never proposes, and cannot be a member."""

KEYS = {SAMPLER, "weight", "options"}
"""What may stand in an entry of the list."""

EXPECTED = (
    'expected weights {"tpe": 2, "random": 1}, or a list of '
    '{"sampler": name, "weight": number, "options": {...}}'
)


@dataclass(frozen=True, slots=True)
class Member:
    """One of the samplers, and its weight among them."""

    name: str
    weight: float
    sampler: Sampler


class MixSampler:
    """Several samplers that take turns at random, in proportion to their weights.

    Whose turn a number is is drawn from the study's seed. A member that has nothing left gives its
    turns to the others, in proportion to theirs.

    Args:
        dimensions: the space.
        samplers: {name: weight}, or a list of {"sampler": name, "weight": number, "options":
            {option: value}}, of which only the name must stand; by default ``USUAL``. The same
            sampler stands in it once, mixes within it included: two could not tell their trials
            apart.

    Raises:
        InvalidStudy: a member, its weight or one of its options does not fit.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        samplers: Mapping[str, float] | Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        entries = _entries(USUAL if samplers is None else samplers)
        self._members = tuple(_member(entry, dimensions) for entry in entries)
        _see_that_they_differ(self.names)

    @property
    def names(self) -> Sequence[str]:
        """The members' names, each before those within it."""
        return [name for one in self._members for name in (one.name, *_within(one.sampler))]

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        return self._by(range(len(self._members)), history, numbers, seed)

    def explain(self, history: History) -> str:
        """See :class:`~parzen.coordinator.samplers.protocol.Explaining`."""
        greatest = max(one.weight for one in self._members)
        total = sum(one.weight / greatest for one in self._members)
        shares = (f"{m.name} {m.weight / greatest / total:.0%}" for m in self._members)
        told = ((m.name, explained(m.sampler, history)) for m in self._members)
        return "; ".join([", ".join(shares), *(f"{name}: {says}" for name, says in told if says)])

    def _by(
        self, those: Sequence[int], history: History, numbers: Sequence[int], seed: int
    ) -> Sequence[Params]:
        """What the members ``those`` propose in turns; fewer where none has anything left."""

        def ask(turn: int, known: History, row: Sequence[int]) -> Sequence[Params]:
            found = list(self._ask(turn, known, row, seed))
            others = [one for one in those if one != turn]
            if not others:
                return found
            return completed(known, row, found, lambda left: self._by(others, known, left, seed))

        return in_turns(history, numbers, lambda n: self._turn(seed, n, those), ask)

    def _ask(
        self, index: int, history: History, numbers: Sequence[int], seed: int
    ) -> Iterator[Params]:
        """What one member proposes, each with a memo."""
        member = self._members[index]
        its_seed = streams.for_member(seed, index)
        for params in member.sampler.propose(history, numbers, its_seed):
            ours = {BY: NAME, SAMPLER: member.name}
            yield params if memo_of(params) is not None else Remembered(params, ours)

    def _turn(self, seed: int, number: int, those: Sequence[int]) -> int:
        """Whose turn it is among ``those``: the first to arrive, each at the rate of its weight."""
        waits = streams.for_choice(seed, number).standard_exponential(len(self._members)).tolist()
        return min(those, key=lambda index: waits[index] / self._members[index].weight)


def _entries(samplers: object) -> Sequence[Mapping[Any, Any]]:
    """The option as a list."""
    if isinstance(samplers, Mapping):
        samplers = [{SAMPLER: name, "weight": weight} for name, weight in samplers.items()]
    if not isinstance(samplers, (list, tuple)) or not samplers:
        raise InvalidStudy(f"option samplers is {shown(samplers)}: {EXPECTED}")
    for entry in samplers:
        if not isinstance(entry, Mapping) or not {SAMPLER} <= entry.keys() <= KEYS:
            raise InvalidStudy(f"option samplers lists {shown(entry)}: {EXPECTED}")
    return samplers


def _member(entry: Mapping[str, Any], dimensions: Sequence[Dimension]) -> Member:
    name, its_options = entry[SAMPLER], entry.get("options", {})
    if not isinstance(name, str) or name == IDLE:
        raise InvalidStudy(
            f"option samplers names {shown(name)}: expected a sampler that proposes, one of "
            f"{', '.join(one for one in registry.names() if one != IDLE)}"
        )
    if not isinstance(its_options, Mapping):
        raise InvalidStudy(
            f"option samplers gives {name!r} the options {shown(its_options)}: expected a dict "
            "{option: value}"
        )
    weight = options.between(
        f"samplers: the weight of {name!r}", entry.get("weight", 1), 0, math.inf
    )
    spec = SamplerSpec(name=name, options=its_options)
    return Member(name, weight, registry.make(spec, dimensions))


def _within(sampler: Sampler) -> Sequence[str]:
    return sampler.names if isinstance(sampler, MixSampler) else ()


def _see_that_they_differ(names: Sequence[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidStudy(
            f"option samplers names {twice!r} twice: expected different samplers, since two of one "
            "name cannot tell their trials apart; give one of them both weights"
        )
