"""Hyperopt's ``rand``: independent draws from the space's own distributions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parzen.hyperopt.documents import Columns, Doc, misc_of
from parzen.hyperopt.walking import drawn, vectors


def suggest(new_ids: Sequence[Any], domain: Any, trials: Any, seed: int) -> list[Doc]:
    """New trials, each drawn at random.

    Args:
        new_ids: the ids of the trials to be.
        domain: what is searched.
        trials: what is known, which does not matter here.
        seed: what they are drawn from.
    """
    rng = np.random.default_rng(int(seed))
    docs: list[Doc] = []
    for tid in new_ids:
        misc = misc_of(tid, drawn(domain.expr, rng), domain.params, domain)
        docs += trials.new_trial_docs([tid], [None], [domain.new_result()], [misc])
    return docs


def suggest_batch(
    new_ids: Sequence[Any], domain: Any, trials: Any, seed: int
) -> tuple[Columns, Columns]:
    """Draws for ``new_ids``: by label the ids where it takes part, and its values."""
    del trials
    return vectors(domain.expr, new_ids, np.random.default_rng(int(seed)))
