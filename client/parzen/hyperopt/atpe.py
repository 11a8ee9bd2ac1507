"""Hyperopt's ``atpe``: parzen's ``auto``, which adapts to what a search has found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.hyperopt.documents import Doc


def suggest(new_ids: Sequence[Any], domain: Any, trials: Any, seed: int) -> list[Doc]:
    """New trials, by TPE and a Gaussian process.

    Args:
        new_ids: the ids of the trials to be.
        domain: what is searched.
        trials: what is known.
        seed: what the proposals are drawn from.
    """
    from parzen.hyperopt import proposing  # noqa: PLC0415 - a worker needs no sampler

    return proposing.suggest("auto", new_ids, domain, trials, seed)
