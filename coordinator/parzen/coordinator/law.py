"""Prior distributions of one parameter, by their CDF and its inverse.

A sampler sees a parameter as u in [0, 1], the CDF of its prior: the prior is then uniform, and a
uniform, log-uniform, normal or log-normal parameter are one case. Everything is vectorised and
gives neither warnings nor infinities.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri_exp

Array = NDArray[np.float64]

EDGE = 2.0**-53
"""Quantiles of unbounded laws are taken in [EDGE, 1 - EDGE]: 8.2 standard deviations each way."""

MAX = float(np.finfo(np.float64).max)
LOG_MIN, LOG_MAX = -708.0, 709.0
"""Exponents within these neither overflow nor reach the subnormal numbers."""
HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


FARTHEST = 1e150
"""Bounds further out, in standard deviations, count as these: the logarithm of a tail is finite."""


def _clip(x: Array, low: float, high: float) -> Array:
    if isinstance(x, float):  # numpy is ten times slower on one number
        return np.float64(min(max(x, low), high))
    clipped: Array = np.minimum(np.maximum(x, low), high)
    return clipped


class Law(Protocol):
    """A continuous distribution on the real line."""

    def cdf(self, x: Array) -> Array:
        """The probability of a value up to ``x``, in [0, 1]."""

    def quantile(self, u: Array) -> Array:
        """The inverse of :meth:`cdf`; finite for every ``u`` in [0, 1]."""


class Smooth(Law, Protocol):
    """A law whose quantile has a derivative."""

    def slope(self, u: Array) -> Array:
        """The derivative of :meth:`quantile`; finite for every ``u`` in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Uniform:
    """Uniform in [low, high], low < high; a range beyond the largest float is fine."""

    low: float
    high: float

    def cdf(self, x: Array) -> Array:
        """See :class:`Law`."""
        half = 0.5 if math.isinf(self.high - self.low) else 1.0
        share = (x * half - self.low * half) / (self.high * half - self.low * half)
        return _clip(share, 0.0, 1.0)

    def quantile(self, u: Array) -> Array:
        """See :class:`Law`."""
        return self.low * (1.0 - u) + self.high * u

    def slope(self, u: Array) -> Array:
        """See :class:`Smooth`."""
        return min(self.high - self.low, MAX) + 0.0 * u


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal with ``mu`` and ``sigma``, truncated to [low, high]; infinite bounds are fine.

    All is computed from the logarithm of the lower tail, after mirroring an interval that lies
    above ``mu``, so that bounds 40 standard deviations out lose no precision.
    """

    mu: float
    sigma: float
    low: float
    high: float

    def cdf(self, x: Array) -> Array:
        """See :class:`Law`."""
        sign, low, high, top, floor = self._tail()
        with np.errstate(over="ignore"):
            z = _clip(sign * (x - self.mu) / self.sigma, low, high)
        share = _clip((np.exp(log_ndtr(z) - top) - floor) / (1.0 - floor), 0.0, 1.0)
        return share if sign > 0 else 1.0 - share

    def quantile(self, u: Array) -> Array:
        """See :class:`Law`."""
        sign, z = self._deviations(u)
        with np.errstate(over="ignore"):
            x = self.mu + self.sigma * (sign * z)
        return _clip(x, max(self.low, -MAX), min(self.high, MAX))

    def slope(self, u: Array) -> Array:
        """See :class:`Smooth`: one over the density."""
        _, z = self._deviations(u)
        _, _, _, top, floor = self._tail()
        log_scale = HALF_LOG_2PI + math.log(self.sigma) + top + math.log1p(-floor)
        return np.exp(_clip(0.5 * z * z + log_scale, LOG_MIN, LOG_MAX))

    def _deviations(self, u: Array) -> tuple[float, Array]:
        """How many standard deviations, times a sign, the quantile at ``u`` lies off ``mu``."""
        sign, _, _, top, floor = self._tail()
        share = _clip(u if sign > 0 else 1.0 - u, EDGE, 1.0 - EDGE)
        return sign, ndtri_exp(top + np.log(floor + share * (1.0 - floor)))

    def _tail(self) -> tuple[float, float, float, float, float]:
        """(sign, low, high) in standard units with low <= 0, log P(high), P(low) / P(high)."""
        low, high = (self.low - self.mu) / self.sigma, (self.high - self.mu) / self.sigma
        sign = 1.0
        if low > 0:
            sign, low, high = -1.0, -high, -low
        high = max(high, -FARTHEST)
        low = min(low, high)
        top = float(log_ndtr(high))
        return sign, low, high, top, math.exp(float(log_ndtr(low)) - top)


def normal(mu: float, sigma: float, low: float, high: float) -> Smooth:
    """A truncated normal, or a uniform where the interval is too narrow to tell them apart."""
    law = Normal(mu, sigma, low, high)
    if 1.0 - law._tail()[4] < 1e-9:  # noqa: PLR2004, SLF001 - the same file; precision is gone there
        return Uniform(low, high)
    return law


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """A positive value whose logarithm follows ``inner``."""

    inner: Smooth

    def cdf(self, x: Array) -> Array:
        """See :class:`Law`; 0 for x <= 0."""
        return self.inner.cdf(np.log(np.maximum(x, np.finfo(np.float64).tiny)))

    def quantile(self, u: Array) -> Array:
        """See :class:`Law`."""
        return np.exp(_clip(self.inner.quantile(u), LOG_MIN, LOG_MAX))

    def slope(self, u: Array) -> Array:
        """See :class:`Smooth`."""
        with np.errstate(over="ignore"):
            return _clip(self.quantile(u) * self.inner.slope(u), 0.0, MAX)


@dataclass(frozen=True, slots=True)
class OnGrid:
    """The law of the position k where a value ``origin + step * k`` follows ``inner``."""

    inner: Law
    origin: float
    step: float

    def cdf(self, x: Array) -> Array:
        """See :class:`Law`."""
        return self.inner.cdf(self.origin + self.step * x)

    def quantile(self, u: Array) -> Array:
        """See :class:`Law`."""
        return (self.inner.quantile(u) - self.origin) / self.step


def at(function: Callable[[Array], Array], x: float) -> float:
    """``function`` of one number."""
    return float(function(np.float64(x)))  # type: ignore[arg-type] # faster than an array of one
