"""The engine's samplers as Hyperopt's algorithms: what trials are known, and what they propose.

What a search knows is kept beside its trials for as long as these live, and brought up to date by
what has changed, so that a proposal costs the same after ten trials and after ten thousand.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry, streams
from parzen.coordinator.samplers.protocol import Sampler
from parzen.hyperopt.documents import Doc, misc_of
from parzen.hyperopt.judging import loss_of
from parzen.hyperopt.states import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
)
from parzen.hyperopt.translation import Translation, middle
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.errors import InvalidParams
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import SamplerSpec, Trial, Uid

Stamp: TypeAlias = tuple[Any, ...]
"""A trial's id, and what decides what it is to a sampler: state, status, loss, values."""

STARTUP = 10
"""The samplers' own ``n_startup_trials``."""

STATES: Mapping[int, TrialState] = {
    JOB_STATE_NEW: TrialState.WAITING,
    JOB_STATE_RUNNING: TrialState.RUNNING,
    JOB_STATE_DONE: TrialState.COMPLETE,
    JOB_STATE_ERROR: TrialState.FAILED,
    JOB_STATE_CANCEL: TrialState.CANCELLED,
}


class Memory:
    """What is known of the trials in one space.

    Args:
        translation: the space's.
    """

    def __init__(self, translation: Translation) -> None:
        self._translation = translation
        self._history = History(translation.dimensions)
        self._columns: list[list[Any]] = [[] for _ in range(5)]
        self._keys: list[Any] = []
        self._known: dict[Any, Stamp] = {}
        self._numbers: dict[Any, int] = {}
        self._taken: set[int] = set()
        self._samplers: dict[str, Sampler] = {}

    def observe(self, docs: Sequence[Doc]) -> None:
        """Learn of what was added, changed or taken away since the last time."""
        before, now = self._columns, columns(docs)
        count = len(before[0])
        moved = now[0][:count] != before[0]
        if moved:
            self._keys, changed = [], list(range(len(docs)))
        else:
            changed = [*differing(before, now), *range(count, len(docs))]
        self._keys += self._new_keys(now[0][len(self._keys) :], () if moved else self._known)
        self._columns = now
        if moved:
            self._forget(set(self._keys))
        for i in changed:
            self._learn(self._keys[i], tuple(column[i] for column in now), docs[i])

    @staticmethod
    def _new_keys(tids: Iterable[Any], taken: Container[Any]) -> list[Any]:
        """What trials are known by here: their ids, told apart where several have one."""
        keys: dict[Any, None] = {}
        for key in tids:
            while key in taken or key in keys:  # trials of several searches, put together
                key = (key, "again")  # noqa: PLW2901 - until it is one that is free
            keys[key] = None
        return list(keys)

    def _learn(self, key: Any, stamp: Stamp, doc: Doc) -> None:
        if self._known.get(key) != stamp:
            self._known[key] = stamp
            self._history.put(self._trial(self._number(key), doc))

    def _forget(self, left: set[Any]) -> None:
        """Forget all trials but those that are left."""
        for key in self._known.keys() - left:
            del self._known[key]
            number = self._numbers.pop(key)
            self._taken.discard(number)
            self._history.drop(number)

    def propose(self, spec: SamplerSpec, tids: Sequence[Any]) -> Iterator[tuple[Any, Params]]:
        """A point for each of the new trials ``tids``, by the sampler ``spec``.

        Where the sampler has nothing new left, since a finite space has been tried whole, points
        are tried again: those whose mean loss may be the smallest.
        """
        if not self._translation.dimensions:
            return ((tid, {}) for tid in tids)
        sampler = self._sampler(spec)
        numbers = self._free_numbers(tids)
        ordered = sorted(numbers)
        points = list(sampler.propose(self._history, ordered, spec.seed))
        points += [self._again(spec.seed, number) for number in ordered[len(points) :]]
        found = dict(zip(ordered, points, strict=True))
        return ((tid, found[number]) for number, tid in numbers.items())

    def _sampler(self, spec: SamplerSpec) -> Sampler:
        key = f"{spec.name} {sorted(spec.options.items())}"
        if key not in self._samplers:
            self._samplers[key] = registry.make(spec, self._translation.dimensions)
        return self._samplers[key]

    def _again(self, seed: int, number: int) -> Params:
        """A point that is tried again, by Thompson's rule (1933); at random where none has a loss.

        Each point's mean loss is drawn as it may be, by how often it was tried and how much losses
        of one point differ; the smallest draw wins.
        """
        cube, rng = self._history.cube, streams.for_trial(seed, number)
        ranked = self._history.ranked_numbers
        if not ranked:
            return cube.params(cube.from_uniform(rng.random((1, cube.width)))[0])
        rows, losses = self._history.rows(ranked), self._history.losses(ranked)
        points, place, often = np.unique(
            rows, axis=0, return_inverse=True, return_counts=True, equal_nan=True
        )
        place = place.reshape(-1)
        means = np.bincount(place, losses) / often
        spread = math.sqrt(np.mean((losses - means[place]) ** 2)) or float(np.std(losses))
        return cube.params(
            points[np.argmin(means + rng.normal(size=len(means)) * spread / np.sqrt(often))]
        )

    def _number(self, key: Any) -> int:
        if key not in self._numbers:
            (self._numbers[key],) = self._free_numbers([key])
            self._taken.add(self._numbers[key])
        return self._numbers[key]

    def _free_numbers(self, keys: Iterable[Any]) -> dict[int, Any]:
        """Numbers of trials to be: their own ids, where these are numbers that are not taken."""
        found: dict[int, Any] = {}
        above = self._history.created
        for key in keys:
            own = isinstance(key, (int, np.integer)) and key >= 0
            if own and key not in self._taken and key not in found:
                number = int(key)
            else:
                number = max(above, max(found, default=-1) + 1)
            found[number] = key
        return found

    def _trial(self, number: int, doc: Doc) -> Trial:
        state, loss = STATES.get(doc["state"], TrialState.FAILED), loss_of(doc["result"])
        if state is TrialState.COMPLETE and loss is None:
            state = TrialState.FAILED
        complete = state is TrialState.COMPLETE
        return Trial(
            study="",
            uid=Uid(""),
            number=number,
            params=self._params(doc),
            state=state,
            loss=loss if complete else None,
        )

    def _params(self, doc: Doc) -> Params:
        values = {label: found[0] for label, found in doc["misc"]["vals"].items() if len(found)}
        try:
            return self._translation.params(values, missing=middle)
        except InvalidParams:  # counted like any other; a sampler is shown no such row
            return {}


def columns(docs: Sequence[Doc]) -> list[list[Any]]:
    """What is looked at of each trial, as in a stamp: so many lists, which cost little."""
    results = [doc["result"] for doc in docs]
    return [
        [doc["tid"] for doc in docs],
        [doc["state"] for doc in docs],
        [result.get("status") for result in results],
        [result.get("loss") for result in results],
        [doc["misc"]["vals"] for doc in docs],
    ]


def differing(before: Sequence[list[Any]], now: Sequence[list[Any]]) -> list[int]:
    """Where the columns differ, as far as those from ``before`` go."""
    found: set[int] = set()
    for old, new in zip(before, now, strict=True):
        if new[: len(old)] != old:  # the same objects are equal at once
            found.update(i for i, value in enumerate(old) if new[i] is not value)
    return sorted(found)


Space: TypeAlias = tuple[Dimension, ...]

_memories: weakref.WeakKeyDictionary[Any, dict[Space, Memory]] = weakref.WeakKeyDictionary()


def memory_of(trials: Any, translation: Translation) -> Memory:
    """What is known of ``trials`` in that space, up to date."""
    kept = _memories.setdefault(trials, {})
    if translation.dimensions not in kept:  # the same space may be declared anew for each search
        kept[translation.dimensions] = Memory(translation)
    memory = kept[translation.dimensions]
    everything = getattr(trials, "everything", None)  # with those that raised
    memory.observe(trials.trials if everything is None else everything())
    return memory


def suggest(
    sampler: str,
    new_ids: Sequence[Any],
    domain: Any,
    trials: Any,
    seed: int,
    options: Mapping[str, Any] | None = None,
) -> list[Doc]:
    """New trials by one of the engine's samplers, as documents that are not added yet.

    Args:
        sampler: its name.
        new_ids: the ids of the trials to be.
        domain: what is searched.
        trials: what is known.
        seed: what the proposals are drawn from.
        options: the sampler's, without those that are None.
    """
    given = {name: value for name, value in (options or {}).items() if value is not None}
    memory = memory_of(trials, domain.translation)
    # while a search begins, its proposals are members of one sequence, which has one seed
    startup = given.get("n_startup_trials", STARTUP)
    begins = not isinstance(startup, int) or len(trials.trials) < startup  # its sampler refuses it
    first = domain.search_seed if begins else None
    spec = SamplerSpec(name=sampler, options=given, seed=int(seed) if first is None else first)
    docs: list[Doc] = []
    for tid, params in memory.propose(spec, list(new_ids)):
        values = domain.translation.values(params)
        misc = misc_of(tid, values, domain.translation.labels, domain)
        docs += trials.new_trial_docs([tid], [None], [domain.new_result()], [misc])
    return docs
