"""A sampler that is a function of its user's own: ``choose(seen, rng)`` gives parameters.

A point may be proposed again, since objectives may be noisy: unlike the others', such a sampler
ends no study, its limits do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.samplers import streams
from parzen.shared import given
from parzen.shared.dimensions import Dimension, Params, Plain
from parzen.shared.errors import InvalidParams, InvalidProposal
from parzen.shared.plain import shown
from parzen.shared.signatures import full_name


@dataclass(frozen=True, slots=True)
class Tried:
    """A complete trial; ``loss`` is minimised: -value where the study's direction is maximize."""

    number: int
    params: Params
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a function knows when it proposes. Parameters are flat, and not to be changed."""

    number: int
    """The trial's that is to be proposed."""
    dimensions: tuple[Dimension, ...]
    """The space, flat: ``name kind low high log step choices`` of each parameter, and more."""
    trials: tuple[Tried, ...]
    """The complete trials, best first."""
    failed: tuple[Params, ...]
    """Of the trials that failed or were pruned, by number."""
    pending: tuple[Params, ...]
    """Of the trials that wait or run, by number, those of the same batch among them."""
    budget: int | None
    """How many trials the study may have; None where nobody says."""


Choose: TypeAlias = Callable[[Seen, np.random.Generator], Mapping[str, Any]]
"""Gives the flat parameters of one trial. Those that it leaves out are drawn from their prior.

The generator is the trial's own: whoever draws from nothing else gives the same proposals again.
"""


class OwnSampler:
    """Asks a function, one trial after the other.

    Args:
        choose: the function.
    """

    def __init__(self, choose: Choose) -> None:
        self._choose = choose
        self._name = full_name(choose)
        self._known: dict[int, object] = {}
        self._params: dict[int, Params] = {}
        self._tried: dict[int, Tried] = {}

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`.

        Raises:
            InvalidProposal: the function did not return a point of the space.
        """
        self._follow(history)
        trials = tuple(map(self._tried.__getitem__, history.ranked_numbers))
        failed = self._fitting(history.lossless)
        pending = {n: self._params[n] for n in history.pending() if n in self._params}
        proposed: list[Params] = []
        with history.supposing() as suppose:
            for number in numbers:
                seen = Seen(
                    number=number,
                    dimensions=history.cube.dimensions,
                    trials=trials,
                    failed=failed,
                    pending=tuple(pending[n] for n in sorted(pending)),
                    budget=history.budget,
                )
                params = self._one(seen, streams.for_trial(seed, number), history)
                suppose(number, params)
                pending[number] = _frozen(history.params(number))
                proposed.append(params)
        return proposed

    def _one(self, seen: Seen, rng: np.random.Generator, history: History) -> Params:
        found = self._choose(seen, rng)
        if not isinstance(found, Mapping):
            forgot = ": did it forget to return?" if found is None else ""
            raise InvalidProposal(
                f"the sampler {self._name!r} returned {shown(found)} for trial {seen.number}, "
                f"expected a dict {{parameter: value}}{forgot}"
            )
        axes = {axis.dimension.name: axis for axis in history.cube.axes}

        def draw(dimension: Dimension) -> Plain:
            axis = axes[dimension.name]
            return axis.decode(float(axis.from_uniform(rng.random(1))[0]))

        try:
            return given.completed(seen.dimensions, found, draw)
        except InvalidParams as error:
            raise InvalidProposal(
                f"what the sampler {self._name!r} returned for trial {seen.number} does not lie in "
                f"the space: {error}"
            ) from None

    def _follow(self, history: History) -> None:
        """Take in what has changed since the last time, so that nothing is decoded again."""
        for number in [n for n in self._known if not history.knows(n)]:
            self._forget(number)
            del self._known[number]
        changed = history.differing(self._known)
        for number in changed:
            self._forget(number)
            trial = history.trial(number)
            if trial is None:
                continue
            params = self._params[number] = _frozen(trial.params)
            if trial.loss is not None:
                self._tried[number] = Tried(number, params, trial.loss)
        self._known.update(changed)

    def _forget(self, number: int) -> None:
        self._params.pop(number, None)
        self._tried.pop(number, None)

    def _fitting(self, numbers: Sequence[int]) -> tuple[Params, ...]:
        return tuple(self._params[n] for n in numbers if n in self._params)


def _frozen(params: Params | None) -> Params:
    """A view that cannot be written to: the next proposal is shown the same."""
    return MappingProxyType(dict(params or {}))
