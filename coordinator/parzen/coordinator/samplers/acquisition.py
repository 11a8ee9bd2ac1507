"""Log expected improvement, with its gradient, and precise however small it is.

Sources: Jones, Schonlau and Welch, "Efficient Global Optimization" (1998), eq. 15; its logarithm
as in Ament et al., "Unexpected Improvements to Expected Improvement" (2023), eq. 9.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, log_ndtr

from parzen.coordinator.law import Array
from parzen.coordinator.samplers.gaussian_process import Posterior, View

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
SQRT2 = math.sqrt(2.0)
SQRT_PI = math.sqrt(math.pi)
NEAR = -1.0
"""Below so many standard deviations two terms nearly cancel, and their ratio is taken instead."""
FAR = -1e3
"""Below so many, two terms of the ratio's series are closer to it than its own rounding."""
FARTHEST = -1e100


def log_h(u: Array) -> Array:
    """The log of φ(u) + u Φ(u), the expected improvement of a standard normal below u: (n,)."""
    near = u > NEAR
    inner = np.where(near, u, 0.0)
    density = np.exp(-0.5 * inner * inner - HALF_LOG_2PI)
    direct = np.log(density + inner * np.exp(log_ndtr(inner)))
    outer = np.where(near, NEAR, np.maximum(u, FARTHEST))
    x = -outer / SQRT2
    # φ(u) + u Φ(u) = φ(u) (1 - √π x erfcx(x))
    inverse = 1.0 / (outer * outer)
    ratio = np.where(outer < FAR, inverse - 3.0 * inverse**2, 1.0 - SQRT_PI * x * erfcx(x))
    tail = -0.5 * outer * outer - HALF_LOG_2PI + np.log(ratio)
    logs: Array = np.where(near, direct, tail)
    return logs


class LogImprovement:
    """By how much a loss of ``posterior`` is expected to lie below ``incumbent``, as a logarithm.

    What is improved on is a prediction too, and not the lowest loss seen: under noise that one was
    lucky.
    """

    def __init__(self, posterior: Posterior, incumbent: float) -> None:
        self._posterior = posterior
        self._incumbent = incumbent

    def of(self, view: View) -> Array:
        """At the points of ``view``: (m,)."""
        sd = np.sqrt(view.variance)
        logs: Array = np.log(sd) + log_h((self._incumbent - view.mean) / sd)
        return logs

    def at(self, vectors: Array) -> Array:
        """At ``vectors`` (m, columns): (m,)."""
        return self.of(self._posterior.view(vectors))

    def slope(self, vector: Array) -> tuple[float, Array]:
        """At one vector, with the gradient by its columns."""
        mean, sd, by_mean, by_sd = self._posterior.slopes(vector)
        u = (self._incumbent - mean) / sd
        log = float(log_h(np.array([u]))[0])
        # d EI = φ(u) d sd - Φ(u) d mean, and EI = sd h(u)
        toward = math.exp(float(log_ndtr(u)) - log)
        spread = math.exp(-0.5 * u * u - HALF_LOG_2PI - log)
        return math.log(sd) + log, (spread * by_sd - toward * by_mean) / sd
