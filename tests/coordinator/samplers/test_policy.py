from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers.policy import PolicySampler
from parzen.coordinator.samplers.protocol import memo_of
from parzen.coordinator.samplers.random import RandomSampler
from parzen.shared.errors import InvalidStudy
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
SQUARE = Space({"x": Float(0, 1), "y": Float(0, 1)})
LOCI = Space({f"c{i}": Choice(list("abcde")) for i in range(8)})


def trial(number, params, loss=None, *, state=TrialState.COMPLETE, memo=None, at=None):
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params=params,
        state=state,
        loss=loss,
        finished_at=NOON + timedelta(seconds=number if at is None else at),
        proposed=Proposed(sampler="policy", memo=memo or memo_of(params)),
    )


def searched(sampler, space, loss, trials, seed=0, at_once=1):
    """The history of a search in which so many trials end together."""
    kept = History(space.dimensions)
    for start in range(0, trials, at_once):
        numbers = range(start, start + at_once)
        for number, params in zip(numbers, sampler.propose(kept, numbers, seed), strict=True):
            kept.put(trial(number, params, loss(params)))
    return kept


def wrong(params):
    return sum(value != "c" for value in params.values())


def bowl(params):
    return (params["x"] - 0.7) ** 2 + (params["y"] - 0.2) ** 2


@pytest.mark.parametrize("at_once", [1, 25])
def test_choices_are_learned_far_better_than_by_chance(at_once):
    learned = searched(PolicySampler(LOCI.dimensions), LOCI, wrong, 200, at_once=at_once)
    drawn = searched(RandomSampler(LOCI.dimensions), LOCI, wrong, 200)
    assert learned.best[1] < drawn.best[1]
    late = [wrong(learned.params(n)) for n in range(150, 200)]
    assert np.mean(late) < 4  # by chance 6.4


def test_noise_is_averaged_out():
    apart = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        sampler = PolicySampler(SQUARE.dimensions)
        kept = searched(sampler, SQUARE, lambda p, r=rng: bowl(p) + r.normal(0, 0.1), 200, seed)
        apart.append(np.hypot(*(kept.rows(range(150, 200)).mean(axis=0) - (0.7, 0.2))))
    assert np.mean(apart) < 0.18  # in the middle of the space 0.36


def test_it_learns_from_the_trials_of_others():
    kept = History(SQUARE.dimensions)
    for number, (x, y) in enumerate(np.random.default_rng(0).random((150, 2)).tolist()):
        params = {"x": x, "y": y}
        kept.put(trial(number, params, bowl(params), memo={"by": "pso", "step": 3}))
    drawn = PolicySampler(SQUARE.dimensions).propose(kept, range(150, 190), 0)
    assert np.median([bowl(p) for p in drawn]) < 0.1  # by chance 0.2


def test_a_sampler_that_was_used_proposes_what_a_fresh_one_does_when_trials_turn_up_in_between():
    used = PolicySampler(SQUARE.dimensions)
    kept = searched(used, SQUARE, bowl, 43)
    changes = [
        trial(50, {"x": 0.1, "y": 0.9}, 0.5, at=20.5),
        trial(12, {"x": 0.11, "y": 0.3}, 9.0),
        trial(30, {"x": 0.2, "y": 0.3}, state=TrialState.CANCELLED),
        trial(41, {"x": 0.21, "y": 0.3}, state=TrialState.FAILED),
    ]
    for change in changes:
        kept.put(change)
        fresh = PolicySampler(SQUARE.dimensions).propose(kept, range(60, 64), 1)
        again = used.propose(kept, range(60, 64), 1)
        assert again == fresh
        assert [memo_of(p) for p in again] == [memo_of(p) for p in fresh]
    kept.drop(5)
    fresh = PolicySampler(SQUARE.dimensions).propose(kept, [60], 1)
    assert used.propose(kept, [60], 1) == fresh


@pytest.mark.parametrize("step", [10**6, -1, True, "3", None, 2.0])
def test_a_memo_that_somebody_edited_counts_as_a_draw_from_the_prior(step):
    def proposed(memo):
        kept = History(SQUARE.dimensions)
        for number, (x, y) in enumerate(np.random.default_rng(0).random((40, 2)).tolist()):
            params = {"x": x, "y": y}
            kept.put(trial(number, params, bowl(params), memo=memo))
        return PolicySampler(SQUARE.dimensions).propose(kept, [40], 0)

    assert proposed({"by": "policy", "step": step}) == proposed({"by": "another"})


def test_where_the_likely_points_are_known_it_goes_on_until_none_is_left():
    space = Space({"k": Int(0, 3), "c": Choice(["a", "b"])})
    kept = searched(PolicySampler(space.dimensions, learning_rate=5), space, lambda p: p["k"], 8)
    assert kept.taken == 8
    assert PolicySampler(space.dimensions).propose(kept, [8], 0) == []


def test_it_says_what_it_has_learned():
    space = Space({"x": Float(0, 1), "c": Choice(["a", "b"])})
    sampler = PolicySampler(space.dimensions)
    kept = searched(sampler, space, lambda p: p["x"], 12)
    said = sampler.explain(kept)
    assert said.startswith("2 steps on 10 trials, numbers vary by ")
    assert "likeliest options have " in said
    assert sampler.explain(History(space.dimensions)) == (
        "0 steps on 0 trials, numbers vary by 20% of their range, likeliest options have 50%"
    )


@pytest.mark.parametrize(
    "options",
    [
        {"batch": 1},
        {"batch": 2.5},
        {"learning_rate": 0},
        {"learning_rate": 10},
        {"learning_rate": "1"},
    ],
)
def test_options_out_of_range_are_refused_by_name(options):
    with pytest.raises(InvalidStudy, match=next(iter(options))):
        PolicySampler(SQUARE.dimensions, **options)
