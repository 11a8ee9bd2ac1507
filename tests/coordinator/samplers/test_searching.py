"""What a search comes to in the end, for samplers that learn from what was seen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry
from parzen.coordinator.samplers.protocol import memo_of
from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, SamplerSpec, Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

LEARNING = sorted(registry.BUILT_IN.keys() - {"random", "sobol", "enqueued", "grid"})
APART = sorted({*LEARNING} - {"anneal", "cmaes", "de", "genetic", "policy", "pso"})
"""Those that look at what is pending; the others' draws are independent."""
SEEDS = range(2)


def search(name, space, loss, trials, seed):
    """One after another: the history that it made, and the losses."""
    sampler = registry.make(SamplerSpec(name=name), space.dimensions)
    history, losses = History(space.dimensions), []
    for number in range(trials):
        proposed = sampler.propose(history, [number], seed)
        if not proposed:
            break
        losses.append(loss(proposed[0]))
        history.put(ended(number, proposed[0], losses[-1]))
    return history, losses


def ended(number, params, loss):
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params=params,
        state=TrialState.COMPLETE,
        loss=float(loss),
        proposed=Proposed(sampler="", memo=memo_of(params)),
    )


BOWL = Space(
    {
        "x": Float(-5, 5),
        "lr": Float(1e-5, 1, log=True),
        "n": Int(1, 64),
        "kind": Choice({"a": {"y": Float(0, 1)}, "b": {}}),
    }
)


def bowl(params):
    inner = (params["kind/a/y"] - 0.2) ** 2 if params["kind"] == "a" else 1
    return (
        (params["x"] - 1) ** 2 / 25
        + ((math.log10(params["lr"]) + 3) / 2.5) ** 2
        + ((params["n"] - 20) / 32) ** 2
        + inner
    )


@pytest.mark.parametrize("name", LEARNING)
def test_a_bowl_is_searched_better_than_by_chance(name):
    for seed in SEEDS:
        _, learned = search(name, BOWL, bowl, 40, seed)
        _, drawn = search("random", BOWL, bowl, 40, seed)
        assert min(learned) < min(drawn)
        assert np.median(learned[20:]) < np.median(drawn) / 3


@pytest.mark.parametrize("name", LEARNING)
def test_noise_does_not_lead_away(name):
    rng = np.random.default_rng(0)
    history, _ = search(name, BOWL, lambda p: bowl(p) + rng.normal(0, 0.3), 50, 0)
    late = [bowl(history.cube.params(row)) for row in history.rows(range(30, 50))]
    _, drawn = search("random", BOWL, bowl, 50, 0)
    assert np.median(late) < np.median(drawn) / 2


@pytest.mark.parametrize("name", LEARNING)
def test_a_finite_space_is_exhausted_without_a_repeat(name):
    space = Space({"k": Int(0, 6), "m": Choice({"a": {"c": Choice([1, 2, 3])}, "b": {}})})
    history, losses = search(name, space, lambda p: (p["k"] - 3) ** 2, 50, 1)
    assert len(losses) == history.taken == space.size == 28


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN))
def test_an_option_of_weight_0_is_never_proposed(name):
    rare = Dimension(name="c", kind=Kind.CHOICE, choices=("a", "b", "c"), weights=(0.5, 0.5, 0.0))
    space = Space.compiled(None, (rare, Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)))
    history, _ = search(name, space, lambda p: p["x"] + (p["c"] == "a"), 25, 0)
    sampler = registry.make(SamplerSpec(name=name), space.dimensions)
    assert {p["c"] for p in sampler.propose(history, range(25, 65), 0)} <= {"a", "b"}


@pytest.mark.parametrize("name", APART)
def test_a_hundred_workers_spread_over_the_good_region(name):
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    together, alone, good = [], [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        seen = [*rng.random((40, 2)), *rng.normal((0.7, 0.3), 0.03, (20, 2))]
        history = History(space.dimensions)
        for number, (x, y) in enumerate(seen):
            history.put(ended(number, {"x": x, "y": y}, math.hypot(x - 0.7, y - 0.3)))
        sampler = registry.make(SamplerSpec(name=name), space.dimensions)
        batch = sampler.propose(history, range(60, 160), seed)
        together += nearest(batch[::4])
        alone += nearest([sampler.propose(history, [n], seed)[0] for n in range(60, 160, 4)])
        good += [math.hypot(p["x"] - 0.7, p["y"] - 0.3) < 0.2 for p in batch]
    assert np.median(together) > 1.4 * np.median(alone)
    assert np.mean(good) > 0.5  # by chance 0.13


def nearest(proposed):
    """How far each lies from the next one."""
    distances = squareform(pdist([(p["x"], p["y"]) for p in proposed]))
    np.fill_diagonal(distances, math.inf)
    return distances.min(axis=1).tolist()
