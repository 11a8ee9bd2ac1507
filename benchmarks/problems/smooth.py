"""Problems that tell the slope of their loss: penalties, a kernel, and Rosenbrock's valley.

Each is a model on data made here whose loss has an analytic gradient by its hyperparameters. Two
have a choice besides, which has no slope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
from problems.problem import HELD, TUNE, Gradient, Problem

from parzen.shared.dimensions import Dimension, Kind, Params, Plain
from parzen.shared.space import Choice, Float, Parameter, Space

Array = npt.NDArray[np.float64]
Both = Callable[[Params], tuple[float, Gradient]]
"""The loss and its gradient."""

STARTS = 8
"""From so many points, for each combination of options, the lowest loss is looked for."""


def loaders(half: str) -> dict[str, Callable[[], Problem]]:
    """What loads each problem of ``half``, by name, in order."""
    if half == TUNE:
        return {"ridge-penalties": _ridge, "process-evidence": _evidence}
    return {"logistic-penalties": _logistic, "rosenbrock-d10": _rosenbrock}


def _ridge() -> Problem:
    """Ridge regression with a penalty for each of 12 features, by its leave-one-out error.

    Source of the error: Allen 1974, "The relationship between variable selection and data
    augmentation and a method for prediction".
    """
    rng, rows, width = np.random.default_rng(1974), 50, 12
    x = rng.normal(size=(rows, width)) @ (np.eye(width) + 0.4 * rng.normal(size=(width, width)))
    weights = np.where(np.arange(width) < width // 2, 2.0 ** -np.arange(width), 0.0)
    y = x @ weights + rng.normal(size=rows)
    x, y = x - x.mean(axis=0), (y - y.mean()) / y.std()
    names = [f"penalty{j:02d}" for j in range(width)]

    def both(params: Params) -> tuple[float, Gradient]:
        inverse = np.linalg.inv(x.T @ x + np.diag(_numbers(params, names)))
        shares = x @ inverse
        fitted = inverse @ (x.T @ y)
        kept = 1.0 - 1.0 / rows - (shares * x).sum(axis=1)
        error = (y - x @ fitted) / kept
        change = (shares * fitted - shares**2 * error[:, None]) / kept[:, None]
        slopes = 2.0 / rows * (error @ change)
        return float(error @ error) / rows, _named(names, slopes)

    space = {name: Float(1e-2, 1e4, log=True) for name in names}
    return _problem("ridge-penalties", TUNE, space, both)


def _evidence() -> Problem:
    """The evidence of a Gaussian process of 6 inputs, half of which do not matter.

    Source: Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", eq. 5.9.
    """
    rng, rows, width = np.random.default_rng(2006), 40, 6
    x = rng.random((rows, width))
    y = np.sin(6.0 * x[:, 0]) + 2.0 * x[:, 1] * x[:, 2] + 0.1 * rng.normal(size=rows)
    y = (y - y.mean()) / y.std()
    apart = (x[:, None, :] - x[None, :, :]) ** 2
    lengths = [f"length{j}" for j in range(width)]
    kernels = {"exponential": _exponential, "matern-3": _matern3, "matern-5": _matern5}

    def both(params: Params) -> tuple[float, Gradient]:
        scales = _numbers(params, lengths)
        signal, noise = _numbers(params, ["signal", "noise"])
        correlation, slope = kernels[str(params["kernel"])](apart @ scales**-2.0)
        lower = np.linalg.cholesky(signal * correlation + noise * np.eye(rows))
        inverse = np.linalg.inv(lower)
        inverse = inverse.T @ inverse
        alpha = inverse @ y
        value = 0.5 * float(y @ alpha) + float(np.log(np.diag(lower)).sum())
        pull = 0.5 * (inverse - np.outer(alpha, alpha))
        by_length = np.tensordot(pull * slope, apart, 2) * (-2.0 * signal) * scales**-3.0
        slopes = np.array([*by_length, (pull * correlation).sum(), np.trace(pull)])
        return value / rows, _named([*lengths, "signal", "noise"], slopes / rows)

    space = {
        "kernel": Choice(list(kernels)),
        **{name: Float(0.02, 50.0, log=True) for name in lengths},
        "signal": Float(0.01, 100.0, log=True),
        "noise": Float(1e-4, 1.0, log=True),
    }
    return _problem("process-evidence", TUNE, space, both)


def _exponential(squared: Array) -> tuple[Array, Array]:
    """The correlation at squared distances, and its derivative by them, as of the two below."""
    correlation = np.exp(-0.5 * squared)
    return correlation, -0.5 * correlation


def _matern3(squared: Array) -> tuple[Array, Array]:
    r = np.sqrt(3.0 * squared)
    return (1.0 + r) * np.exp(-r), -1.5 * np.exp(-r)


def _matern5(squared: Array) -> tuple[Array, Array]:
    r = np.sqrt(5.0 * squared)
    return (1.0 + r + r**2 / 3.0) * np.exp(-r), -5.0 / 6.0 * (1.0 + r) * np.exp(-r)


def _logistic() -> Problem:
    """Logistic regression with a penalty for each of 8 groups of features, by its validation loss.

    The gradient follows from the implicit function theorem: Bengio 2000, "Gradient-based
    optimization of hyperparameters".
    """
    rng, groups, size = np.random.default_rng(2000), 8, 3
    width, rows, tested = groups * size, 120, 400
    group = np.repeat(np.arange(groups), size)
    raw = rng.normal(size=(rows + tested, width)) * np.exp(0.5 * rng.normal(size=width))
    weights = rng.normal(size=width) * 1.5 * 0.4**group
    y = (rng.random(rows + tested) < _chance(np.tanh(raw) @ weights)).astype(np.float64)
    features = {"raw": raw, "bounded": np.tanh(raw), "signs": np.sign(raw)}
    names = [f"penalty{j}" for j in range(groups)]

    def both(params: Params) -> tuple[float, Gradient]:
        x = features[str(params["features"])]
        penalties = _numbers(params, names)[group]
        w, curvature = _fitted(x[:rows], y[:rows], penalties)
        margins = x[rows:] @ w
        value = float((np.logaddexp(0.0, margins) - y[rows:] * margins).mean())
        by_weights = x[rows:].T @ (_chance(margins) - y[rows:]) / tested
        slopes = -np.linalg.solve(curvature, by_weights) * w
        return value, _named(names, slopes.reshape(groups, size).sum(axis=1))

    space = {
        "features": Choice(list(features)),
        **{name: Float(1e-2, 1e3, log=True) for name in names},
    }
    return _problem("logistic-penalties", HELD, space, both)


def _fitted(x: Array, y: Array, penalties: Array) -> tuple[Array, Array]:
    """The weights of a penalised logistic regression, and the curvature of its loss there."""
    w = np.zeros(x.shape[1])
    for _ in range(50):
        chance = _chance(x @ w)
        curvature = (x.T * (chance * (1.0 - chance))) @ x + np.diag(penalties)
        step = np.linalg.solve(curvature, x.T @ (chance - y) + penalties * w)
        w = w - step
        if np.abs(step).max() < 1e-9 * (1.0 + np.abs(w).max()):
            break
    return w, curvature


def _chance(margins: Array) -> Array:
    chance: Array = 0.5 * (1.0 + np.tanh(0.5 * margins))
    return chance


def _rosenbrock() -> Problem:
    """A curved valley in 10 dimensions.

    Source: Rosenbrock 1960, "An automatic method for finding the greatest or least value of a
    function".
    """
    names = [f"x{j}" for j in range(10)]

    def both(params: Params) -> tuple[float, Gradient]:
        x = _numbers(params, names)
        off, left = x[1:] - x[:-1] ** 2, 1.0 - x[:-1]
        slopes = np.zeros(len(x))
        slopes[1:] = 200.0 * off
        slopes[:-1] -= 400.0 * off * x[:-1] + 2.0 * left
        return float((100.0 * off**2 + left**2).sum()), _named(names, slopes)

    return _problem(
        "rosenbrock-d10", HELD, {name: Float(-2.048, 2.048) for name in names}, both, best=0.0
    )


def _problem(
    name: str, half: str, space: Mapping[str, Parameter], both: Both, best: float | None = None
) -> Problem:
    """The problem; where nobody knows the lowest loss, it is looked for."""
    dimensions = Space(space).dimensions
    return Problem(
        name=name,
        family="smooth",
        half=half,
        dimensions=dimensions,
        loss=lambda params: both(params)[0],
        gradient=lambda params: both(params)[1],
        best=_lowest(dimensions, both) if best is None else best,
    )


def _lowest(dimensions: Sequence[Dimension], both: Both) -> float:
    """The lowest loss that L-BFGS finds by the logarithms of all numbers, whatever the options."""
    from scipy.optimize import minimize  # noqa: PLC0415  # takes half a second

    numbers = [d for d in dimensions if d.kind is not Kind.CHOICE]
    names = [d.name for d in numbers]
    low, high = np.log(np.array([(d.low, d.high) for d in numbers], dtype=np.float64).T)
    starts = low + (high - low) * np.random.default_rng(0).random((STARTS, len(names)))

    def from_start(start: Array, options: Params) -> float:
        def climbed(x: Array) -> tuple[float, Array]:
            values = np.exp(np.clip(x, low, high))
            loss, gradient = both({**options, **_named(names, values)})
            return loss, _numbers(gradient, names) * values

        found = minimize(
            climbed, start, jac=True, method="L-BFGS-B", bounds=list(zip(low, high, strict=True))
        )
        return float(found.fun)

    return min(from_start(start, options) for options in _options(dimensions) for start in starts)


def _options(dimensions: Sequence[Dimension]) -> list[dict[str, Plain]]:
    """All combinations of the choices' options; one empty one where there is no choice."""
    choices = [d for d in dimensions if d.kind is Kind.CHOICE]
    names = [d.name for d in choices]
    return [
        dict(zip(names, options, strict=True)) for options in product(*(d.choices for d in choices))
    ]


def _numbers(values: Mapping[str, Plain], names: Sequence[str]) -> Array:
    return np.array([values[name] for name in names], dtype=np.float64)


def _named(names: Sequence[str], values: Array) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))
