"""An objective that takes no time."""

from __future__ import annotations

import math

X_BEST, Y_BEST = 0.3, 0.7
LR_LOW, LR_HIGH = 1e-5, 1.0


def loss(x: float, y: float, lr: float) -> float:
    """The loss; smallest at x = 0.3, y = 0.7, lr = 1e-3."""
    return (x - X_BEST) ** 2 + (y - Y_BEST) ** 2 + (math.log10(lr) + 3.0) ** 2 / 10.0
