"""Losses as a Gaussian process likes them: of ordinary size, and without a long tail of bad ones.

Only the order of the good losses and their distances matter to a search; how bad the bad ones are,
which may be anything, does not. So losses above the median are taken by their logarithm.
"""

from __future__ import annotations

import numpy as np

from parzen.coordinator.law import Array

GOOD = 0.1
"""The distance from the median to this quantile is the unit."""
LEAST = 1e-100
"""The unit is at least this share of the largest loss, so that nothing overflows."""


def standardised(losses: Array) -> Array:
    """Of mean 0 and variance 1, in the order of ``losses`` (n,), n > 0; all 0 where they are equal.

    z = (loss - median) / (median - 10 % quantile), log(1 + z) where z > 0, then standardised.
    """
    y = losses / (np.abs(losses).max() or 1.0)
    middle = np.median(y)
    unit = middle - np.quantile(y, GOOD)
    if not unit > 0:
        unit = np.abs(y - middle).mean()
    z = shortened((y - middle) / max(unit, LEAST))
    z -= z.mean()
    spread = z.std()
    scaled: Array = z / spread if spread > 0 else np.zeros(len(z))
    return scaled


def shortened(z: Array) -> Array:
    """``z`` with the logarithm, log(1 + z), of what lies above 0."""
    shorter: Array = np.where(z > 0, np.log1p(np.maximum(z, 0.0)), z)
    return shorter
