"""The smallest study: find where a parabola is lowest.

python examples/quadratic.py                  # everything on this machine
parzen submit examples/quadratic.py:study     # or leave it to workers elsewhere
"""

from __future__ import annotations

from collections.abc import Mapping

from parzen.client import Float, Study


def objective(params: Mapping[str, float]) -> float:
    """The height of the parabola, which is lowest at x = 2, y = -1."""
    return (params["x"] - 2.0) ** 2 + (params["y"] + 1.0) ** 2


study = Study(
    "quadratic",
    space={"x": Float(-10, 10), "y": Float(-10, 10)},
    objective=objective,
    max_trials=40,
)

if __name__ == "__main__":
    best = study.run(workers=2).best
    if best is not None:
        print(f"lowest at {best.nested}: {best.value:.4f}")
