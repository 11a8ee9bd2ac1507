"""What a comparison says: scores, ranks, paired differences, shares kept, classes and pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scores
import standings
from kept import Kept
from peers import registry
from scores import Array, Estimate
from standings import Match, Standing

BEST_OF_OPTUNA = "best of Optuna"


@dataclass(frozen=True, slots=True)
class Cell:
    """The samplers at one number of workers and one budget, on the runs that all of them have.

    Those that cannot search every problem are not among them.

    Attributes:
        workers: how many workers.
        budget: after how many ended trials.
        pairs: how many (problem, seed) enter.
        problems: how many problems do.
        score: by sampler.
        rank: the mean rank, by sampler.
        families: mean score by family, by sampler.
    """

    workers: int
    budget: int
    pairs: int
    problems: int
    score: dict[str, Estimate]
    rank: dict[str, Estimate]
    families: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Contrast:
    """A paired figure of one sampler against another, or against itself with one worker.

    Attributes:
        workers: how many workers.
        budget: after how many ended trials.
        sampler: the one.
        against: the other.
        which: the sampler that ``against`` stood for.
        pairs: how many (problem, seed) enter.
        figure: the difference, or the share.
    """

    workers: int
    budget: int
    sampler: str
    against: str
    which: str
    pairs: int
    figure: Estimate


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a comparison."""

    kept: Kept
    cells: Sequence[Cell]
    differences: Sequence[Contrast]
    shares: Sequence[Contrast]
    standings: Sequence[Standing]
    matches: Sequence[Match]

    @staticmethod
    def is_own(sampler: str) -> bool:
        """Whether it is one of parzen's, random search apart."""
        return registry.is_own(_name(sampler)) and _name(sampler) != "random"

    def json(self) -> dict[str, Any]:
        """The figures, for JSON."""
        plan = self.kept.plan
        return {
            "benchmark": "quality",
            "problems": list(plan.problems),
            "samplers": list(plan.samplers),
            "seeds": plan.seeds,
            "cells": [asdict(cell) for cell in self.cells],
            "differences": [asdict(contrast) for contrast in self.differences],
            "shares_kept": [asdict(contrast) for contrast in self.shares],
            "classes": [asdict(standing) for standing in self.standings],
            "pairs": [asdict(match) for match in self.matches],
            "cpu_ms": [
                {"sampler": sampler, "setting": str(setting), "cpu_ms": cost}
                for (sampler, setting), cost in self.kept.cpu_ms.items()
            ],
            "missing": dict(self.kept.missing),
            "refused": self.kept.refused,
            "beaten": self.kept.beaten,
        }


def make(kept: Kept, against: str | None = None) -> Report:
    """The figures of what was kept.

    Args:
        kept: the runs.
        against: a sampler that all others are compared with; else parzen's are compared with the
            best of Optuna's and with every other estimator.
    """
    cells, differences, shares = [], [], []
    for workers, budget in kept.columns():
        shown = [s for s in kept.shown(workers, budget) if s not in kept.refused]
        if not shown:
            continue
        figures = scores.complete(np.stack([kept.scores[s, workers, budget] for s in shown]))
        if np.isnan(figures).all():
            continue
        cells.append(_cell(kept, shown, figures, workers, budget))
        by_name = dict(zip(shown, figures, strict=True))
        for sampler, label, which in _compared(by_name, against):
            difference = scores.difference(by_name[sampler], by_name[which])
            pairs = cells[-1].pairs
            differences.append(Contrast(workers, budget, sampler, label, which, pairs, difference))
        if workers > 1:
            shares += _shares(kept, shown, workers, budget)
    return Report(
        kept, cells, differences, shares, standings.standings(kept), standings.matches(kept)
    )


def _cell(kept: Kept, shown: Sequence[str], figures: Array, workers: int, budget: int) -> Cell:
    losses = np.stack([kept.losses[s, workers, budget] for s in shown])
    ranks = scores.ranks(np.where(np.isnan(figures), np.nan, losses))
    there = ~np.isnan(figures[0])
    families: dict[str, dict[str, float]] = {}
    for family in dict.fromkeys(kept.families):
        rows = np.array(kept.families) == family
        if there[rows].any():
            means = scores.means(figures[:, rows])
            families[family] = dict(zip(shown, map(float, means), strict=True))
    return Cell(
        workers=workers,
        budget=budget,
        pairs=int(there.sum()),
        problems=int(there.any(axis=1).sum()),
        score=dict(zip(shown, scores.estimates(figures), strict=True)),
        rank=dict(zip(shown, scores.estimates(ranks), strict=True)),
        families=families,
    )


def _compared(figures: dict[str, Array], against: str | None) -> list[tuple[str, str, str]]:
    """(sampler, what it is compared with, the sampler that this is) of all comparisons."""
    if against is not None:
        others = [s for s in figures if s != against]
        return [(s, against, against) for s in others] if against in figures else []
    optuna = [s for s in figures if _name(s) in registry.OPTUNA]
    best = max(optuna, key=lambda s: float(scores.means(figures[s][None])[0]), default=None)
    estimators = [s for s in figures if _name(s) in (*registry.TPES, "tpe")]
    compared = []
    for sampler in figures:
        if Report.is_own(sampler):
            compared += [(sampler, BEST_OF_OPTUNA, best)] if best is not None else []
            compared += [(sampler, s, s) for s in estimators if s != sampler]
    return compared


def _shares(kept: Kept, shown: Sequence[str], workers: int, budget: int) -> list[Contrast]:
    """What each sampler keeps of its score with one worker."""
    shares = []
    for sampler in shown:
        alone = kept.scores.get((sampler, 1, budget))
        if alone is not None:
            parallel = kept.scores[sampler, workers, budget]
            pairs = int((~np.isnan(parallel) & ~np.isnan(alone)).sum())
            if pairs:
                share = scores.ratio(parallel, alone)
                shares.append(Contrast(workers, budget, sampler, "1 worker", sampler, pairs, share))
    return shares


def _name(sampler: str) -> str:
    return registry.parse(sampler)[0]
