"""A distribution over the space that is trained, by REINFORCE, to draw points of low loss.

Source: Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement
learning" (1992); :mod:`parzen.coordinator.samplers.factors` says what else its steps are made of.

The training is replayed from the trials, in the order in which they ended, whoever proposed them. A
memo holds ``step``, how many steps the distribution had made that drew the trial: it tells how
likely the draw was. A trial without a memo counts as drawn from the prior.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

import numpy as np

from parzen.coordinator.history import History
from parzen.coordinator.law import Array
from parzen.coordinator.memos import BY
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import novelty, options, streams
from parzen.coordinator.samplers.factors import Factors, Sample
from parzen.coordinator.samplers.protocol import Remembered
from parzen.coordinator.samplers.threads import one_thread
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Dimension, Params

NAME = "policy"
STEP = "step"

WINDOW = 3
"""A step looks at so many batches, the last: old trials are used again, by their importance."""
DRAWS = 32
"""So many points are drawn until one is new; each leaves more of its parameters to the prior."""
FASTEST = 10.0
"""Learning rates are below this."""


class PolicySampler:
    """A distribution for each parameter, trained by what became of its draws.

    Args:
        dimensions: the space.
        learning_rate: what the length of all steps is multiplied by.
        batch: how many trials end from one step to the next, at least 2.

    Raises:
        InvalidStudy: an option is out of range.
    """

    def __init__(
        self, dimensions: Sequence[Dimension], *, learning_rate: float = 1.0, batch: int = 5
    ) -> None:
        rate = options.between("learning_rate", learning_rate, 0, FASTEST)
        self._training = Training(UnitCube(dimensions), rate, options.whole("batch", batch, 2))

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        with one_thread():
            steps, factors = self._training.after(history)

            def one(outlook: Outlook, number: int) -> novelty.Point | None:
                rng = streams.for_trial(seed, number)
                found = novelty.first_new(outlook, draws(factors, rng))
                if found is None:
                    return novelty.any_new(outlook, rng)
                return found[0], Remembered(found[1], {BY: NAME, STEP: steps})

            return novelty.batch(history, numbers, one)

    def explain(self, history: History) -> str:
        """See :class:`~parzen.coordinator.samplers.protocol.Explaining`."""
        steps, factors = self._training.after(history)
        told = [f"{steps} steps on {self._training.learned} trials"]
        if len(factors.log_sds):
            told.append(f"numbers vary by {math.exp(factors.log_sds.mean()):.0%} of their range")
        if len(factors.logits):
            told.append(f"likeliest options have {factors.probabilities.max(axis=1).mean():.0%}")
        return ", ".join(told)


def draws(factors: Factors, rng: np.random.Generator) -> Iterator[Array]:
    """Rows that the distribution draws, the later ones more and more from the prior."""
    cube = factors.cube
    for i in range(DRAWS):
        r, left, prior = rng.random((3, cube.width))
        row = factors.draw(r)
        for j in np.flatnonzero(left < i / DRAWS).tolist():
            row[j] = cube.axes[j].from_uniform(prior[j : j + 1])[0]
        yield cube.prune(row[None, :])[0]


class Training:
    """What a distribution learns from trials in the order in which they ended.

    It is a cache: a fresh one learns the same. The distribution after every step is kept, so that
    a trial that turns up in between, or is changed, costs only the steps after it.

    Args:
        cube: the space.
        rate: what the length of all steps is multiplied by.
        batch: how many trials end from one step to the next.
    """

    def __init__(self, cube: UnitCube, rate: float, batch: int) -> None:
        self._rate, self._batch = rate, batch
        self._stages = [Factors.first(cube)]
        """The distribution before the first step, and after each."""
        self._learned: list[int] = []
        self._drawn: list[Array] = []
        """With which log densities those of ``_learned`` were drawn."""
        self._stamps: dict[int, object] = {}

    @property
    def learned(self) -> int:
        """How many trials it has learned from."""
        return len(self._learned)

    def after(self, history: History) -> tuple[int, Factors]:
        """How many steps there are to make on what has ended, and the distribution after them."""
        self._unlearn(history.ended, history.differing(self._stamps))
        changed = history.differing(self._stamps)
        while len(history.ended) - self.learned >= self._batch:
            self._step(history, changed)
        return len(self._stages) - 1, self._stages[-1]

    def _unlearn(self, ended: Sequence[int], changed: Mapping[int, object]) -> None:
        """Go back to the last step before the first trial that is another than it was."""
        if ended[: self.learned] == self._learned and changed.keys().isdisjoint(self._stamps):
            return
        pairs = zip(self._learned, ended, strict=False)
        same = takewhile(lambda pair: pair[0] == pair[1] and pair[1] not in changed, pairs)
        kept = sum(1 for _ in same)
        steps = kept // self._batch
        for number in self._learned[steps * self._batch :]:
            del self._stamps[number]
        del self._stages[steps + 1 :]
        del self._learned[steps * self._batch :]
        del self._drawn[steps * self._batch :]

    def _step(self, history: History, changed: Mapping[int, object]) -> None:
        for number in history.ended[self.learned : self.learned + self._batch]:
            self._learned.append(number)
            self._drawn.append(self._drawn_with(history, number))
            self._stamps[number] = changed[number]
        seen = self._learned[-WINDOW * self._batch :]
        drawn = np.array(self._drawn[-WINDOW * self._batch :])
        sample = Sample(history.rows(seen), history.losses(seen), drawn)
        self._stages.append(self._stages[-1].step(sample, self._rate))

    def _drawn_with(self, history: History, number: int) -> Array:
        """The log densities, relative to the prior, with which the trial was drawn: (width,)."""
        row, memo = history.rows([number]), history.memo(number)
        step = memo.get(STEP) if memo is not None and memo[BY] == NAME else None
        if isinstance(step, int) and not isinstance(step, bool) and 0 <= step < len(self._stages):
            densities: Array = self._stages[step].log_densities(row)[0]
            return densities
        return np.zeros(row.shape[1])
