"""The default: the methods whose turn it is, by the study's circumstances.

A Gaussian process that ranks TPE's candidates learns more from a few trials than densities do; TPE
costs less, and spreads better where many trials run at once; where a long study is about numbers
alone CMA-ES refines what the process found; and gradients, where an objective tells them, show the
way at once. :mod:`parzen.coordinator.samplers.choosing` has the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.util import find_spec

from parzen.coordinator.history import History
from parzen.coordinator.outlook import Outlook
from parzen.coordinator.samplers import branches, choosing, completing, novelty, ranking, streams
from parzen.coordinator.samplers.choosing import Circumstances, Method
from parzen.coordinator.samplers.cmaes import CMAESSampler
from parzen.coordinator.samplers.gradient import GradientSampler
from parzen.coordinator.samplers.protocol import Sampler
from parzen.coordinator.samplers.ranking import Ranking
from parzen.coordinator.samplers.threads import one_thread
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.coordinator.samplers.turns import in_turns
from parzen.shared.dimensions import Dimension, Params

LATELY = 20
"""The objective tells gradients if one of so many trials did, the last that ended."""


class AutoSampler:
    """TPE, a Gaussian process and others, each where it serves; the default.

    Args:
        dimensions: the space.
        n_startup_trials: trials numbered below this come from a Sobol sequence; fewer where
            ``max_trials`` is small.
        n_ei_candidates: as for TPE, where it proposes alone.
        gamma: as for TPE.
        prior_weight: as for TPE.

    Raises:
        InvalidStudy: an option is out of range.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        *,
        n_startup_trials: int = 10,
        n_ei_candidates: int = 64,
        gamma: float = 0.1,
        prior_weight: float = 1.0,
    ) -> None:
        self._dimensions = tuple(dimensions)
        self._tpe_with = partial(
            TPESampler,
            self._dimensions,
            n_ei_candidates=n_ei_candidates,
            gamma=gamma,
            prior_weight=prior_weight,
        )
        self._start = n_startup_trials
        self._tpes = {n_startup_trials: self._tpe_with(n_startup_trials=n_startup_trials)}
        self._members: Mapping[Method, Sampler] = _others(self._dimensions)
        self._hyperparameters = ranking.Hyperparameters()

    def propose(self, history: History, numbers: Sequence[int], seed: int) -> Sequence[Params]:
        """See :class:`~parzen.coordinator.samplers.protocol.Sampler`."""
        methods = dict(self._methods(history, numbers, seed))
        with one_thread():
            own = self._own(history, methods, seed)

            def its(turn: Method | None, history: History, row: Sequence[int]) -> Sequence[Params]:
                if turn is None:
                    return novelty.batch(history, row, own)
                return self._members[turn].propose(history, row, seed)

            def whose(number: int) -> Method | None:
                return methods[number] if methods[number] in self._members else None

            return in_turns(history, numbers, whose, its)

    def explain(self, history: History) -> str:
        """See :class:`~parzen.coordinator.samplers.protocol.Explaining`."""
        pending = len(history.pending())
        return choosing.told(self._now(history, history.created, pending))

    def _own(
        self, history: History, methods: Mapping[int, Method], seed: int
    ) -> Callable[[Outlook, int], novelty.Point | None]:
        """What proposes where it is the start's, TPE's or the process's turn.

        All that those proposals share, since they are made on the same results, is made here.
        """
        tpe = self._tpe(history)
        ranked = [n for n, method in methods.items() if method is Method.PROCESS]
        others = [n for n, method in methods.items() if method in (Method.START, Method.TPE)]
        rest = tpe.round(history, others, seed)
        shared: Ranking | None = None
        if ranked:
            theta = self._hyperparameters.of(history)
            shared = Ranking(history, theta, tpe.good(history).sample, seed)

        def one(outlook: Outlook, number: int) -> novelty.Point | None:
            if shared is None or methods[number] is not Method.PROCESS:
                return tpe.one(outlook, number, seed, rest)
            return shared.one(outlook, number, seed)

        return one

    def _methods(
        self, history: History, numbers: Sequence[int], seed: int
    ) -> Iterator[tuple[int, Method]]:
        """Whose turn each of ``numbers`` is."""
        pending = len(history.pending())
        for place, number in enumerate(numbers):
            now = self._now(history, number, pending + place)
            method = choosing.chosen(now, streams.for_choice(seed, number).random())
            if method is Method.PROCESS and not _may_rank(history, number, seed):
                method = Method.TPE
            yield number, method

    def _now(self, history: History, number: int, pending: int) -> Circumstances:
        moved = len(completing.moved(history.cube))
        return Circumstances(
            number=number,
            start=self._start,
            budget=history.budget,
            pending=pending,
            seconds_per_trial=history.seconds_per_trial,
            numbers=Method.EVOLUTION in self._members and 1 < moved == history.cube.width,
            gradients=any(history.gradient(n) for n in history.ended[-LATELY:]),
        )

    def _tpe(self, history: History) -> TPESampler:
        """TPE, with a start that is short where the budget is small."""
        start = self._now(history, 0, 0).begins
        if start not in self._tpes:
            self._tpes[start] = self._tpe_with(n_startup_trials=start)
        return self._tpes[start]


def _may_rank(history: History, number: int, seed: int) -> bool:
    """Whether there is enough to rank by; visits to branches are TPE's."""
    known = len(history.ranked_numbers) >= ranking.FEWEST
    return known and branches.visited(history.cube, seed, number) is None


def _others(dimensions: Sequence[Dimension]) -> Mapping[Method, Sampler]:
    """The methods that are samplers of their own."""
    members: dict[Method, Sampler] = {Method.DESCENT: GradientSampler(dimensions)}
    if find_spec("cmaes") is not None:
        members[Method.EVOLUTION] = CMAESSampler(dimensions)
    return members
