"""A search in stages: first the network, then its optimiser, its regularisation, its schedule.

A small network learns to tell two spirals apart. Each stage searches some of its parameters while
the others stay at the best found so far; `parzen status staged` says which one it is in.

    python examples/staged.py
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from parzen.client import Choice, Float, Int, Stage, Study

SPACE = {
    "layers": Int(1, 3),
    "width": Int(4, 48, log=True),
    "optimiser": Choice(
        {
            "momentum": {"lr": Float(1e-3, 1.0, log=True), "beta": Float(0.0, 0.95)},
            "adam": {"lr": Float(1e-4, 1e-1, log=True)},
        }
    ),
    "decay": Float(1e-6, 1e-1, log=True),
    "jitter": Float(0.0, 0.5),
    "batch": Choice([16, 32, 64]),
    "epochs": Int(4, 24),
}

STAGES = [
    Stage("architecture", free=["layers", "width"], trials=12),
    Stage("optimiser", free=["optimiser"], trials=16),  # with the lr and beta of each
    Stage("regularisation", free=["decay", "jitter"], trials=12),
    Stage("schedule", free=["batch", "epochs"], trials=8),
]

START = {"optimiser": "adam", "optimiser/adam/lr": 0.001, "decay": 1e-4, "jitter": 0.0}
"""Where what is not searched yet stands; what is not named here is at the middle of its range."""


def spirals(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points (n, 2) of two spirals, and 0 or 1 for the spiral of each."""
    label = rng.integers(0, 2, count)
    turn = 4.0 * np.sqrt(rng.random(count))
    angle = turn + np.pi * label
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1) * turn[:, None] / 4.0
    return points + rng.normal(0.0, 0.04, points.shape), label.astype(float)


class Network:
    """Layers of tanh and a logistic output, with the weights' moments for its optimiser."""

    def __init__(self, layers: int, width: int, rng: np.random.Generator) -> None:
        sizes = [2, *[width] * layers, 1]
        self.weights = [rng.normal(0.0, 1.0 / np.sqrt(a), (a + 1, b)) for a, b in pairwise(sizes)]
        self.first = [np.zeros_like(w) for w in self.weights]
        self.second = [np.zeros_like(w) for w in self.weights]
        self.steps = 0

    def activations(self, points: np.ndarray) -> list[np.ndarray]:
        """The inputs of each layer with a 1 for its bias, and the logits."""
        found, last = [], points
        for depth, weight in enumerate(self.weights):
            found.append(np.hstack([last, np.ones((len(last), 1))]))
            last = found[-1] @ weight
            if depth + 1 < len(self.weights):
                last = np.tanh(last)
        return [*found, last]

    def loss(self, points: np.ndarray, label: np.ndarray) -> float:
        """The mean cross-entropy."""
        logit = self.activations(points)[-1][:, 0]
        return float(np.mean(np.logaddexp(0.0, logit) - label * logit))

    def step(
        self, points: np.ndarray, label: np.ndarray, optimiser: Mapping[str, Any], decay: float
    ) -> None:
        """Move the weights down the slope at one batch."""
        *inputs, logit = self.activations(points)
        slope = (1.0 / (1.0 + np.exp(-np.clip(logit, -50, 50))) - label[:, None]) / len(label)
        self.steps += 1
        for depth in reversed(range(len(self.weights))):
            weight = self.weights[depth]
            gradient = inputs[depth].T @ slope + decay * weight
            slope = (slope @ weight[:-1].T) * (1.0 - inputs[depth][:, :-1] ** 2)
            self.weights[depth] = weight - self._move(depth, gradient, optimiser)

    def _move(self, depth: int, gradient: np.ndarray, optimiser: Mapping[str, Any]) -> np.ndarray:
        [(name, its)] = optimiser.items()
        if name == "momentum":
            self.first[depth] = its["beta"] * self.first[depth] + gradient
            return np.asarray(np.clip(its["lr"] * self.first[depth], -1.0, 1.0))
        self.first[depth] += 0.1 * (gradient - self.first[depth])
        self.second[depth] += 0.001 * (gradient**2 - self.second[depth])
        first = self.first[depth] / (1 - 0.9**self.steps)
        second = self.second[depth] / (1 - 0.999**self.steps)
        return np.asarray(its["lr"] * first / (np.sqrt(second) + 1e-8))


def objective(params: Mapping[str, Any]) -> dict[str, float]:
    """Train a network; its loss on points that it has not seen."""
    rng = np.random.default_rng(0)
    points, label = spirals(256, rng)
    unseen = spirals(256, rng)
    network = Network(params["layers"], params["width"], rng)
    for _ in range(params["epochs"]):
        order = rng.permutation(len(points))
        for start in range(0, len(points), params["batch"]):
            some = order[start : start + params["batch"]]
            moved = points[some] + rng.normal(0.0, params["jitter"], (len(some), 2))
            network.step(moved, label[some], params["optimiser"], params["decay"])
    return {"loss": network.loss(*unseen), "training": network.loss(points, label)}


study = Study(
    "staged",
    space=SPACE,
    objective=objective,
    stages=STAGES,
    start=START,
    seed=1,
)

if __name__ == "__main__":
    handle = study.run(workers=2)
    losses = [(trial.number, trial.loss) for trial in handle.trials() if trial.loss is not None]
    first = 0
    for stage in STAGES:
        last = first + (stage.trials or 0)
        best = min(loss for number, loss in losses if first <= number < last)
        print(f"{stage.name:<15} trials {first} to {last - 1}: {best:.4f}")
        first = last
    print(f"best: {handle.best.nested if handle.best else None}")
