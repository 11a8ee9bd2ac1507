"""Expressions of which search spaces are made: graphs of operations, and draws."""

from __future__ import annotations

from parzen.hyperopt.pyll import base, stochastic
from parzen.hyperopt.pyll.base import (
    Apply,
    Literal,
    as_apply,
    clone,
    dfs,
    rec_eval,
    scope,
    toposort,
)

__all__ = [
    "Apply",
    "Literal",
    "as_apply",
    "base",
    "clone",
    "dfs",
    "rec_eval",
    "scope",
    "stochastic",
    "toposort",
]
