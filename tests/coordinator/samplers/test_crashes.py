"""Trials that fail steer what is proposed next: regions that crash are left."""

from __future__ import annotations

import random

import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers.auto import AutoSampler
from parzen.coordinator.samplers.tpe import TPESampler
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

SAMPLERS = {"auto": AutoSampler, "tpe": TPESampler}
BRANCHES = Choice({"a": {"k": Float(0, 1)}, "b": {"k": Float(0, 1)}})


def spaces():
    """(space, where it crashes): half of each."""
    y = Float(0, 1)
    return {
        "floats": (Space({"x": Float(0, 1), "y": y}), lambda p: p["x"] > 0.5),
        "on a log scale": (Space({"x": Float(1e-4, 1, log=True), "y": y}), lambda p: p["x"] > 0.01),
        "ints": (Space({"x": Int(1, 100), "y": y}), lambda p: p["x"] > 50),
        "choices": (Space({"x": Choice(list("abcdef")), "y": y}), lambda p: p["x"] in "abc"),
        "branches": (Space({"m": BRANCHES, "y": y}), lambda p: p["m"] == "a"),
        "within a branch": (Space({"m": BRANCHES, "y": y}), lambda p: p.get("m/a/k", 1) < 0.5),
        "two together": (
            Space({"x": Float(0, 1), "z": Float(0, 1), "y": y}),
            lambda p: p["x"] + p["z"] > 1,
        ),
    }


def trial(number, params, state, loss=None):
    return Trial(study="s", uid=Uid("u"), number=number, params=params, state=state, loss=loss)


def search(name, space, crashes, seed, *, trials=60, at_once=1):
    """Whether each trial crashed; the loss knows nothing of it."""
    history, sampler = History(space.dimensions), SAMPLERS[name](space.dimensions)
    crashed = []
    for first in range(0, trials, at_once):
        numbers = range(first, first + at_once)
        for number, params in zip(numbers, sampler.propose(history, numbers, seed), strict=True):
            crashed.append(crashes(params))
            ended = (
                (TrialState.FAILED, None)
                if crashed[-1]
                else (TrialState.COMPLETE, (params["y"] - 0.3) ** 2)
            )
            history.put(trial(number, params, *ended))
    return crashed


@pytest.mark.parametrize("kind", spaces())
@pytest.mark.parametrize("at_once", [1, 8])
@pytest.mark.parametrize("name", SAMPLERS)
def test_a_region_that_crashes_is_asked_for_far_less_often_than_by_chance(name, kind, at_once):
    space, crashes = spaces()[kind]
    late = [
        crash
        for seed in range(3)
        for crash in search(name, space, crashes, seed, trials=64, at_once=at_once)[16:]
    ]
    most = 0.2 if kind == "within a branch" else 0.3  # by chance 0.25 and 0.5
    assert sum(late) / len(late) < most


@pytest.mark.parametrize("kind", spaces())
@pytest.mark.parametrize("name", SAMPLERS)
def test_where_everything_failed_the_search_goes_on_everywhere(name, kind):
    space, crashes = spaces()[kind]
    crashed = search(name, space, lambda _: True, seed=1)
    assert all(crashed)
    history, sampler = History(space.dimensions), SAMPLERS[name](space.dimensions)
    there = []
    for number in range(60):
        [params] = sampler.propose(history, [number], 1)
        there.append(crashes(params))
        history.put(trial(number, params, TrialState.FAILED))
    assert 0.15 < sum(there) / len(there) < 0.7


@pytest.mark.parametrize("name", SAMPLERS)
def test_what_failed_is_told_by_the_set_of_trials_and_not_by_their_order(name):
    space, crashes = spaces()["within a branch"]
    history, sampler = History(space.dimensions), SAMPLERS[name](space.dimensions)
    seen = []
    for number in range(30):
        [params] = sampler.propose(history, [number], 5)
        state = TrialState.FAILED if crashes(params) else TrialState.COMPLETE
        loss = params["y"] if state is TrialState.COMPLETE else None
        seen.append(trial(number, params, state, loss))
        history.put(seen[-1])
    shuffled = History(space.dimensions)
    random.Random(7).shuffle(seen)
    for one in seen:
        shuffled.put(trial(one.number, one.params, TrialState.RUNNING))
        shuffled.put(one)
    numbers = range(30, 40)
    assert sampler.propose(shuffled, numbers, 5) == sampler.propose(history, numbers, 5)
