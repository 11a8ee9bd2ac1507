"""Hyperopt's ``anneal``: ever narrower around the best trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.hyperopt.documents import Doc


def suggest(
    new_ids: Sequence[Any],
    domain: Any,
    trials: Any,
    seed: int,
    avg_best_idx: float | None = None,
    shrink_coef: float | None = None,
) -> list[Doc]:
    """New trials near good ones, the nearer the more trials there are.

    Args:
        new_ids: the ids of the trials to be.
        domain: what is searched.
        trials: what is known.
        seed: what the proposals are drawn from.
        avg_best_idx: the mean rank of the good trials that are looked around, 2 if None.
        shrink_coef: how fast the neighbourhood shrinks, 0.1 if None.

    Raises:
        InvalidStudy: an option is out of range.
    """
    from parzen.hyperopt import proposing  # noqa: PLC0415 - a worker needs no sampler

    options = sampler_options(avg_best_idx, shrink_coef)
    return proposing.suggest("anneal", new_ids, domain, trials, seed, options)


def sampler_options(
    avg_best_idx: float | None = None, shrink_coef: float | None = None
) -> dict[str, Any]:
    """Hyperopt's options as those of parzen's sampler; what is None is left to it."""
    return {"mean_rank": avg_best_idx, "cooling": shrink_coef}
