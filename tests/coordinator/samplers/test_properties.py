"""What holds for every sampler, in every space, whatever was seen.

By default a taste of the histories there are; ``PARZEN_HISTORIES`` says how many of them to try.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
from itertools import islice

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from models.histories import searches

from parzen.coordinator.history import History
from parzen.coordinator.samplers import registry
from parzen.coordinator.samplers.protocol import memo_of
from parzen.coordinator.unit import UnitCube
from parzen.shared.dimensions import same_value
from parzen.shared.errors import InvalidParams, InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.plain import plain_fault
from parzen.shared.records import Proposed, SamplerSpec, Trial, Uid

TRIAL = Trial(study="s", uid=Uid("u"), number=0, params={})
PLAIN = {bool, int, float, str, bytes, tuple, type(None)}
HISTORIES = int(os.environ.get("PARZEN_HISTORIES", "60"))

pytestmark = [
    pytest.mark.parametrize("name", sorted(registry.BUILT_IN.keys() - {"enqueued"})),
    pytest.mark.timeout(max(120, HISTORIES)),
]

any_search = settings(
    max_examples=HISTORIES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


OWN_POINTS = {"grid"}
"""Those that have points of their own: what they propose may end before the space does."""


def sampler(name, search):
    dimensions = search.space.dimensions
    try:
        return registry.make(SamplerSpec(name=name), dimensions)
    except InvalidStudy:  # a grid of too many points
        few = {"values": few_values(UnitCube(dimensions))}
        return registry.make(SamplerSpec(name=name, options=few), dimensions)


def few_values(cube):
    """Three values of each of the first parameters, one of each of the others."""
    few = {}
    for place, axis in enumerate(cube.axes):
        u = axis.from_uniform(np.array((0.5, 0.1, 0.9)[: 3 if place < 6 else 1]))
        listed = [axis.decode(x) for x in u.tolist()]
        few[axis.dimension.name] = [
            axis.dimension.low if plain_fault(value) else value for value in listed
        ]
    return few


def history(search, trials):
    kept = History(search.space.dimensions)
    for one in trials:
        kept.put(one)
    return kept


def propose(name, search):
    kept = history(search, search.trials)
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        return sampler(name, search).propose(kept, search.numbers, search.seed)


def same(a, b):
    return a.keys() == b.keys() and all(same_value(a[name], b[name]) for name in a)


def reachable(space):
    """How many points there are; of an endless grid those within reach of a normal prior."""
    if math.isfinite(space.size):
        return space.size
    return sum(
        1 for _ in islice(UnitCube(space.dimensions).points(np.random.default_rng(0)), 10**5)
    )


def points(space, known):
    """The distinct points among those of ``known`` that lie in the space."""
    cube, found = UnitCube(space.dimensions), set()
    for params in known:
        with contextlib.suppress(InvalidParams):
            found.add(cube.key(cube.row(params)))
    return found


@any_search
@given(search=searches())
def test_a_proposal_is_a_new_point_of_the_space(name, search):
    known = [t.params for t in search.trials if t.state is not TrialState.CANCELLED]
    proposed = propose(name, search)
    for params in proposed:
        search.space.check(params)
        assert {type(value) for value in params.values()} <= PLAIN
        assert not any(same(params, old) for old in known)
        known.append(params)
    ended = len(proposed) < len(search.numbers) and name not in OWN_POINTS
    if ended and search.space.plan is not None:
        assert len(points(search.space, known)) == reachable(search.space)


@any_search
@given(search=searches())
def test_the_set_of_trials_and_the_seed_decide_alone(name, search):
    """In a batch, as against one after another, in another order, by a sampler that was used."""
    batch = propose(name, search)
    used = sampler(name, search)
    used.propose(history(search, search.trials[::2]), search.numbers, search.seed + 1)
    used.propose(
        history(search, search.trials[: len(search.trials) // 2]), search.numbers, search.seed
    )
    kept = History(search.space.dimensions)
    for i, one in enumerate(search.shuffled()):
        if i % 5 == 0:
            kept.put(dataclasses.replace(one, state=TrialState.RUNNING, loss=None))
        kept.put(one)
    for number, params in zip(search.numbers, batch, strict=False):
        [again] = used.propose(kept, [number], search.seed)
        assert repr(again) == repr(params)
        assert memo_of(again) == memo_of(params)
        made = Proposed(sampler=name, memo=memo_of(params))
        kept.put(dataclasses.replace(TRIAL, number=number, params=params, proposed=made))
    if len(batch) < len(search.numbers):
        assert not used.propose(kept, search.numbers[len(batch) :], search.seed)
