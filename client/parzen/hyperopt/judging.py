"""What an objective returned, as a trial's result; and which trial is the best."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from parzen.hyperopt.documents import Doc
from parzen.hyperopt.exceptions import AllTrialsFailed, InvalidLoss, InvalidResultStatus
from parzen.hyperopt.states import STATUS_OK, STATUS_STRINGS

SAMPLES = 10_000
"""So many draws tell how likely each of some uncertain losses is the smallest."""


def result_of(returned: Any) -> dict[str, Any]:
    """The result of a trial whose objective returned a number, or a dict with ``status``.

    Raises:
        InvalidLoss: it is neither, or the status is "ok" and the loss no number.
        InvalidResultStatus: the status is none of Hyperopt's.
    """
    if isinstance(returned, numbers.Real) or _is_number(returned):
        return {"loss": float(returned), "status": STATUS_OK}
    if not isinstance(returned, Mapping):
        raise InvalidLoss(returned)
    result = dict(returned)
    if result.get("status") not in STATUS_STRINGS:
        raise InvalidResultStatus(returned)
    if result["status"] == STATUS_OK:
        try:
            result["loss"] = float(result["loss"])
        except (TypeError, ValueError, KeyError):
            raise InvalidLoss(returned) from None
    return result


def _is_number(value: Any) -> bool:
    """Whether it is numpy's, or an array or a tensor, of one."""
    return getattr(value, "shape", None) == () and hasattr(value, "__float__")


def loss_of(result: Mapping[str, Any]) -> float | None:
    """The loss of a result that has the status "ok" and a finite one; None otherwise."""
    loss = result.get("loss")
    if result.get("status") != STATUS_OK or loss is None:
        return None
    return float(loss) if math.isfinite(loss) else None


def best(docs: Iterable[Doc]) -> Doc:
    """The trial with the smallest loss, the first of equals; NaN is no loss.

    Raises:
        AllTrialsFailed: no trial has one.
    """
    with_loss = [
        (float(doc["result"]["loss"]), doc)
        for doc in docs
        if doc["result"].get("status") == STATUS_OK and doc["result"].get("loss") is not None
    ]
    candidates = [(loss, doc) for loss, doc in with_loss if not math.isnan(loss)]
    if not candidates:
        raise AllTrialsFailed
    return min(candidates, key=lambda pair: pair[0])[1]


def average_best_error(results: Sequence[Mapping[str, Any]]) -> float:
    """The true losses of the trials, weighted by how likely each one's loss is the smallest.

    Without ``loss_variance`` that is the true loss of the trial with the smallest loss.

    Raises:
        ValueError: no trial has the status "ok".
    """
    rows = [
        (r["loss"], r.get("loss_variance", 0.0) or 0.0, r.get("true_loss", r["loss"]))
        for r in results
        if r.get("status") == STATUS_OK and r.get("loss") is not None
    ]
    if not rows:
        raise ValueError("no trial has the status 'ok' and a loss")
    loss, variance, true_loss = np.array(sorted(rows), dtype=float).T
    if not variance.any():
        return float(true_loss[0])
    likely = loss < loss[0] + 3 * math.sqrt(variance[0])
    likely[0] = True
    weights = pmin_sampled(loss[likely], variance[likely])
    return float(weights @ true_loss[likely])


def pmin_sampled(mean: Any, var: Any, n_samples: int = SAMPLES, rng: Any = None) -> Any:
    """How likely each of some normal variables is the smallest, by sampling.

    Args:
        mean: their means, shape (n,).
        var: their variances, shape (n,).
        n_samples: how many draws.
        rng: a numpy Generator; the same one each time if None.

    Returns:
        Probabilities, shape (n,).
    """
    source = np.random.default_rng(0) if rng is None else rng
    draws = source.normal(mean, np.sqrt(var), size=(n_samples, len(mean)))
    return np.bincount(draws.argmin(axis=1), minlength=len(mean)) / n_samples
