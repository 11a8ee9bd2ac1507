"""Hyperopt's module of this name."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from parzen.hyperopt.iterating import FMinIter
from parzen.hyperopt.points import generate_trial, generate_trials_to_calculate
from parzen.hyperopt.searching import fmin, space_eval

Function = TypeVar("Function", bound=Callable[..., Any])

__all__ = [
    "FMinIter",
    "fmin",
    "fmin_pass_expr_memo_ctrl",
    "generate_trial",
    "generate_trials_to_calculate",
    "partial",
    "space_eval",
]


def fmin_pass_expr_memo_ctrl(f: Function) -> Function:
    """Marks an objective that is called with ``expr=``, ``memo=`` and ``ctrl=``.

    ``rec_eval(expr, memo=memo)`` is the point; ``ctrl`` is a :class:`~parzen.hyperopt.Ctrl`.
    """
    f.fmin_pass_expr_memo_ctrl = True  # type: ignore[attr-defined]  # a function's own mark
    return f


def partial(fn: Callable[..., Any], **kwargs: Any) -> functools.partial[Any]:
    """:func:`functools.partial` that keeps the mark of :func:`fmin_pass_expr_memo_ctrl`."""
    made = functools.partial(fn, **kwargs)
    if hasattr(fn, "fmin_pass_expr_memo_ctrl"):
        made.fmin_pass_expr_memo_ctrl = fn.fmin_pass_expr_memo_ctrl  # type: ignore[attr-defined]  # as above
    return made
