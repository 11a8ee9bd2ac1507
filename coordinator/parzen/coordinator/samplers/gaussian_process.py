"""Gaussian-process regression with a Matérn kernel, small enough to be fitted between two trials.

The kernel is Matérn 5/2 with one length-scale per parameter (Rasmussen and Williams, "Gaussian
Processes for Machine Learning" (2006), eq. 4.17); the hyperparameters are the maximum of their
posterior (eq. 2.30 and a normal prior on each logarithm). The prior of the length-scales grows with
the square root of the number of parameters, as distances do (Hvarfner, Hellsten and Nardi, "Vanilla
Bayesian Optimization Performs Great in High Dimensions" (2024)).

It knows vectors (see :mod:`parzen.coordinator.samplers.features`), not trials. A vector of
hyperparameters holds the log length-scales, the log variance of the signal and that of the noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize

from parzen.coordinator.law import Array
from parzen.coordinator.samplers.features import Features

LENGTH = 0.5
"""The length-scale expected where one parameter is active; it grows with the root of how many."""
LENGTH_SD = 0.7
SIGNAL_SD = 1.0
NOISE_MEAN, NOISE_SD = -6.0, 2.0
"""The priors of the log length-scales, of the log signal variance (its mean is 0, since targets are
standardised), and of the log noise variance."""
LOWEST_SD, HIGHEST_SD = 3.0, 4.0
"""How far from its prior's mean, in standard deviations, a hyperparameter is looked for."""
ITERATIONS = 30
"""At most so many steps of L-BFGS."""
JITTER = 1e-8
FLAT = 1e-12
"""The variance of a prediction counts as at least this share of the signal's."""

SQRT5 = math.sqrt(5.0)


def prior_mean(features: Features, active: float) -> Array:
    """The hyperparameters expected where ``active`` parameters take part in a point, on average."""
    theta = np.zeros(features.lengths + 2)
    theta[:-2] = math.log(LENGTH * math.sqrt(max(active, 1.0)))
    theta[-1] = NOISE_MEAN
    return theta


def matern(squared: Array) -> tuple[Array, Array]:
    """The correlation at squared scaled distances, and minus twice its derivative by them."""
    r = SQRT5 * np.sqrt(squared)
    slope = (5.0 / 3.0) * np.exp(-r)
    correlation = slope * (squared + 0.6 + 0.6 * r)
    slope *= 1.0 + r
    return correlation, slope


def squared_distances(a: Array, b: Array) -> Array:
    """Between the rows of two matrices: (n, m)."""
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1)[None, :] - 2.0 * (a @ b.T)
    distances: Array = np.maximum(squares, 0.0, out=squares)
    return distances


class Likelihood:
    """Minus the log posterior of the hyperparameters, with its gradient.

    Args:
        features: what the vectors were made by.
        vectors: (n, columns) where something was seen.
        targets: (n,) what was seen, standardised.
        prior: the mean of the hyperparameters' prior.
    """

    def __init__(self, features: Features, vectors: Array, targets: Array, prior: Array) -> None:
        self._groups = features.groups
        self._vectors = vectors
        self._targets = targets
        self._prior = prior
        sd = np.full(len(prior), LENGTH_SD)
        sd[-2:] = SIGNAL_SD, NOISE_SD
        self._precision = sd**-2.0
        self.bounds = list(zip(prior - LOWEST_SD * sd, prior + HIGHEST_SD * sd, strict=True))

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """The value and the gradient at ``theta``."""
        scaled = self._vectors * np.exp(-theta[:-2])[self._groups]
        signal, noise = math.exp(theta[-2]), math.exp(theta[-1])
        correlation, slope = matern(squared_distances(scaled, scaled))
        lower = _cholesky(signal * correlation, noise)
        inverse, _ = lapack.dpotri(lower, lower=1)
        inverse += np.tril(inverse, -1).T
        alpha = inverse @ self._targets
        off = theta - self._prior
        value = 0.5 * float(self._targets @ alpha) + float(np.log(np.diag(lower)).sum())
        value += 0.5 * float((off * off * self._precision).sum())

        pull = inverse - np.outer(alpha, alpha)  # R&W (2006), eq. 5.9, times -1
        weight = pull * slope
        by_column = signal * (weight.sum(axis=1)[:, None] * scaled - weight @ scaled) * scaled
        gradient = off * self._precision
        gradient[:-2] += np.bincount(self._groups, by_column.sum(axis=0), len(theta) - 2)
        gradient[-2] += 0.5 * signal * (pull * correlation).sum()
        gradient[-1] += 0.5 * noise * np.trace(pull)
        return value, gradient


def fit(likelihood: Likelihood, starts: Sequence[Array]) -> Array:
    """The best of the hyperparameters that L-BFGS finds from ``starts``."""
    found = [
        minimize(
            likelihood,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=likelihood.bounds,
            options={"maxiter": ITERATIONS},
        )
        for start in starts
    ]
    best: Array = min(found, key=lambda one: float(one.fun)).x
    return best


class Kernel:
    """Covariances under the hyperparameters ``theta``."""

    def __init__(self, features: Features, theta: Array) -> None:
        self.scale: Array = np.exp(-theta[:-2])[features.groups]
        """What vectors are multiplied with before their distances are taken: (columns,)."""
        self.signal, self.noise = math.exp(theta[-2]), math.exp(theta[-1])

    def between(self, a: Array, b: Array) -> Array:
        """Between the rows of two matrices of scaled vectors: (n, m)."""
        return self.signal * matern(squared_distances(a, b))[0]


@dataclass(frozen=True, slots=True)
class View:
    """What a posterior says of m points; it can be revised as trials start."""

    scaled: Array
    """Their scaled vectors: (m, columns)."""
    mean: Array
    """(m,)"""
    known: Array
    """What is known of each from the n points seen, a column each: (n, m)."""
    variance: Array
    """Of the loss without noise: (m,)."""


class Posterior:
    """What is believed of the loss once it was seen at some points; made by :func:`posterior`.

    Args:
        kernel: the covariances.
        seen: (n, columns) the scaled vectors where it was seen.
        half: the inverse of the lower factor of their covariance: (n, n).
        alpha: the inverse of their covariance times what was seen: (n,).
    """

    def __init__(self, kernel: Kernel, seen: Array, half: Array, alpha: Array) -> None:
        self._kernel = kernel
        self._seen = seen
        self._half = half
        self._alpha = alpha

    def view(self, vectors: Array) -> View:
        """What it says of ``vectors`` (m, columns)."""
        scaled = vectors * self._kernel.scale
        across = self._kernel.between(self._seen, scaled)
        known = self._half @ across
        return View(scaled, self._alpha @ across, known, self._less(self._kernel.signal, known))

    def slopes(self, vector: Array) -> tuple[float, float, Array, Array]:
        """Mean and standard deviation at one vector, and the gradient of each by its columns."""
        scale, signal = self._kernel.scale, self._kernel.signal
        apart = vector * scale - self._seen
        correlation, slope = matern((apart * apart).sum(axis=1))
        across = signal * correlation
        known = self._half @ across
        sd = math.sqrt(max(signal - float(known @ known), FLAT * signal))
        pull = signal * slope
        by_mean = -((self._alpha * pull) @ apart) * scale
        by_sd = (((known @ self._half) * pull) @ apart) * scale / sd
        return float(across @ self._alpha), sd, by_mean, by_sd

    def errors(self) -> Array:
        """What was seen at each point less what all others say of it: (n,).

        R&W (2006), eq. 5.12; the hyperparameters are those of all.
        """
        errors: Array = self._alpha / (self._half * self._half).sum(axis=0)
        return errors

    def believing(self, vectors: Array) -> Believing:
        """The posterior with pending trials at ``vectors`` (k, columns) as if they had ended.

        Each is believed to end as predicted, which leaves all predictions as they are and takes
        their uncertainty away ("kriging believer": Ginsbourger, Le Riche and Carraro, "Kriging Is
        Well-Suited to Parallelize Optimization" (2010)).
        """
        kernel, scaled = self._kernel, vectors * self._kernel.scale
        across = self._half @ kernel.between(self._seen, scaled)
        left = kernel.between(scaled, scaled) - across.T @ across
        corner = _inverse(_cholesky(left, kernel.noise))
        half = np.block(
            [
                [self._half, np.zeros(across.shape)],
                [-corner @ (across.T @ self._half), corner],
            ]
        )
        alpha = np.append(self._alpha, np.zeros(len(scaled)))
        return Believing(kernel, np.concatenate([self._seen, scaled]), half, alpha, across)

    def _less(self, variance: Array | float, known: Array) -> Array:
        """The variance that is left where that of ``known`` is taken away."""
        left: Array = np.maximum(variance - (known * known).sum(axis=0), FLAT * self._kernel.signal)
        return left


class Believing(Posterior):
    """A posterior with pending trials; made by :meth:`Posterior.believing`.

    Args:
        across: what the seen points know of the pending ones: (n, k).
    """

    def __init__(
        self, kernel: Kernel, seen: Array, half: Array, alpha: Array, across: Array
    ) -> None:
        super().__init__(kernel, seen, half, alpha)
        self._across = across

    def revised(self, view: View) -> View:
        """What it says of the points of ``view``, which shows them without the pending trials.

        The same as a view of its own, for less work.
        """
        before = len(self._across)
        apart = self._kernel.between(self._seen[before:], view.scaled) - self._across.T @ view.known
        known = self._half[before:, before:] @ apart
        return replace(
            view,
            known=np.concatenate([view.known, known]),
            variance=self._less(view.variance, known),
        )


def posterior(features: Features, theta: Array, vectors: Array, targets: Array) -> Posterior:
    """What is believed after ``targets`` (n,) were seen at ``vectors`` (n, columns)."""
    kernel = Kernel(features, theta)
    seen = vectors * kernel.scale
    half = _inverse(_cholesky(kernel.between(seen, seen), kernel.noise))
    return Posterior(kernel, seen, half, half.T @ (half @ targets))


def _cholesky(covariance: Array, noise: float) -> Array:
    """The lower factor of a covariance with ``noise`` on its diagonal."""
    covariance.flat[:: len(covariance) + 1] += noise + JITTER
    lower, info = lapack.dpotrf(covariance, lower=1, clean=1)
    if info:
        raise np.linalg.LinAlgError("the covariance is not positive definite")
    factor: Array = lower
    return factor


def _inverse(lower: Array) -> Array:
    inverse, _ = lapack.dtrtri(lower, lower=1)
    found: Array = inverse
    return found
