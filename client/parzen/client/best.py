"""The best trial, as it is handed to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parzen.client.wording import number, scalar
from parzen.shared.dimensions import Params
from parzen.shared.records import Trial
from parzen.shared.space import Space

SHOWN = 8
"""How many parameters a line holds before the rest is left out."""


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

    def __str__(self) -> str:
        """One line: ``trial 44: 8.9e-07 with lr = 0.0109, layers = 3``."""
        said = [f"{name} = {scalar(value, 3)}" for name, value in self.params.items()]
        if len(said) > SHOWN:
            said[SHOWN:] = ["\N{HORIZONTAL ELLIPSIS}"]
        found = f"trial {self.number}: {number(self.value)}"
        return f"{found} with {', '.join(said)}" if said else found

    def _repr_html_(self) -> str:
        """What a notebook shows of it."""
        from parzen.client import html  # noqa: PLC0415 - it knows this record

        return html.found(self)


def best_of(trial: Trial | None, space: Space | None) -> Best | None:
    """What ``trial`` found; None where it has no loss."""
    if trial is None or trial.loss is None or trial.value is None:
        return None
    nested = None if space is None else space.build(trial.params)
    return Best(trial.number, trial.params, trial.value, trial.loss, nested, trial.result)
