"""Hyperopt's ``tpe``: proposals by parzen's tree-structured Parzen estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.hyperopt.documents import Doc

GAMMA = 0.4
"""What Hyperopt's gamma is multiplied by: its usual 0.25 is then parzen's usual 0.1."""

MOST = 0.99
"""Some trials must be left that are not good."""


def suggest(
    new_ids: Sequence[Any],
    domain: Any,
    trials: Any,
    seed: int,
    prior_weight: float | None = None,
    n_startup_jobs: int | None = None,
    n_EI_candidates: int | None = None,  # noqa: N803 - Hyperopt's name
    gamma: float | None = None,
    verbose: bool = True,
) -> list[Doc]:
    """New trials, where good ones are dense and bad ones are not.

    What is not given is as parzen's own measurements have it.

    Args:
        new_ids: the ids of the trials to be.
        domain: what is searched.
        trials: what is known.
        seed: what the proposals are drawn from.
        prior_weight: what the prior weighs in each density, in trials.
        n_startup_jobs: so many trials come from a Sobol sequence first.
        n_EI_candidates: points that are compared for each proposal.
        gamma: how many trials count as good: with 0.25 one tenth, in proportion with others.
        verbose: accepted.

    Raises:
        InvalidStudy: an option is out of range.
    """
    from parzen.hyperopt import proposing  # noqa: PLC0415 - a worker needs no sampler

    del verbose
    options = sampler_options(prior_weight, n_startup_jobs, n_EI_candidates, gamma)
    return proposing.suggest("tpe", new_ids, domain, trials, seed, options)


def sampler_options(
    prior_weight: float | None = None,
    n_startup_jobs: int | None = None,
    n_EI_candidates: int | None = None,  # noqa: N803 - Hyperopt's name
    gamma: float | None = None,
) -> dict[str, Any]:
    """Hyperopt's options as those of parzen's sampler; what is None is left to it."""
    scaled = min(GAMMA * gamma, MOST) if isinstance(gamma, (int, float)) else gamma
    return {
        "prior_weight": prior_weight,
        "n_startup_trials": _whole(n_startup_jobs),
        "n_ei_candidates": _whole(n_EI_candidates),
        "gamma": scaled,
    }


def _whole(value: Any) -> Any:
    """A float that is whole as an integer: ``max_evals * 0.2`` is meant as one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
