"""What the cache holds of a plan, as arrays of losses and scores."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import scores
import units
from plan import Plan, Setting
from scores import Array


@dataclass(frozen=True, slots=True)
class Kept:
    """The runs of a plan that were done.

    Attributes:
        plan: the plan.
        families: those of the plan's problems, in their order.
        losses: the exact losses of the incumbents by (sampler, workers, budget), each of the
            shape (problems, seeds), NaN where missing; samplers without any are left out.
        scores: the same as scores.
        cpu_ms: milliseconds of CPU for each proposal, by (sampler, setting).
        missing: how many units are not there, by what they are.
        refused: why samplers cannot search some problems, by sampler and problem.
        beaten: problems on which a run went below the lowest loss known, with the lowest found.
    """

    plan: Plan
    families: Sequence[str]
    losses: dict[tuple[str, int, int], Array] = field(default_factory=dict)
    scores: dict[tuple[str, int, int], Array] = field(default_factory=dict)
    cpu_ms: dict[tuple[str, Setting], float] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    refused: dict[str, dict[str, str]] = field(default_factory=dict)
    beaten: dict[str, float] = field(default_factory=dict)

    def columns(self) -> list[tuple[int, int]]:
        """(workers, budget) of all there is to show."""
        return sorted({(workers, budget) for _, workers, budget in self.losses})

    def shown(self, workers: int, budget: int) -> list[str]:
        """The samplers that have runs there, in the plan's order."""
        return [s for s in self.plan.samplers if (s, workers, budget) in self.losses]


def read(plan: Plan, cache: Path) -> Kept:
    """All of the plan that the cache holds."""
    problems = [units.problem(plan.suite, name) for name in plan.problems]
    kept = Kept(plan, [problem.family for problem in problems])
    references = [_reference(kept, name, cache) for name in plan.problems]
    for sampler in plan.samplers:
        for setting in plan.settings_of(sampler):
            _read_runs(kept, sampler, setting, cache)
    for key, losses in kept.losses.items():
        kept.scores[key] = _scores(losses, references, [p.best for p in problems], key[2])
    for index, problem in enumerate(problems):
        lowest = min(
            (float(np.nanmin(losses[index], initial=np.inf)) for losses in kept.losses.values()),
            default=np.inf,
        )
        if lowest < problem.best:
            kept.beaten[problem.name] = lowest
    return kept


def _reference(kept: Kept, problem: str, cache: Path) -> Mapping[str, Sequence[float]] | None:
    unit = units.Reference(problem, units.version(kept.plan.suite, problem, None))
    result = units.load(cache, unit)
    if result is None:
        kept.missing["references"] += 1
        return None
    exact: Mapping[str, Sequence[float]] = result["exact"]
    return exact


def _read_runs(kept: Kept, sampler: str, setting: Setting, cache: Path) -> None:
    plan = kept.plan
    costs: list[float] = []
    for row, problem in enumerate(plan.problems):
        for seed in range(plan.seeds):
            result = units.load(cache, plan.run(problem, sampler, setting, seed))
            if result is None:
                kept.missing[f"{sampler} {setting}"] += 1
            elif "refused" in result:
                kept.refused.setdefault(sampler, {})[problem] = result["refused"]
            else:
                costs.append(1e3 * result["cpu_s"] / result["asked"])
                _enter(kept, sampler, setting, (row, seed), result)
    if costs:
        kept.cpu_ms[sampler, setting] = statistics.fmean(costs)


def _enter(
    kept: Kept, sampler: str, setting: Setting, at: tuple[int, int], result: Mapping[str, Any]
) -> None:
    shape = (len(kept.plan.problems), kept.plan.seeds)
    for budget in units.BUDGETS:
        if budget <= setting.trials:
            key = (sampler, setting.workers, budget)
            losses = kept.losses.setdefault(key, np.full(shape, np.nan))
            losses[at] = units.incumbent_at(result["incumbents"], budget)


def _scores(
    losses: Array,
    references: Sequence[Mapping[str, Sequence[float]] | None],
    bests: Sequence[float],
    budget: int,
) -> Array:
    """The losses as scores; NaN where there is no reference."""
    result = np.full(losses.shape, np.nan)
    for row, (reference, best) in enumerate(zip(references, bests, strict=True)):
        if reference is not None:
            median = statistics.median(reference[str(budget)])
            result[row] = [
                np.nan if np.isnan(loss) else scores.score(loss, median, best)
                for loss in losses[row]
            ]
    return result
