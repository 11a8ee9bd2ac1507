import random
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from parzen.coordinator.history import History
from parzen.coordinator.samplers import ranking
from parzen.coordinator.samplers.ranking import Hyperparameters, Ranking, milestone
from parzen.coordinator.unit import UnitCube
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Trial, Uid
from parzen.shared.space import Choice, Float, Space

PLANE = Space({"x": Float(0, 1), "y": Float(0, 1)})
TREE = Space({"x": Float(0, 1), "m": Choice({"a": {"y": Float(0, 1)}, "b": {}})})
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def trial(number, params, state="complete", loss=None):
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params=params,
        state=TrialState(state),
        loss=loss,
        finished_at=NOON + timedelta(seconds=number),
    )


def bowl(params):
    return (params["x"] - 0.7) ** 2 + (params.get("y", params.get("m/a/y", 1.0)) - 0.3) ** 2


def observed(space, states):
    """Trials at random points, with the loss of a bowl where they are complete."""
    cube = UnitCube(space.dimensions)
    rows = cube.from_uniform(np.random.default_rng(1).random((len(states), cube.width)))
    points = [cube.params(row) for row in rows]
    return [
        trial(n, p, state, bowl(p) if state == "complete" else None)
        for n, (p, state) in enumerate(zip(points, states, strict=True))
    ]


def history(space, trials):
    kept = History(space.dimensions)
    for one in trials:
        kept.put(one)
    return kept


def uniform(cube):
    return lambda count, rng: cube.from_uniform(rng.random((count, cube.width)))


def best_first(kept, pending=None):
    theta = Hyperparameters().of(kept)
    ranked = Ranking(kept, theta, uniform(kept.cube), 0)
    nobody = np.empty((0, kept.cube.width))
    return ranked.best_first(nobody if pending is None else pending, np.random.default_rng(0))


@pytest.fixture
def quick(monkeypatch):
    """Fits that are none: the sizes of what each would look at."""
    sizes, likelihood = [], ranking.Likelihood

    def spy(features, vectors, targets, prior):
        sizes.append(len(vectors))
        return likelihood(features, vectors, targets, prior)

    monkeypatch.setattr(ranking, "Likelihood", spy)
    monkeypatch.setattr(ranking, "fit", lambda likelihood, starts: starts[0])
    return sizes


def test_milestones_grow_by_8_percent_at_most_or_by_one():
    reached = [milestone(count) for count in range(4, 3000)]
    steps = sorted(set(reached))
    assert reached == sorted(reached)
    assert steps[0] == 4
    assert all(b <= max(a + 1, a * 1.08) for a, b in pairwise(steps))
    assert all(m <= count for count, m in enumerate(reached, start=4))
    assert [milestone(m) for m in steps] == steps
    assert len(steps) < 90


def test_hyperparameters_are_fitted_at_milestones_only(quick):
    kept, used, fitted = History(TREE.dimensions), Hyperparameters(), []
    for count, one in enumerate(observed(TREE, ["complete"] * 40), start=1):
        kept.put(one)
        if count >= 4:
            used.of(kept)
            used.of(kept)
            fitted += [count] * len(quick)
            quick.clear()
    assert fitted == sorted({milestone(count) for count in range(4, 41)})


def test_trials_that_have_not_ended_do_not_bring_a_fit(quick):
    trials = observed(TREE, ["complete"] * 10 + ["running", "waiting", "cancelled"] * 5)
    kept, used = History(TREE.dimensions), Hyperparameters()
    for count, one in enumerate(trials, start=1):
        kept.put(one)
        if count >= 10:
            used.of(kept)
    assert len(quick) == 1


@pytest.mark.parametrize("count", [5, 30, 50])
def test_hyperparameters_are_the_same_from_a_cold_start_and_in_any_order(count):
    trials, used = observed(TREE, ["complete"] * count), Hyperparameters()
    for some in range(4, count, 7):
        used.of(history(TREE, trials[:some]))
    expected = used.of(history(TREE, trials)).tolist()
    shuffled = random.Random(3).sample(trials, count)
    assert Hyperparameters().of(history(TREE, shuffled)).tolist() == expected
    assert used.of(history(TREE, shuffled)).tolist() == expected


def test_a_loss_that_changes_brings_a_fit_and_going_back_brings_the_old_one():
    trials, used = observed(TREE, ["complete"] * 20), Hyperparameters()
    before = used.of(history(TREE, trials)).tolist()
    changed = [*trials[:5], trial(5, trials[5].params, loss=9.0), *trials[6:]]
    assert used.of(history(TREE, changed)).tolist() != before
    assert used.of(history(TREE, trials)).tolist() == before


def test_a_fit_looks_at_few_of_the_last_trials(quick, monkeypatch):
    Hyperparameters().of(history(PLANE, observed(PLANE, ["complete"] * 2000)))
    assert quick == [80, 160], "half of them, then all"
    quick.clear()
    monkeypatch.setattr(ranking, "WINDOW", 30)
    Hyperparameters().of(history(PLANE, observed(PLANE, ["complete"] * 2000)))
    assert quick == [30]


def test_what_is_looked_at_is_capped(quick, monkeypatch):
    sizes, posterior = [], ranking.posterior

    class Spy:
        def __init__(self, belief):
            self.view, self.slopes = belief.view, belief.slopes
            self.inner = belief

        def believing(self, vectors):
            sizes.append(len(vectors))
            return self.inner.believing(vectors)

    def spy(features, theta, vectors, targets):
        sizes.append(len(vectors))
        return Spy(posterior(features, theta, vectors, targets))

    monkeypatch.setattr(ranking, "posterior", spy)
    kept = history(PLANE, observed(PLANE, ["complete"] * 600 + ["failed"] * 100))
    pending = np.random.default_rng(4).random((300, 2))
    rows = best_first(kept, pending)
    assert sizes == [256 + 64, 128], "complete and failed, then pending"
    np.testing.assert_array_equal(best_first(kept, pending[-128:]), rows)


def test_the_best_is_expected_where_the_bowl_is_deepest():
    best = best_first(history(PLANE, observed(PLANE, ["complete"] * 30)))[0]
    np.testing.assert_allclose(best, [0.7, 0.3], atol=0.05)


def test_near_trials_that_failed_less_is_expected():
    trials = observed(PLANE, ["complete"] * 30)
    rng = np.random.default_rng(5)
    failed = [
        trial(30 + n, {"x": x, "y": y}, "failed")
        for n, (x, y) in enumerate(rng.normal((0.7, 0.3), 0.05, (10, 2)))
    ]
    apart = [
        np.median(np.hypot(*(best_first(history(PLANE, known))[:20] - [0.7, 0.3]).T))
        for known in (trials, trials + failed)
    ]
    assert apart[0] < 0.05
    assert apart[1] > 0.1


def test_near_pending_trials_less_is_expected():
    kept = history(PLANE, observed(PLANE, ["complete"] * 12))
    [best] = best_first(kept)[:1]
    after = best_first(kept, best[None, :])[0]
    assert np.hypot(*(after - best)) > 0.02


@pytest.mark.parametrize("state", ["complete", "failed", "running"])
def test_a_trial_that_does_not_fit_the_space_is_not_seen(state):
    trials = observed(PLANE, ["complete"] * 20)
    misfit = trial(20, {"x": "half", "y": 0.5}, state, -1e9 if state == "complete" else None)
    rows = best_first(history(PLANE, [*trials, misfit]))
    np.testing.assert_array_equal(rows, best_first(history(PLANE, trials)))


def test_trials_that_do_not_fit_are_not_looked_at_however_many_they_are():
    misfits = [trial(n, {"x": "no", "y": 0.5}, loss=float(n)) for n in range(700)]
    fitting = [trial(700 + n, {"x": n / 4, "y": 0.5}, loss=1e3 + n) for n in range(4)]
    np.testing.assert_array_equal(
        best_first(history(PLANE, misfits + fitting)), best_first(history(PLANE, fitting))
    )


def test_proposals_do_not_stand_together_however_noisy_the_losses_are():
    rng = np.random.default_rng(5)
    trials = [
        trial(n, {"x": x, "y": y}, loss=(x - 0.3) ** 2 + y**2 + 0.3 * rng.normal())
        for n, (x, y) in enumerate(rng.random((40, 2)))
    ]
    kept, pending = history(PLANE, trials), np.empty((0, 2))
    for _ in range(30):
        pending = np.vstack([pending, best_first(kept, pending)[0]])
    nearby = (squareform(pdist(pending)) < 0.01).sum(axis=1)
    assert nearby.max() <= 6, "13 without regard to company"
