"""How far one study's trials are believed to tell of another's, by how well the two agree.

What carries over from study to study is which points are better than which, not the losses: the
share of pairs that both rank alike is what weighs a source (Wistuba, Schilling and Schmidt-Thieme,
"Two-Stage Transfer Surrogate Model for Automatic Hyperparameter Optimization" (2016); Feurer,
Letham and Bakshy, "Scalable Meta-Learning for Bayesian Optimization using Ranking-Weighted Gaussian
Process Ensembles" (2018)).
"""

from __future__ import annotations

import numpy as np

from parzen.coordinator.law import Array

PRIOR, PRIOR_TRIALS = 0.8, 4.0
"""What is believed of an agreement that was not tested, and how many trials that belief is worth:
whoever names a source has a reason."""
LOW, HIGH = 0.4, 0.8
"""The agreements from which on a source counts, and counts in full. Losses that have nothing to do
with it agree by less than the first in all but a few of such tests, once 20 trials are complete."""
FADES, FORGOTTEN = 30, 60
"""From so many complete trials of its own on a study needs sources less, up to where it has enough.
"""


def concordance(predicted: Array, losses: Array) -> float:
    """How far ``losses`` (n,) are in the order of ``predicted`` (n,): from -1 to 1, by chance 0.

    Each pair counts by how far apart it is predicted, which makes little of those that are as good
    as equal, as all are about an optimum.
    """
    apart = np.subtract.outer(predicted, predicted)
    order = np.greater.outer(losses, losses).astype(float) - np.less.outer(losses, losses)
    total = float(np.abs(apart).sum())
    return float((apart * order).sum()) / total if total > 0 else 0.0


def trust(predicted: Array, losses: Array) -> float:
    """In [0, 1], what a source deserves that predicted ``losses`` (n,) as ``predicted`` (n,)."""
    count = len(losses)
    found = PRIOR_TRIALS * PRIOR + count * concordance(predicted, losses)
    believed = found / (PRIOR_TRIALS + count)
    return min(1.0, max(0.0, (believed - LOW) / (HIGH - LOW)))


def need(count: int) -> float:
    """In [0, 1], how far a study with so many complete trials is in need of others'."""
    return min(1.0, max(0.0, (FORGOTTEN - count) / (FORGOTTEN - FADES)))
