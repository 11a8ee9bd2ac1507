"""Ask and tell: parzen's samplers for a loop of one's own, without a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from parzen.client import staging, terms, warming
from parzen.client.best import Best, best_of
from parzen.coordinator.history import History
from parzen.coordinator.samplers.own import OwnSampler
from parzen.coordinator.samplers.protocol import Sampler, explained, memo_of
from parzen.coordinator.samplers.registry import make
from parzen.shared.errors import InvalidInput, InvalidResult, InvalidStudy, NotFound
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Completed, Proposed, SamplerSpec, Trial, Uid
from parzen.shared.space import Space
from parzen.worker.result import normalise

SEED_LEAST = -(2**63)
ENDS = tuple(state.value for state in TrialState if state.finished)


class Optimizer:
    """A search whose trials the caller runs.

    Trials that were asked for and not told yet are taken into account, so any number may run at
    once; they may be told in any order. The same calls give the same trials.

    Args:
        space: the search space, as a :class:`~parzen.shared.space.Space` or what makes one.
        sampler: what proposes: a name that `parzen samplers` lists, such as "auto"; a SamplerSpec
            with options and perhaps the seed; or a function
            ``choose(seen, rng)`` of your own, see `docs/samplers.md`.
        seed: any integer.
        direction: "minimize" or "maximize" what is told.
        stages: as for :class:`~parzen.client.study.Study`; ``sampler`` and ``options`` are for
            those that name no sampler.
        start: {parameter: value} of what stages hold before a trial is complete.
        warm_start: another Optimizer, or trials such as those of ``handle.trials()``, to learn
            from as far as this search turns out like them; see `docs/warm-starts.md`.
        options: the sampler's own.

    Raises:
        InvalidSpace: the space cannot be searched.
        InvalidStudy: there is no such sampler, option or direction, or one is given twice.
    """

    def __init__(
        self,
        space: object,
        sampler: str | SamplerSpec | Callable[..., Any] = "auto",
        seed: int = 0,
        direction: str = "minimize",
        *,
        stages: Sequence[staging.Stage] | None = None,
        start: Mapping[str, Any] | None = None,
        warm_start: Optimizer | Sequence[Trial] = (),
        **options: Any,
    ) -> None:
        self.space = space if isinstance(space, Space) else Space(space)
        self.direction = terms.direction(direction)
        self._seed = int(terms.whole("seed", seed, least=SEED_LEAST))
        spec = terms.sampler(sampler, self._seed)
        if options and spec.function is not None:
            raise InvalidStudy(
                f"the sampler {spec.function!r} is given with the options {sorted(options)}: a "
                "function takes none; bind them with functools.partial"
            )
        if options and spec.options:
            raise InvalidStudy(
                f"options are given twice, as {sorted(options)} and in the sampler's "
                f"{sorted(spec.options)}: give them in one place"
            )
        own = replace(spec, options={**spec.options, **options})
        spec = staging.composed(stages, start, own)
        if warm_start:
            spec = self._warmed(spec, warm_start)
        self._seed = spec.seed
        self._sampler: Sampler = (
            OwnSampler(sampler) if callable(sampler) else make(spec, self.space.dimensions)
        )
        self._name = spec.name
        self._history = History(self.space.dimensions, self.direction)
        self._trials: list[Trial] = []

    def __repr__(self) -> str:
        """How far it is."""
        best = self.best
        found = f"best {best.value!r}" if best else "nothing found yet"
        return f"<Optimizer: {len(self._trials)} trials, {found}>"

    @property
    def trials(self) -> Sequence[Trial]:
        """Every trial that was asked for, by number."""
        return tuple(self._trials)

    @property
    def best(self) -> Best | None:
        """The best trial that was told, the first of equals; None before any was."""
        found = self._history.best
        return best_of(self._trials[found[0]], self.space) if found else None

    @property
    def proposing(self) -> str | None:
        """Who proposes at this point and why, in one line; None where the sampler does not say."""
        return explained(self._sampler, self._history)

    def ask(self, n: int = 1) -> list[Trial]:
        """Propose ``n`` trials, each with its ``number`` and its flat ``params``.

        ``optimizer.space.build(trial.params)`` gives the shape that was declared. Fewer come back,
        in the end none, where every point of a finite space was asked for.

        Raises:
            InvalidProposal: a sampler of your own proposed what does not lie in the space.
        """
        count = int(terms.whole("n", n, least=0))
        numbers = range(len(self._trials), len(self._trials) + count)
        proposed = self._sampler.propose(self._history, numbers, self._seed)
        asked = [
            Trial(
                study="",
                uid=Uid(""),
                number=number,
                params=params,
                state=TrialState.RUNNING,
                proposed=Proposed(sampler=self._name, memo=memo_of(params)),
            )
            for number, params in zip(numbers, proposed, strict=False)
        ]
        for trial in asked:
            self._history.put(trial)
        self._trials += asked
        return asked

    def tell(self, number: int, loss: object = None, *, state: str = "complete") -> Trial:
        """Say how trial ``number`` ended.

        Args:
            number: the trial's, as asked.
            loss: what the objective returned: a finite number, or a dict with "loss". Where the
                direction is maximize it is the value to maximise, in a dict under "value".
            state: "complete", or "failed", "pruned" or "cancelled" without a loss.

        Returns:
            The trial as it stands now.

        Raises:
            NotFound: no such trial was asked for.
            InvalidResult: the loss is no finite number.
            InvalidInput: the trial was told before, or the state is unknown.
        """
        trial = self._open_trial(number)
        end = _end(state)
        if end is TrialState.COMPLETE:
            told = self._completed(trial, loss)
        elif loss is None:
            told = replace(trial, state=end)
        else:
            raise InvalidInput(
                f"trial {number} is told {state!r} with the loss {loss!r}: expected no loss; "
                "leave it out, or leave out the state"
            )
        self._trials[trial.number] = told
        self._history.put(told)
        return told

    def _warmed(self, spec: SamplerSpec, given: Optimizer | Sequence[Trial]) -> SamplerSpec:
        warming.refuse_function(spec)
        trials = given.trials if isinstance(given, Optimizer) else given
        return warming.composed(spec, self.space.dimensions, warming.by_study(trials))[0]

    def _open_trial(self, number: int) -> Trial:
        if isinstance(number, bool) or not hasattr(number, "__index__"):
            raise InvalidInput(f"number is {number!r}: expected a trial's number, as asked")
        index = number.__index__()
        if not 0 <= index < len(self._trials):
            asked = f"0 to {len(self._trials) - 1}" if self._trials else "none yet"
            raise NotFound(
                f"there is no trial {index}: expected one that was asked for ({asked}); ask() first"
            )
        trial = self._trials[index]
        if trial.state.finished:
            raise InvalidInput(
                f"trial {index} was told before, as {trial.state.value}: tell each trial once"
            )
        return trial

    def _completed(self, trial: Trial, loss: object) -> Trial:
        try:
            outcome: Completed = normalise(loss, self.direction)
        except InvalidResult as error:
            raise InvalidResult(f"trial {trial.number} cannot be told this: {error}") from None
        return replace(
            trial,
            state=TrialState.COMPLETE,
            value=outcome.value,
            loss=self.direction.loss(outcome.value),
            result=outcome.result,
        )


def _end(state: str) -> TrialState:
    if state not in ENDS:
        raise InvalidInput(f"state is {state!r}: expected one of {', '.join(ENDS)}")
    return TrialState(state)
