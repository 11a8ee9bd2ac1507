"""Trials as they are plotted: in their order, with what tells them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.hyperopt.judging import loss_of
from parzen.hyperopt.states import JOB_STATE_ERROR, STATUS_FAIL, STATUS_NEW, STATUS_OK

BEST, WORST = 0.05, 0.85
"""Shades of grey: 0 is black, 1 white."""

GREEN = (0.0, 0.7, 0.0)

SPAN = 100
"""Positive values, but for a tenth at each end, so far apart stand on a logarithmic axis."""

FAINTEST = 0.3
"""How much of the best line's darkness the worst one has."""


@dataclass(frozen=True)
class Point:
    """A trial, as it is drawn."""

    place: int
    doc: Mapping[str, Any]
    status: str
    loss: float | None
    """None where there is no finite one."""
    over: bool
    """Whether it ended, in whatever way."""
    values: Mapping[str, Sequence[Any]]
    """By label; empty where it takes no part."""


def points_of(trials: Any) -> list[Point]:
    """All trials in their order, with those that raised."""
    everything = getattr(trials, "everything", None)
    found = []
    for place, doc in enumerate(trials.trials if everything is None else everything()):
        raised = doc["state"] == JOB_STATE_ERROR
        status = STATUS_FAIL if raised else doc["result"].get("status", STATUS_NEW)
        over = raised or status in (STATUS_OK, STATUS_FAIL)
        loss = None if raised else loss_of(doc["result"])
        found.append(Point(place, doc, status, loss, over, doc["misc"]["vals"]))
    return found


def ranks(points: Iterable[Point]) -> dict[int, float]:
    """From 0 for the smallest loss to 1 for the largest, by place."""
    order = sorted((point.loss, point.place) for point in points if point.loss is not None)
    return {place: rank / max(1, len(order) - 1) for rank, (_, place) in enumerate(order)}


def colours(points: Sequence[Point], green: int) -> dict[int, Any]:
    """By rank, not by loss: one that is far off would make all others look the same."""
    ranked = ranks(points)
    best = sorted(ranked, key=ranked.__getitem__)[:green]
    greys = {place: (BEST + (WORST - BEST) * rank,) * 3 for place, rank in ranked.items()}
    return {**greys, **dict.fromkeys(best, GREEN)}


def shades(points: Iterable[Point]) -> dict[int, float]:
    """How dark each is drawn, from 1 for the best down."""
    return {place: 1 - (1 - FAINTEST) * rank for place, rank in ranks(points).items()}


def spread(points: Iterable[Point], count: int) -> list[Point]:
    """So many of those with a loss, the best and the worst among them."""
    ranked = sorted((p for p in points if p.loss is not None), key=lambda p: p.loss or 0.0)
    places = np.linspace(0, len(ranked) - 1, min(count, len(ranked)), dtype=int)
    return [ranked[place] for place in places]


def scale_of(label: str, values: Sequence[Any]) -> str | None:
    """What an axis for the values should be, "log" or "whole"; None where it is plain."""
    low, high = np.quantile(values, [0.1, 0.9])
    if min(values) > 0 and ("log" in label or high >= SPAN * low):
        return "log"
    return "whole" if all(float(value).is_integer() for value in values) else None
