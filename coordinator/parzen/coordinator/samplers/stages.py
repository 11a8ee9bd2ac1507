"""A search in stages: each frees some parameters and holds the others at the best so far.

A trial's number says which stage proposes it. What is held is at the best complete trial that there
is at that moment, so that no stage waits for the end of the one before. The stage's own sampler
searches the space of what is free, and sees of the study what lies there: the trials that agree
with what is held. They are numbered from 0 on in each stage, with its trials as the budget, as if
it were a study of its own.

That a stage has begun is read from its memos: where one had nothing left to propose, the next one
began before its time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from parzen.coordinator.history import History
from parzen.coordinator.memos import BY, MEMBER, Memo, member
from parzen.coordinator.samplers import registry
from parzen.coordinator.samplers.protocol import Remembered, explained, memo_of
from parzen.coordinator.samplers.staging import Stage, staged, started
from parzen.coordinator.samplers.turns import completed, in_turns
from parzen.coordinator.subspace import Subspace
from parzen.coordinator.view import View
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.records import STAGES, Proposed, Trial

ALL: Mapping[str, Any] = {"name": "all", "free": ["*"]}
"""The stage of a search that is declared without any."""

INNER = "inner"
"""Under which a memo holds that of the stage's own sampler."""

APART = 2**40
"""How far apart the seeds of two stages are: in each, trials are numbered from 0 on."""

TOLD = 5
"""So many of a stage's patterns are told to people."""


class StagesSampler:
    """Stages, each with parameters, trials and a sampler of its own.

    One whose space is exhausted leaves the rest of its trials to the next, and proposes no more;
    where the last one is, the sampler has nothing left.

    Args:
        dimensions: the space.
        stages: a list of dicts with "name", "free" (names of parameters, or shell patterns of
            them; a choice is freed with all below it), and perhaps "trials" (how many: only the
            last stage may leave it out), "sampler" (its name, without it "auto"), "options".
        start: {parameter: value} of what is held while no trial is complete; what it leaves out
            is at the middle of its prior, or its first option.

    Raises:
        InvalidStudy: a stage cannot be read, a name is unknown, or a parameter is in no stage.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        stages: Sequence[Mapping[str, Any]] | None = None,
        start: Mapping[str, Any] | None = None,
    ) -> None:
        self._dimensions = tuple(dimensions)
        self._stages = staged(self._dimensions, [ALL] if stages is None else stages)
        self._start = started(self._dimensions, {} if start is None else start)
        self._lanes: dict[int, Lane] = {}

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        begins = self._begins(history)
        return in_turns(
            history,
            numbers,
            lambda number: _at(begins, number),
            lambda index, known, row: self._from(index, known, row, seed),
        )

    def explain(self, history: History) -> str:
        """See :class:`~parzen.coordinator.samplers.protocol.Explaining`."""
        index = _at(self._begins(history), history.created)
        lane = self._lane(index, history, history.created)
        of = f"stage {index + 1} of {len(self._stages)}"
        return f"{of}, {lane.stage.name}: {lane.told(history)}"

    def _from(
        self, index: int, history: History, numbers: Sequence[int], seed: int
    ) -> Sequence[Params]:
        """What the stage proposes and, where it has too little left, those after it."""
        lane = self._lane(index, history, numbers[0])
        found = lane.propose(history, numbers, seed)
        if index + 1 == len(self._stages):
            return found
        return completed(
            history, numbers, found, lambda rest: self._from(index + 1, history, rest, seed)
        )

    def _begins(self, history: History) -> Sequence[int]:
        """The number of each stage's first trial, as declared or as it came about."""
        begins = []
        for index, stage in enumerate(self._stages):
            its = history.series(STAGES, index)
            begins.append(min([stage.first, *its.ended, *its.pending]))
        return begins

    def _lane(self, index: int, history: History, number: int) -> Lane:
        """The stage at what is held now, where ``number`` is the next trial that it may propose."""
        stage = self._stages[index]
        first = min(self._begins(history)[index], number)
        best = history.ranked_numbers[:1]
        base = (history.params(best[0]) if best else None) or self._start
        fixed = {name: value for name, value in base.items() if name not in stage.free}
        lane = self._lanes.get(index)
        if lane is None or (lane.first, lane.space.fixed) != (first, fixed):
            end = self._stages[index + 1].first if index + 1 < len(self._stages) else None
            space = Subspace(self._dimensions, fixed)
            lane = self._lanes[index] = Lane(index, stage, space, first, end)
        return lane


class Lane:
    """A stage with what it holds: its own sampler and how that sees the study.

    Args:
        index: which stage it is.
        stage: the stage.
        space: where it searches.
        first: the number of its first trial.
        end: where the next stage begins; None for the last one.
    """

    def __init__(
        self, index: int, stage: Stage, space: Subspace, first: int, end: int | None
    ) -> None:
        self.stage, self.space, self.first = stage, space, first
        self._index, self._end = index, end
        self._sampler = registry.make(stage.spec, space.dimensions) if space.dimensions else None
        self._view = View(space.dimensions, self._seen_as, first=first)

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """What the stage proposes for trials ``numbers`` of the study; see ``Sampler``."""
        if self._sampler is None:
            return [self._signed({})] if self._is_new(history) else []
        its = [number - self.first for number in numbers]
        found = self._sampler.propose(self._seen(history), its, seed + APART * self._index)
        return [self._signed(params) for params in found]

    def told(self, history: History) -> str:
        """What the stage does, in one line."""
        end = self._ends(history)
        if end is None or end <= history.created:
            trials = f"from trial {self.first} on"
        else:
            trials = f"trials {self.first} to {end - 1}"
        why = explained(self._sampler, self._seen(history))
        told = [f"{trials}, by {self.stage.spec.name}{f' ({why})' if why else ''}"]
        told.append(f"free: {_short(self.stage.patterns)}")
        best = history.ranked_numbers[:1]
        if self.space.fixed:
            told.append(f"fixed at trial {best[0]}" if best else "fixed at the start")
        return "; ".join(told)

    def _seen(self, history: History) -> History:
        seen, end = self._view.of(history), self._ends(history)
        seen.budget = None if end is None else max(0, end - self.first)
        return seen

    def _ends(self, history: History) -> int | None:
        """The number after its last trial; None where nobody says."""
        last = self._end
        if last is None and history.budget is None and self.stage.trials is not None:
            last = self.stage.first + self.stage.trials
        return min((end for end in (last, history.budget) if end is not None), default=None)

    def _seen_as(self, trial: Trial) -> Trial | None:
        if not self.space.holds(trial.params):
            return None
        memo = trial.proposed.memo if trial.proposed else None
        return replace(trial, proposed=Proposed(sampler="", memo=self._own(memo)))

    def _own(self, memo: Memo | None) -> Memo | None:
        """What the stage's own sampler wrote down in ``memo``."""
        if memo is None or memo[BY] != STAGES or member(memo) != self._index:
            return None
        inner = memo.get(INNER)
        return inner if isinstance(inner, Mapping) else None

    def _signed(self, params: Params) -> Params:
        """The proposal in the whole space, with the stage's name and what its sampler wrote."""
        memo = {BY: STAGES, MEMBER: self._index, "stage": self.stage.name}
        inner = memo_of(params)
        return Remembered(
            self.space.whole(params), memo if inner is None else {**memo, INNER: inner}
        )

    def _is_new(self, history: History) -> bool:
        """Whether the one point there is, since nothing that is free takes part, is not known."""
        row = history.cube.row(self.space.fixed)
        return not history.holds(history.cube.key(row))


def _at(begins: Sequence[int], number: int) -> int:
    """The index of the last stage that has begun at trial ``number``."""
    return max((index for index, first in enumerate(begins) if first <= number), default=0)


def _short(patterns: Sequence[str]) -> str:
    rest = len(patterns) - TOLD
    return ", ".join([*patterns[:TOLD], *([f"and {rest} more"] if rest > 0 else [])])
