"""A search that begins with what other studies found, as far as that turns out to hold here.

It wraps another sampler, which is asked on a history in which trials of other studies, the sources,
stand beside the study's own. The share of proposals for which a source stands there is its weight
(:mod:`parzen.coordinator.samplers.agreement`), and each trial that completes tests it: one that
misleads is soon seen no more. All other proposals are what they would be without any source.

While the study begins, every other proposal is of those. The rest are first the best points of the
sources, and then the wrapped sampler's, without a start of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import agreement, novelty, ranking, registry, streams
from parzen.coordinator.samplers import sources as reading
from parzen.coordinator.samplers.belief import Belief
from parzen.coordinator.samplers.protocol import explained
from parzen.coordinator.samplers.threads import one_thread
from parzen.coordinator.samplers.turns import in_turns
from parzen.coordinator.view import View
from parzen.shared.dimensions import Dimension, Params
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import shown
from parzen.shared.records import WARM, SamplerSpec, Trial, Uid

START = 10
"""Trials numbered below this are the study's beginning."""
PROBES = 4
"""Of trials numbered below this, those that look at sources are points of theirs."""

STARTING = "n_startup_trials"
"""What the option of a sampler is called that begins with a start of its own."""
UNFIT = ("enqueued", WARM)
"""What cannot be wrapped."""

Seen: TypeAlias = tuple[int, ...]
"""The places of the sources that a proposal looks at, ascending."""


class WarmSampler:
    """Another sampler that also learns from trials of other studies, as far as they agree.

    Args:
        dimensions: the space.
        sampler: the name of the one that proposes.
        options: its options, {name: value}.
        sources: trials of other studies, see :mod:`parzen.coordinator.samplers.sources`.

    Raises:
        InvalidStudy: there is no such sampler or option, or a source cannot be read.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        sampler: str = "auto",
        options: Mapping[str, Any] | None = None,
        sources: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._dimensions = tuple(dimensions)
        self._name = sampler
        spec = _wrapped(sampler, options)
        self._alone = registry.make(spec, self._dimensions)
        if STARTING in registry.described(spec.name).options:
            spec = SamplerSpec(name=spec.name, options={**spec.options, STARTING: 0})
        self._informed = registry.make(spec, self._dimensions)
        self._sources = reading.read(self._dimensions, sources)
        self._beliefs: Sequence[Belief] | None = None
        self._views: dict[Seen, View] = {}
        self._translated: bytes | None = None

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        with one_thread():
            trusts = self._trusts(history)

            def whose(number: int) -> Seen:
                return self._seen(history, trusts, seed, number)

            def its(seen: Seen, known: History, row: Sequence[int]) -> Sequence[Params]:
                if not seen:
                    return self._alone.propose(known, row, seed)
                if row[0] < PROBES:
                    return novelty.batch(known, row, lambda o, n: self._best(o, n, seen, seed))
                return self._informed.propose(self._view(seen, known), row, seed)

            return in_turns(history, numbers, whose, its)

    def explain(self, history: History) -> str:
        """See :class:`~parzen.coordinator.samplers.protocol.Explaining`."""
        known = len(history.ranked_numbers)
        with one_thread():
            said = [
                f"source {one.source.name!r} ({len(one.source.losses)} trials) "
                + _told(trust, one.soundness, known)
                for one, trust in zip(self._of(history), self._trusts(history), strict=True)
            ]
        said.append(explained(self._alone, history) or f"{self._name} proposes")
        return "; ".join(said)

    def _of(self, history: History) -> Sequence[Belief]:
        """What each source says."""
        if self._beliefs is None:
            self._beliefs = [Belief(history.cube, source) for source in self._sources]
        return self._beliefs

    def _trusts(self, history: History) -> Sequence[float]:
        """What the sources deserve by this study's complete trials, as far as it needs them."""
        numbers = history.ranked_numbers
        need = agreement.need(len(numbers))
        if not need:
            return [0.0] * len(self._sources)
        rows, losses = history.rows(numbers), history.losses(numbers)
        return [need * agreement.trust(one.predicted(rows), losses) for one in self._of(history)]

    def _seen(self, history: History, trusts: Sequence[float], seed: int, number: int) -> Seen:
        """The sources that proposal ``number`` looks at."""
        if not any(trusts) or (number < START and number % 2):
            return ()
        drawn = streams.for_sources(seed, number).random()
        pairs = zip(self._of(history), trusts, strict=True)
        weights = [trust if number < PROBES else trust * one.soundness for one, trust in pairs]
        return tuple(place for place, weight in enumerate(weights) if drawn < weight)

    def _best(self, outlook: Outlook, number: int, seen: Seen, seed: int) -> novelty.Point | None:
        """The best point of a source that is new; sources take turns."""
        belief = self._of(outlook.history)[seen[number // 2 % len(seen)]]
        rows = belief.source.whole[belief.best_first]
        return novelty.first_new(outlook, rows) or novelty.any_new(
            outlook, streams.for_trial(seed, number)
        )

    def _view(self, seen: Seen, history: History) -> History:
        """The history with the trials of the sources ``seen`` beside its own.

        Their losses are translated anew whenever the trials that have ended are so many more that
        a Gaussian process would be fitted anew (see :class:`ranking.Hyperparameters`): it is then
        fitted no oftener than without them.
        """
        first = history.ended[: ranking.milestone(len(history.ended))]
        losses = history.losses(first)
        rows, losses = history.rows(first)[~np.isnan(losses)], losses[~np.isnan(losses)]
        key = rows.tobytes() + losses.tobytes()
        if key != self._translated:
            self._translated, self._views = key, {}
        if seen not in self._views:
            beliefs = [self._of(history)[place] for place in seen]
            points = np.concatenate([belief.source.whole for belief in beliefs])
            found = np.concatenate([belief.translated(rows, losses) for belief in beliefs])
            beside = _trials(history, points, found)
            self._views[seen] = View(self._dimensions, beside=beside)
        return self._views[seen].of(history)


def _wrapped(sampler: object, options: object) -> SamplerSpec:
    """Which sampler is wrapped.

    Raises:
        InvalidStudy: it is none, or cannot be wrapped.
    """
    if not isinstance(sampler, str) or sampler in UNFIT:
        raise InvalidStudy(
            f"option sampler is {shown(sampler)}: expected the name of one that learns from trials"
        )
    if options is not None and not isinstance(options, Mapping):
        raise InvalidStudy(f"option options is {shown(options)}: expected a dict {{name: value}}")
    return SamplerSpec(name=sampler, options=options or {})


def _trials(history: History, rows: Array, losses: Array) -> list[Trial]:
    """Complete trials for a view; their numbers come before all of the study's own."""
    return [
        Trial(
            study="",
            uid=Uid(""),
            number=-1 - place,
            params=history.cube.params(row),
            state=TrialState.COMPLETE,
            loss=loss,
            value=history.direction.loss(loss),
        )
        for place, (row, loss) in enumerate(zip(rows, losses.tolist(), strict=True))
    ]


def _told(trust: float, soundness: float, known: int) -> str:
    """What is made of a source by now, where ``known`` trials are complete."""
    if not agreement.need(known):
        return "is left, since there are trials enough"
    if not trust:
        return "does not agree: left out"
    if not soundness:
        return "has losses that do not tell of each other: no more than its best points are tried"
    return f"{'agrees' if known else 'is not tested yet'}: weight {trust * soundness:.1f}"
