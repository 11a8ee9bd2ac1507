"""A choice whose options have parameters of their own, measured while it runs.

Gradient descent on a narrow valley: each optimizer has its own settings, only those of the chosen
one take part in a trial, and every trial reports how far it has come.

    python examples/conditional.py
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from parzen.client import Choice, Float, Int, Study

STEPS = 30

SPACE = {
    "lr": Float(1e-4, 1.0, log=True),
    "optimizer": Choice(
        {
            "momentum": {"beta": Float(0.0, 0.99)},
            "averaged": {"window": Int(2, 40, log=True)},
            "plain": {},
        }
    ),
}


def gradient(x: float, y: float) -> tuple[float, float]:
    """The slope of the valley x^2 + 25 y^2."""
    return 2.0 * x, 50.0 * y


def objective(params: Mapping[str, Any], trial: Any) -> dict[str, float]:
    """Descend from (8, 1) and return how high one ends, and how far from the lowest point."""
    [(name, options)] = params["optimizer"].items()
    x, y, push = 8.0, 1.0, (0.0, 0.0)
    for step in range(STEPS):
        slope = gradient(x, y)
        if name == "momentum":
            push = tuple_sum(scaled(push, options["beta"]), slope)
        elif name == "averaged":
            push = tuple_sum(scaled(push, 1 - 1 / options["window"]), scaled(slope, 0.5))
        else:
            push = slope
        x, y = x - params["lr"] * push[0], y - params["lr"] * push[1]
        height = min(x * x + 25.0 * y * y, 1e9)
        if step % 10 == 0:
            trial.report(step, height)
        if height >= 1e9:  # noqa: PLR2004 - it has left the valley for good
            break
    return {"loss": math.log10(height + 1e-12), "distance": math.hypot(x, y)}


def scaled(vector: tuple[float, float], factor: float) -> tuple[float, float]:
    """The vector times the factor."""
    return vector[0] * factor, vector[1] * factor


def tuple_sum(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """The sum of two vectors."""
    return a[0] + b[0], a[1] + b[1]


study = Study("conditional", space=SPACE, objective=objective, max_trials=40, seed=1)

if __name__ == "__main__":
    handle = study.run(workers=2)
    best = handle.best
    if best is not None:
        print(f"best loss {best.value:.2f} with {best.nested}")
