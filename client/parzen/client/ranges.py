"""What values a parameter may have, and when it takes part, in words."""

from __future__ import annotations

from parzen.client.wording import number, scalar
from parzen.shared.dimensions import Dimension, Kind


def values(dimension: Dimension) -> str:
    """What values a parameter may have: ``1e-05 to 0.1, log``, ``sgd | adam``."""
    if dimension.kind is Kind.CHOICE:
        return " | ".join(scalar(choice) for choice in dimension.choices)
    said = []
    if dimension.kind is Kind.NORMAL:
        said.append(
            f"normal with mean {number(dimension.mu)} and deviation {number(dimension.sigma)}"
        )
    if dimension.low is not None or dimension.high is not None:
        said.append(f"{_bound(dimension.low)} to {_bound(dimension.high)}")
    if dimension.kind is Kind.INT:
        said.append("whole")
    if dimension.log:
        said.append("log")
    if dimension.step not in (None, 1):
        said.append(f"in steps of {number(dimension.step)}")
    if dimension.rounds is not None:
        said.append("rounded from {} to {}".format(*map(number, dimension.rounds)))
    return ", ".join(said)


def condition(dimension: Dimension) -> str:
    """When a parameter takes part: ``where opt is sgd``; nothing where it always does."""
    said = [f"{c.name} is {scalar(c.value)}" for c in dimension.active_when]
    return f"where {' or '.join(said)}" if said else ""


def _bound(value: float | None) -> str:
    return "any" if value is None else number(value)
