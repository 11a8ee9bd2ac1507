"""The best trial, as it is handed to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parzen.shared.dimensions import Params
from parzen.shared.records import Trial
from parzen.shared.space import Space


@dataclass(frozen=True, slots=True)
class Best:
    """The best trial so far. ``params`` is flat, by name; ``loss`` is what was minimised.

    ``nested`` has the shape that was declared, or is None where the space is not known (the handle
    comes from ``connect()``, not from the study that declared it).
    """

    number: int
    params: Params
    value: float
    loss: float
    nested: Any = None
    result: Mapping[str, Any] = field(default_factory=dict)


def best_of(trial: Trial | None, space: Space | None) -> Best | None:
    """What ``trial`` found; None where it has no loss."""
    if trial is None or trial.loss is None or trial.value is None:
        return None
    nested = None if space is None else space.build(trial.params)
    return Best(trial.number, trial.params, trial.value, trial.loss, nested, trial.result)
