"""Draws: the distributions of search spaces, with Hyperopt's meanings, by a numpy Generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parzen.hyperopt.exceptions import BadSearchSpace
from parzen.hyperopt.pyll.evaluation import rec_eval
from parzen.hyperopt.pyll.graph import Apply, as_apply, clone, dfs
from parzen.hyperopt.pyll.symbols import scope
from parzen.shared.plain import shown

implicit_stochastic_symbols: set[str] = set()
"""The operations that draw, and take ``rng``."""

Size = int | Sequence[int] | None


def implicit_stochastic(f: Callable[..., Any]) -> Callable[..., Any]:
    """Marks an operation that draws from the ``rng`` which every evaluation gives it."""
    implicit_stochastic_symbols.add(f.__name__)
    return f


@scope.define
def rng_from_seed(seed: int) -> np.random.Generator:
    """A generator."""
    return np.random.default_rng(seed)


@implicit_stochastic
@scope.define
def uniform(low: float, high: float, rng: Any = None, size: Size = None) -> Any:
    """Uniform on [low, high]."""
    return _given(rng).uniform(low, high, _size(size))


@implicit_stochastic
@scope.define
def loguniform(low: float, high: float, rng: Any = None, size: Size = None) -> Any:
    """Exp of what is uniform on [low, high]."""
    return np.exp(_given(rng).uniform(low, high, _size(size)))


@implicit_stochastic
@scope.define
def quniform(low: float, high: float, q: float, rng: Any = None, size: Size = None) -> Any:
    """Uniform on [low, high], rounded to a multiple of q."""
    return _rounded(_given(rng).uniform(low, high, _size(size)), q)


@implicit_stochastic
@scope.define
def qloguniform(low: float, high: float, q: float, rng: Any = None, size: Size = None) -> Any:
    """Exp of what is uniform on [low, high], rounded to a multiple of q."""
    return _rounded(np.exp(_given(rng).uniform(low, high, _size(size))), q)


@implicit_stochastic
@scope.define
def normal(mu: float, sigma: float, rng: Any = None, size: Size = None) -> Any:
    """Normal."""
    return _given(rng).normal(mu, sigma, _size(size))


@implicit_stochastic
@scope.define
def qnormal(mu: float, sigma: float, q: float, rng: Any = None, size: Size = None) -> Any:
    """Normal, rounded to a multiple of q."""
    return _rounded(_given(rng).normal(mu, sigma, _size(size)), q)


@implicit_stochastic
@scope.define
def lognormal(mu: float, sigma: float, rng: Any = None, size: Size = None) -> Any:
    """Exp of what is normal."""
    return np.exp(_given(rng).normal(mu, sigma, _size(size)))


@implicit_stochastic
@scope.define
def qlognormal(mu: float, sigma: float, q: float, rng: Any = None, size: Size = None) -> Any:
    """Exp of what is normal, rounded to a multiple of q."""
    return _rounded(np.exp(_given(rng).normal(mu, sigma, _size(size))), q)


@implicit_stochastic
@scope.define
def randint(low: int, high: int | None = None, rng: Any = None, size: Size = None) -> Any:
    """A whole number in [low, high), or in [0, low) without ``high``."""
    return _given(rng).integers(low, high, _size(size))


@implicit_stochastic
@scope.define
def categorical(p: Sequence[float], rng: Any = None, size: Size = None) -> Any:
    """The index i with probability p[i]."""
    weights = np.asarray(p, dtype=float)
    return _given(rng).choice(len(weights), p=weights / weights.sum(), size=_size(size))


one_of, choice = scope.one_of, scope.choice


def recursive_set_rng_kwarg(expr: Apply, rng: object = None) -> Apply:
    """Let every draw in ``expr`` come from ``rng``; it is changed, and returned."""
    source = as_apply(np.random.default_rng() if rng is None else rng)
    for node in dfs(expr):
        if node.name in implicit_stochastic_symbols:
            node.set_kwarg("rng", source)
    return expr


def sample(expr: object, rng: object = None, **kwargs: Any) -> Any:
    """A point of the space ``expr``.

    Args:
        expr: the space.
        rng: a numpy Generator, or a RandomState, or a seed; a fresh one if None.
        kwargs: for :func:`~parzen.hyperopt.pyll.rec_eval`.
    """
    own = recursive_set_rng_kwarg(clone(as_apply(expr)), generator(rng))
    return rec_eval(own, **kwargs)


def generator(rng: object = None) -> np.random.Generator:
    """A numpy Generator of what is given in its place.

    Args:
        rng: one, a RandomState (from whose state it is seeded, and which moves on), a whole
            number, or None for a fresh one.

    Raises:
        TypeError: it is something else.
        ValueError: it is a negative number.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, np.random.RandomState):
        return np.random.default_rng(rng.randint(2**31 - 1, size=4))
    if rng is None:
        return np.random.default_rng()
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool):
        if rng < 0:
            raise ValueError(f"the seed is {shown(int(rng))}: expected a whole number, at least 0")
        return np.random.default_rng(int(rng))
    raise TypeError(
        f"the source of random numbers is {shown(rng)}: expected numpy.random.default_rng(seed), a "
        "RandomState, or a whole number"
    )


def _given(rng: Any) -> Any:
    """``rng``, if it is there.

    Raises:
        BadSearchSpace: it is not.
    """
    if rng is None:
        raise BadSearchSpace(
            "the space draws a number that has no label, so no search can know it: give it one, as "
            'hp.uniform("x", 0, 1) has; pyll.stochastic.sample draws without labels'
        )
    return rng


def _size(size: Size) -> Size:
    """Without parts it is one number, not an array of none."""
    return None if size == () else size


def _rounded(draw: Any, q: float) -> Any:
    return np.round(draw / q) * q + 0.0  # no negative zero


scope.settle()
