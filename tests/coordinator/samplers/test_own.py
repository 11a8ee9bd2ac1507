import functools
from dataclasses import replace

import numpy as np
import pytest

from parzen.coordinator.history import History
from parzen.coordinator.samplers.own import OwnSampler
from parzen.shared.errors import InvalidProposal
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

SPACE = Space(
    {
        "x": Float(0, 1),
        "n": Int(1, 9),
        "opt": Choice({"sgd": {"momentum": Float(0, 0.9)}, "adam": {}}),
    }
)


def trial(number, params, state=TrialState.COMPLETE, loss=None):
    return Trial(study="", uid=Uid(""), number=number, params=params, state=state, loss=loss)


@pytest.fixture
def history():
    adam = {"n": 3, "opt": "adam"}
    known = History(SPACE.dimensions, budget=50)
    known.put(trial(0, {"x": 0.1, **adam}, loss=2.0))
    known.put(trial(1, {"x": 0.7, **adam}, loss=1.0))
    known.put(trial(2, {"x": 0.3, **adam}, TrialState.FAILED))
    known.put(trial(3, {"x": 0.4, **adam}, TrialState.RUNNING))
    known.put(trial(4, {"x": 0.5, **adam}, TrialState.CANCELLED))
    known.put(trial(5, {"x": "somebody edited it", **adam}, loss=0.0))
    return known


def nearby(seen, rng):
    """Around the best, and away from what is tried just now."""
    if not seen.trials:
        return {}
    best = dict(seen.trials[0].params)
    return {
        **best,
        "x": float(np.clip(best["x"] + rng.normal(0, 0.1) / (1 + len(seen.pending)), 0, 1)),
    }


def test_a_function_sees_what_is_known_of_the_study(history):
    seen = []

    def choose(known, rng):
        seen.append(known)
        return {"x": 0.2 + 0.1 * len(seen)}

    OwnSampler(choose).propose(history, [6, 7], seed=0)
    first, second = seen
    assert [d.name for d in first.dimensions] == ["x", "n", "opt", "opt/sgd/momentum"]
    assert [(t.number, t.loss, t.params["x"]) for t in first.trials] == [
        (1, 1.0, 0.7),
        (0, 2.0, 0.1),
    ]
    assert [params["x"] for params in first.failed] == [0.3]
    assert [params["x"] for params in first.pending] == [0.4]
    assert (first.number, first.budget) == (6, 50)
    assert [params["x"] for params in second.pending] == [0.4, pytest.approx(0.3)]


def test_what_it_leaves_out_is_drawn_from_the_prior_and_what_it_gives_takes_a_documents_type():
    def choose(seen, rng):
        return {"x": np.float32(0.5), "n": 3.0}

    found = OwnSampler(choose).propose(History(SPACE.dimensions), range(40), seed=1)
    for params in found:
        SPACE.check(params)
        assert (params["x"], params["n"]) == (0.5, 3)
        assert [type(params[name]) for name in ("x", "n")] == [float, int]
    assert {params["opt"] for params in found} == {"sgd", "adam"}


def test_a_point_may_be_proposed_again(history):
    again = OwnSampler(lambda seen, rng: seen.trials[0].params)
    assert [p["x"] for p in again.propose(history, [6, 7], 0)] == [0.7, 0.7]


@pytest.mark.parametrize("batch", [1, 5])
def test_the_same_trials_give_the_same_proposals_however_they_are_asked_for(batch):
    def run(*, fresh):
        known, sampler, found = History(SPACE.dimensions), OwnSampler(nearby), []
        for first in range(0, 20, 5):
            asked = range(first, first + 5)
            for start in range(first, first + 5, batch):
                sampler = OwnSampler(nearby) if fresh else sampler
                numbers = list(asked)[start - first : start - first + batch]
                for number, params in zip(numbers, sampler.propose(known, numbers, 7), strict=True):
                    known.put(trial(number, params, TrialState.WAITING))
                    found.append(params)
            for number in asked:
                known.put(trial(number, found[number], loss=found[number]["x"]))
        return found

    once = run(fresh=False)
    assert once == run(fresh=True)
    assert len({params["x"] for params in once}) == 20


def test_what_changes_or_goes_is_seen_anew(history):
    best = OwnSampler(lambda seen, rng: seen.trials[0].params)
    history.put(trial(6, {"x": 0.9, "n": 3, "opt": "adam"}, loss=0.5))
    assert best.propose(history, [7], 0)[0]["x"] == 0.9
    history.put(replace(history.trial(6), loss=3.0))
    assert best.propose(history, [7], 0)[0]["x"] == 0.7
    history.drop(1)
    assert best.propose(history, [7], 0)[0]["x"] == 0.1


def test_a_function_cannot_change_what_the_next_proposal_sees(history):
    def choose(seen, rng):
        seen.trials[0].params["x"] = 0.0
        return seen.trials[0].params

    with pytest.raises(TypeError, match="does not support item assignment"):
        OwnSampler(choose).propose(history, [6], 0)
    assert not history.knows(6)
    assert history.created == 6


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "returned None for trial 6, expected a dict {parameter: value}: did it forget"),
        ([0.5], r"returned [0.5] for trial 6, expected a dict {parameter: value}"),
        ({"x": 2}, "for trial 6 does not lie in the space: the parameter 'x' is 2; it must be a"),
        ({"x": np.array([0.1, 0.2])}, "'x' is array([0.1, 0.2]); it must be a number from 0"),
        ({"opt": np.array(["a", "b"])}, "it must be one of 'sgd', 'adam'"),
        ({"n": 2.5}, "'n' is 2.5; it must be an integer from 1 to 9"),
        ({"lr": 1}, "there is no parameter 'lr'"),
        ({"opt": "adam", "opt/sgd/momentum": 0.1}, "takes part only where 'opt' is 'sgd'"),
    ],
)
def test_what_is_no_point_of_the_space_is_told_in_one_sentence(history, returned, said):
    def choose(seen, rng):
        return returned

    with pytest.raises(InvalidProposal) as error:
        OwnSampler(choose).propose(history, [6], 0)
    assert said in str(error.value)
    assert "test_own.test_what_is_no_point" in str(error.value)
    assert "choose'" in str(error.value)


def test_what_it_raises_rises(history):
    with pytest.raises(ZeroDivisionError):
        OwnSampler(lambda seen, rng: {"x": 1 / 0}).propose(history, [6], 0)


class Fixed:
    def __call__(self, seen, rng, x=0.25):
        return {"x": x}


def test_partials_and_instances_propose_too(history):
    for given in (Fixed(), functools.partial(Fixed(), x=0.25)):
        assert OwnSampler(given).propose(history, [6], 0)[0]["x"] == 0.25
