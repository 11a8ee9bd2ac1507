"""Hyperopt's ``mix``: one of several algorithms at random, for each proposal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parzen.shared.plain import shown

SLACK = 1e-6
"""By how much probabilities may miss 1."""


def suggest(
    new_ids: Sequence[Any],
    domain: Any,
    trials: Any,
    seed: int,
    p_suggest: Sequence[tuple[float, Callable[..., Any]]],
) -> Any:
    """New trials by one of several algorithms.

    Args:
        new_ids: the ids of the trials to be.
        domain: what is searched.
        trials: what is known.
        seed: what everything is drawn from.
        p_suggest: [(probability, algorithm), ...]; the probabilities sum to 1.

    Raises:
        ValueError: they do not.
    """
    weights = [weight for weight, _ in p_suggest]
    if not weights or min(weights) < 0 or abs(sum(weights) - 1) > SLACK:
        raise ValueError(
            f"the probabilities of p_suggest are {shown(weights)}: they must be positive and sum "
            "to 1"
        )
    rng = np.random.default_rng(int(seed))
    chosen = rng.choice(len(weights), p=np.array(weights) / sum(weights))
    return p_suggest[chosen][1](new_ids, domain, trials, int(rng.integers(2**31 - 1)))
