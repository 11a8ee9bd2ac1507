"""Hyperopt's names on parzen's engine: ``from parzen.hyperopt import fmin, tpe, hp``.

What is the same, what is better and what differs on purpose is in ``docs/hyperopt.md``.
"""

from __future__ import annotations

from typing import NoReturn

from parzen.hyperopt import (
    anneal,
    atpe,
    base,
    early_stop,
    exceptions,
    hp,
    mix,
    plotting,
    progress,
    pyll,
    pyll_utils,
    rand,
    tpe,
    utils,
)
from parzen.hyperopt.base import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATES,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
    Ctrl,
    Domain,
    Trials,
    trials_from_docs,
)
from parzen.hyperopt.fmin import (
    FMinIter,
    fmin,
    fmin_pass_expr_memo_ctrl,
    partial,
    space_eval,
)

__version__ = "0.3.0"
"""The version of Hyperopt whose names these are."""

__all__ = [
    "JOB_STATES",
    "JOB_STATE_CANCEL",
    "JOB_STATE_DONE",
    "JOB_STATE_ERROR",
    "JOB_STATE_NEW",
    "JOB_STATE_RUNNING",
    "STATUS_FAIL",
    "STATUS_NEW",
    "STATUS_OK",
    "STATUS_RUNNING",
    "STATUS_STRINGS",
    "STATUS_SUSPENDED",
    "Ctrl",
    "Domain",
    "FMinIter",
    "Trials",
    "anneal",
    "atpe",
    "base",
    "early_stop",
    "exceptions",
    "fmin",
    "fmin_pass_expr_memo_ctrl",
    "hp",
    "mix",
    "partial",
    "plotting",
    "progress",
    "pyll",
    "pyll_utils",
    "rand",
    "space_eval",
    "tpe",
    "trials_from_docs",
    "utils",
]

ABSENT = {
    "SparkTrials": "run workers on the machines of the cluster and use "
    "parzen.hyperopt.mongoexp.MongoTrials",
    "IPythonTrials": "run workers on the machines of the cluster and use "
    "parzen.hyperopt.mongoexp.MongoTrials",
    "spark": "use parzen.hyperopt.mongoexp",
    "ipy": "use parzen.hyperopt.mongoexp",
    "criteria": "parzen's samplers compare proposals by criteria of their own",
    "rdists": "scipy.stats has distributions with densities, and "
    "parzen.hyperopt.pyll.stochastic.sample draws",
    "graph_viz": "str(expression) shows an expression as a tree",
    "expr_to_config": "parzen.hyperopt.space_eval and Trials.vals tell which parameters take part",
}
"""What Hyperopt has and parzen has not, and what to do."""


def __getattr__(name: str) -> NoReturn:
    if name in ABSENT:  # not an AttributeError: `from ... import` would keep its sentence back
        raise ImportError(f"parzen.hyperopt has no {name}: {ABSENT[name]}", name=__name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
