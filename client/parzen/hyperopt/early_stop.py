"""When a search has gone on for long enough: functions for ``fmin(early_stop_fn=)``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from parzen.hyperopt.judging import loss_of
from parzen.hyperopt.states import JOB_STATE_DONE


def no_progress_loss(
    iteration_stop_count: int = 20, percent_increase: float = 0.0
) -> Callable[..., tuple[bool, list[Any]]]:
    """Stop when the best loss has not improved for a while.

    Args:
        iteration_stop_count: for so many trials, failed ones among them.
        percent_increase: an improvement is at least so many per cent of the best loss.
    """

    def stop(
        trials: Any, best_loss: float | None = None, without_progress: int = 0, seen: int = 0
    ) -> tuple[bool, list[Any]]:
        done = [doc for doc in trials.trials if doc["state"] == JOB_STATE_DONE]
        losses = [loss for doc in done if (loss := loss_of(doc["result"])) is not None]
        best = min(losses, default=math.inf)
        if best < (math.inf if best_loss is None else _better(best_loss, percent_increase)):
            best_loss, without_progress = best, 0
        else:
            without_progress += len(done) - seen
        return without_progress >= iteration_stop_count, [best_loss, without_progress, len(done)]

    return stop


def _better(best: float, percent: float) -> float:
    return best - abs(best) * percent / 100.0
