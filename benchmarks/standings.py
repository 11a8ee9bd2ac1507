"""How samplers do on each class of problems, and beside the implementations by others."""

from __future__ import annotations

from dataclasses import dataclass

import classes
import numpy as np
import scores
from kept import Kept
from scores import Array, Estimate

BUDGETS = (100, 200)
"""The numbers of trials at which classes are looked at."""

ABOVE, WITHIN, BELOW = "above", "within", "below"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One sampler on one class of problems, with random search on the same runs.

    Attributes:
        workers: how many workers.
        budget: after how many ended trials.
        sampler: as it is written.
        family: the class.
        declared: whether the sampler is for this class.
        problems: how many problems enter.
        pairs: how many (problem, seed) do.
        score: the sampler's.
        difference: its score less random search's.
        verdict: "above" where the interval of the difference lies above 0, "below" where it lies
            below, else "within", as one run alone always is.
    """

    workers: int
    budget: int
    sampler: str
    family: str
    declared: bool
    problems: int
    pairs: int
    score: Estimate
    difference: Estimate
    verdict: str

    @property
    def fails(self) -> bool:
        """Whether the sampler is for this class, and is not shown to beat random search on it."""
        return self.declared and self.verdict != ABOVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One of parzen's samplers less an implementation of the same method by others.

    Attributes:
        workers: how many workers.
        budget: after how many ended trials.
        sampler: parzen's, as it is written.
        peer: the other.
        on: "all" problems, or, where these are fewer, those of the "declared" classes.
        problems: how many problems enter.
        pairs: how many (problem, seed) do.
        difference: of the scores.
        verdict: "above", "within" or "below", as in :class:`Standing`.
    """

    workers: int
    budget: int
    sampler: str
    peer: str
    on: str
    problems: int
    pairs: int
    difference: Estimate
    verdict: str


def standings(kept: Kept) -> list[Standing]:
    """All samplers on all classes, where random search ran as a sampler too."""
    found = []
    for workers, budget in kept.columns():
        base = kept.scores.get((classes.BASE, workers, budget))
        if base is None or budget not in BUDGETS:
            continue
        for sampler in kept.shown(workers, budget):
            if sampler != classes.BASE:
                found += _of_classes(kept, sampler, workers, budget, base)
    return found


def _of_classes(kept: Kept, sampler: str, workers: int, budget: int, base: Array) -> list[Standing]:
    declared, found = classes.of(sampler).classes, []
    for family in dict.fromkeys(kept.families):
        rows = np.array(kept.families) == family
        own, random = scores.complete(
            np.stack([kept.scores[sampler, workers, budget][rows], base[rows]])
        )
        if np.isnan(own).all():
            continue
        difference = scores.difference(own, random)
        problems, pairs = _counts(own)
        found.append(
            Standing(
                workers=workers,
                budget=budget,
                sampler=sampler,
                family=family,
                declared=family in declared,
                problems=problems,
                pairs=pairs,
                score=scores.estimates(own[None])[0],
                difference=difference,
                verdict=_verdict(difference, pairs),
            )
        )
    return found


def matches(kept: Kept) -> list[Match]:
    """Parzen's samplers beside their peers, where both ran: on all problems, and on their own."""
    found = []
    for workers, budget in kept.columns():
        shown = kept.shown(workers, budget)
        for sampler in shown:
            for peer in (peer for peer in classes.of(sampler).peers if peer in shown):
                found += _between(kept, sampler, peer, workers, budget)
    return found


def _between(kept: Kept, sampler: str, peer: str, workers: int, budget: int) -> list[Match]:
    everywhere = np.full(len(kept.families), fill_value=True)
    its = np.isin(kept.families, list(classes.of(sampler).classes))
    found = []
    for on, rows in (("all", everywhere), *(() if its.all() else [("declared", its)])):
        differences = (
            kept.scores[sampler, workers, budget][rows] - kept.scores[peer, workers, budget][rows]
        )
        if np.isnan(differences).all():
            continue
        difference = scores.estimates(differences[None])[0]
        problems, pairs = _counts(differences)
        found.append(
            Match(
                workers=workers,
                budget=budget,
                sampler=sampler,
                peer=peer,
                on=on,
                problems=problems,
                pairs=pairs,
                difference=difference,
                verdict=_verdict(difference, pairs),
            )
        )
    return found


def _counts(figures: Array) -> tuple[int, int]:
    """How many problems and how many (problem, seed) there are."""
    there = ~np.isnan(figures)
    return int(there.any(axis=1).sum()), int(there.sum())


def _verdict(difference: Estimate, pairs: int) -> str:
    if pairs == 1:
        return WITHIN  # nobody knows how another would have gone
    if difference.low > 0:
        return ABOVE
    return BELOW if difference.high < 0 else WITHIN
