"""What a study may have behind it: trials in any mix of states, losses and parameters.

Hypothesis draws what is wrong with a history; a seeded generator fills in the bulk.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from textwrap import shorten

import numpy as np
from hypothesis import strategies as st
from models.spaces import spaces

from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import Kind
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Space

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
CELLS = 2000
"""A history holds about so many values at most: what 500 columns by 4 trials have."""

COUNTS = (0, 1, 2, 3, 5, 8, 12, 12, 20, 20, 30, 30, 40, 40, 60, 90, 400)

BATCHES = (1, 2, 3) * 6 + (20,)
"""How many proposals are asked for at once."""

MIXES = {
    "all complete": {"complete": 1},
    "all failed": {"failed": 1},
    "all pruned": {"pruned": 1},
    "all cancelled": {"cancelled": 1},
    "all pending": {"waiting": 1, "running": 1},
    "mostly pending": {"running": 9, "complete": 1},
    "good and bad": {"complete": 2, "failed": 1},
    "everything": {state.value: 1 for state in TrialState},
}

LOSSES = {
    "ordinary": lambda rng, n: rng.normal(size=n),
    "constant": lambda rng, n: np.full(n, 7.5),
    "ties": lambda rng, n: rng.integers(0, 3, n).astype(float),
    "huge": lambda rng, n: rng.choice([-1e308, 1e308, 1.7e308, -1.7e308], n),
    "one huge": lambda rng, n: np.where(np.arange(n) == n // 2, 1e308, rng.normal(size=n)),
    "one very good": lambda rng, n: np.where(np.arange(n) == n // 2, -1e308, rng.normal(size=n)),
    "constant but for one": lambda rng, n: np.where(np.arange(n) == n // 2, 1.0, 0.0),
    "subnormal": lambda rng, n: rng.choice([0.0, -0.0, 5e-324, -5e-324, 1e-310], n),
    "next to each other": lambda rng, n: 1e6 + rng.integers(0, 3, n) * 2.0**-33,
    "every size": lambda rng, n: rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-320, 308, n),
    "not finite": lambda rng, n: rng.choice([math.inf, -math.inf, math.nan, 0.5, 1e308], n),
}

DURATIONS = {
    "unknown": lambda rng, n: [None] * n,
    "about a minute": lambda rng, n: (60 * rng.lognormal(0, 0.5, n)).tolist(),
    "none at all": lambda rng, n: [0.0] * n,
    "every length": lambda rng, n: rng.choice([-5.0, 0.0, 1e-9, 3.0, 1e6, 1e308], n).tolist(),
}

MISFITS = (None, "half", math.nan, -math.inf, True, [1, [2]], 10**30, -1e308, b"")

PLACES = ("drawn", "at the bounds", "one value", "one value per parameter", "few", "misfits")
"""Where the parameters lie. "drawn" is by the prior."""


@dataclass(frozen=True, repr=False)
class Search:
    """A space, what was tried in it, and what is asked for."""

    space: Space
    trials: tuple[Trial, ...]
    numbers: range
    seed: int
    about: Mapping[str, object]
    """What was drawn: enough to tell one search from another in a message."""

    def __repr__(self) -> str:
        facts = [shorten(repr(d), 300) for d in self.space.dimensions[:6]]
        return "\n  ".join(["Search:", *facts, f"{self.numbers}, {self.seed=}", repr(self.about)])

    def _repr_pretty_(self, printer, cycle):
        """Hypothesis would print each trial's every field."""
        printer.text(repr(self))

    def shuffled(self):
        """The trials in another order of arrival."""
        order = np.random.default_rng(self.about["rng"]).permutation(len(self.trials))
        return [self.trials[i] for i in order]


@st.composite
def searches(draw):
    """A search in any state."""
    space = draw(spaces())
    about = {
        "rng": draw(st.integers(0, 2**32)),
        "first": draw(st.sampled_from([0, 10, 3000])),
        "count": min(draw(st.sampled_from(COUNTS)), max(3, CELLS // len(space.dimensions))),
        "place": draw(st.sampled_from(PLACES)),
        "mix": draw(st.sampled_from(sorted(MIXES))),
        "losses": draw(st.sampled_from(sorted(LOSSES))),
        "durations": draw(st.sampled_from(sorted(DURATIONS))),
    }
    trials = tuple(_trials(space, about, np.random.default_rng(about["rng"])))
    start = about["first"] + about["count"]
    numbers = range(start, start + draw(st.sampled_from(BATCHES)))
    return Search(space, trials, numbers, draw(st.integers(-(2**63), 2**63)), about)


def _trials(space, about, rng):
    count = about["count"]
    params = _params(space, about["place"], count, rng)
    states = _states(about["mix"], count, rng)
    losses = LOSSES[about["losses"]](rng, count).tolist()
    durations = DURATIONS[about["durations"]](rng, count)
    for i, state in enumerate(states):
        yield Trial(
            study="s",
            uid=Uid("u"),
            number=about["first"] + i,
            params=params[i],
            state=state,
            loss=losses[i] if state is TrialState.COMPLETE else None,
            duration_s=durations[i] if state.finished else None,
            finished_at=NOON + timedelta(seconds=i) if state.finished else None,
        )


def _states(mix, count, rng):
    states, weights = zip(*MIXES[mix].items(), strict=True)
    drawn = rng.choice(len(states), count, p=np.array(weights) / sum(weights))
    return [TrialState(states[i]) for i in drawn]


def _params(space, place, count, rng):
    cube = UnitCube(space.dimensions)
    if place == "at the bounds":
        return [_at_bounds(space, rng) for _ in range(count)]
    r = rng.random((count, cube.width))
    if place == "one value":
        r[:] = rng.random(cube.width)
    if place == "one value per parameter":
        varies = rng.random(cube.width) < 0.5
        r[:, ~varies] = rng.random(cube.width)[~varies]
    if place == "few":
        r = r[rng.integers(0, 3, count)] if count > 3 else r
    drawn = [dict(cube.params(row)) for row in cube.from_uniform(r)]
    return [_misfit(p, rng) for p in drawn] if place == "misfits" else drawn


def _at_bounds(space, rng):
    """Each number at one of its bounds, or a thousand sigma out."""
    params = {}
    for d in space.dimensions:
        if not d.is_active(params):
            continue
        if d.kind is Kind.CHOICE:
            params[d.name] = d.choices[rng.integers(len(d.choices))]
            continue
        middle = 0.0 if d.mu is None else math.exp(min(max(d.mu, -700), 700)) if d.log else d.mu
        spread = 1000.0 * (d.sigma or 0.0) * (middle if d.log else 1.0)
        low = max(middle - spread, -1e308) if d.low is None else d.low
        high = min(middle + spread, 1e308) if d.high is None else d.high
        value = low if rng.random() < 0.5 else high
        params[d.name] = int(value) if d.kind is Kind.INT else float(value)
    return params


def _misfit(params, rng):
    """Most with something that does not fit, is missing, or takes no part."""
    names = list(params)
    name = names[rng.integers(len(names))]
    fault = rng.integers(4)
    if fault == 0:
        params[name] = MISFITS[rng.integers(len(MISFITS))]
    elif fault == 1:
        del params[name]
    elif fault == 2:
        params["no such parameter"] = 1
    return params
