import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.coordinator.history import History
from parzen.coordinator.outlook import Outlook
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Proposed, Trial, Uid
from parzen.shared.space import Choice, Float, Int, Space

SPACE = Space({"x": Float(0, 1)})
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def trial(number, state="complete", loss=None, x=0.5, at=None, *, seconds=None):
    return Trial(
        study="s",
        uid=Uid("u"),
        number=number,
        params={"x": x},
        state=TrialState(state),
        loss=loss,
        finished_at=None if at is None else NOON + timedelta(seconds=at),
        duration_s=seconds,
    )


def history(*trials):
    kept = History(SPACE.dimensions)
    for one in trials:
        kept.put(one)
    return kept


def test_it_counts_by_state_and_knows_the_next_number():
    kept = history(trial(0, "running"), trial(7, "waiting"), trial(3, loss=1.0))
    assert kept.created == 8
    assert kept.counts[TrialState.COMPLETE] == 1
    assert kept.unfinished() == {TrialState.WAITING: [7], TrialState.RUNNING: [0]}


def test_a_trial_put_again_replaces_what_was_known():
    kept = history(
        trial(0, "waiting", x=0.1), trial(0, "running", x=0.2), trial(0, loss=3.0, x=0.2)
    )
    assert sum(kept.counts.values()) == 1
    assert kept.best == (0, 3.0)
    kept.put(trial(0, "waiting", x=0.3))
    assert kept.best is None
    assert kept.ranked_numbers == []
    assert kept.finished_since_best() == 0
    assert kept.rows([0]).tolist() == [[0.3]]
    assert not kept.holds(kept.cube.key(np.array([0.1])))
    assert kept.holds(kept.cube.key(np.array([0.3])))


def test_a_trial_that_ran_elsewhere_tells_what_it_tells_and_leaves_its_point_free():
    kept, point = history(trial(0, loss=3.0, x=0.2)), {"x": 0.5}
    kept.put(trial(-1, loss=1.0), elsewhere=True)
    key = kept.cube.key(kept.cube.row(point))
    assert list(kept.ranked_numbers) == [-1, 0]
    assert not kept.holds(key)
    assert kept.taken == 1
    kept.put(trial(1, "running"))
    assert kept.holds(key)
    kept.drop(-1)
    assert kept.holds(key)


def test_a_trial_that_is_dropped_leaves_its_point_and_its_number_free():
    kept = history(trial(0, loss=1.0), trial(1, "running", x=0.2))
    kept.drop(1)
    assert kept.pending() == []
    assert not kept.holds(kept.cube.key(np.array([0.2])))
    kept.put(trial(1, "waiting", x=0.3))
    assert kept.rows([0, 1]).tolist() == [[0.5], [0.3]]


def test_the_best_of_equals_is_the_lowest_number():
    assert history(trial(5, loss=1.0), trial(2, loss=1.0), trial(3, loss=2.0)).best == (2, 1.0)


def test_patience_counts_trials_that_ended_after_the_best():
    kept = history(
        trial(0, loss=2.0, at=10),
        trial(4, loss=1.0, at=20),
        trial(1, loss=3.0, at=30),
        trial(2, "failed", at=40),
        trial(3, "cancelled", at=50),
        trial(5, "running"),
    )
    assert kept.finished_since_best() == 2


def test_params_edited_by_hand_count_but_are_not_shown():
    kept = history(trial(0, loss=1.0, x="high"), trial(1, loss=2.0), trial(2, "running", x=9))
    assert kept.best == (0, 1.0)
    assert len(kept.rows([0, 1])) == 1
    assert len(Outlook(kept).pending()) == 0
    kept.put(trial(0, "failed", x=0.25))
    assert len(kept.rows([0, 1])) == 2
    kept.put(trial(1, "running", x="edited"))
    outlook = Outlook(kept)
    outlook.add(3, np.array([0.75]))
    assert outlook.pending().tolist() == [[0.75]]


def test_a_cancelled_trial_leaves_its_point_free():
    kept = history(trial(0, "cancelled", x=0.25))
    assert not kept.holds(kept.cube.key(np.array([0.25])))


def test_a_complete_trial_without_a_usable_loss_is_bad():
    kept = history(trial(0, loss=None), trial(1, loss=float("nan")), trial(2, "pruned"))
    assert kept.best is None
    assert list(kept.lossless) == [0, 1, 2]


def test_it_grows_past_its_first_capacity():
    kept = history(*(trial(n, loss=float(n), x=n / 100) for n in range(100)))
    np.testing.assert_allclose(kept.rows(range(100))[:, 0], np.arange(100) / 100)


def test_trials_that_fit_stand_in_the_order_in_which_they_ended():
    kept = history(
        trial(0, loss=2.0, at=30),
        trial(1, loss=1.0, at=10),
        trial(2, loss=3.0, at=10, x="edited"),
        trial(3, "failed", at=20),
        trial(4, loss=float("inf"), at=20),
        trial(5, loss=0.5, at=10),
    )
    assert list(kept.ended) == [1, 5, 3, 4, 0]
    np.testing.assert_array_equal(kept.losses(kept.ended), [1.0, 0.5, np.nan, np.nan, 2.0])
    assert kept.rows(kept.ended).shape == (5, 1)
    assert list(kept.ranked_numbers) == [5, 1, 0], "the one that was edited does not fit"
    assert kept.best == (5, 0.5)
    assert kept.counts[TrialState.COMPLETE] == 5
    kept.put(trial(1, "running"))
    kept.put(trial(2, loss=3.0, at=10))
    assert list(kept.ended) == [2, 5, 3, 4, 0]
    assert list(kept.ranked_numbers) == [5, 0, 2]


def test_losses_are_nan_where_there_is_none():
    kept = history(trial(0, "failed"), trial(1, loss=1e308), trial(2, loss=-2.0, x="edited"))
    np.testing.assert_array_equal(kept.losses([2, 0, 1]), [-2.0, np.nan, 1e308])
    kept.put(trial(1, "running"))
    assert np.isnan(kept.losses([1])).all()


def test_a_trial_takes_as_long_as_the_last_ones_did():
    kept = history(trial(99, "running", seconds=500.0))
    assert kept.seconds_per_trial is None
    for n in range(20):
        kept.put(trial(n, loss=1.0, at=100 - n, seconds=None if n % 2 else 10.0 + n))
    assert kept.seconds_per_trial == 19.0
    kept.put(trial(20, "failed", at=0, seconds=1000.0))
    assert kept.seconds_per_trial == 19.0
    kept.put(trial(21, "pruned", at=200, seconds=1000.0))
    assert kept.seconds_per_trial == 20.0


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(12)), st.lists(st.sampled_from([0.0, 1.0, 1e308]), min_size=12))
def test_order_of_arrival_does_not_matter(order, losses):
    states = ["complete", "complete", "failed", "running"]
    trials = [
        trial(n, states[n % 4], loss=losses[n] if n % 4 < 2 else None, x=n / 20, at=n % 5)
        for n in range(12)
    ]
    straight, shuffled = history(*trials), history(*(trials[i] for i in order))
    for kept in (straight, shuffled):
        kept.drop(order[1])
        kept.put(trials[order[0]])
        kept.put(trials[order[1]])
    assert straight.ranked_numbers == shuffled.ranked_numbers
    assert straight.lossless == shuffled.lossless
    assert straight.best == shuffled.best
    assert straight.ended == shuffled.ended
    np.testing.assert_array_equal(straight.losses(range(12)), shuffled.losses(range(12)))
    assert straight.finished_since_best() == shuffled.finished_since_best()
    np.testing.assert_array_equal(Outlook(straight).pending(), Outlook(shuffled).pending())


def test_parameters_are_told_as_they_were_put_to_the_last_bit():
    space = Space(
        {"x": Float(-5, 7.3), "n": Int(1, 9), "c": Choice({"a": {"y": Float(-5, 7.3)}, "b": {}})}
    )
    kept = History(space.dimensions)
    put = {"x": 0.0001, "n": 3, "c": "b"}
    kept.put(replace(trial(0), params={**put, "c/a/y": 10**400, "other": "z"}))
    assert kept.params(0) == put
    assert kept.cube.params(kept.rows([0])[0])["x"] != 0.0001
    kept.put(replace(trial(1), params={"x": 2, "n": 3.0, "c": "a", "c/a/y": 0.3}))
    assert repr(kept.params(1)) == repr({"x": 2.0, "n": 3, "c": "a", "c/a/y": 0.3})
    kept.put(replace(trial(2), params={"x": 99.0}))
    assert kept.params(2) is None


def test_how_often_a_point_became_free_stands_while_every_known_point_stays_known():
    kept = history(trial(0, "running", x=0.1), trial(1, "running", x=0.2))
    kept.put(trial(0, "complete", loss=1.0, x=0.1))
    kept.put(trial(2, "failed", x=0.1))
    kept.drop(2)  # trial 0 holds its point
    assert kept.freed == 0
    kept.put(trial(1, "cancelled", x=0.2))
    assert kept.freed == 1
    kept.drop(0)
    assert kept.freed == 2


def described(kept, numbers):
    """All that a history tells of its trials."""
    series = [kept.series(by, member) for by in ("pso", "de") for member in (None, 1)]
    return {
        "counts": kept.counts,
        "unfinished": kept.unfinished(),
        "numbers": (kept.created, kept.count, kept.taken, kept.best, kept.finished_since_best()),
        "orders": (kept.ranked_numbers, kept.lossless, kept.ended, kept.pending()),
        "series": [(one.ranked, one.ended, one.pending) for one in series],
        "rows": kept.rows(numbers).tobytes(),
        "losses": kept.losses(numbers).tobytes(),
        "trials": [kept.trial(number) for number in numbers],
        "seconds": kept.seconds_per_trial,
    }


BRANCHED = Space(
    {
        "x": Float(-5, 7.3),
        "n": Int(1, 9),
        "c": Choice({"a": {"y": Float(1e-3, 1, log=True)}, "b": {}}),
    }
)


@settings(max_examples=80, deadline=None)
@given(st.data(), st.integers(0, 2**32))
def test_trials_that_are_loaded_at_once_are_as_if_each_were_put(data, seed):
    def drawn(number):
        row = np.random.default_rng([seed, number]).random((1, 4))
        cube = History(BRANCHED.dimensions).cube
        params = dict(cube.params(cube.from_uniform(row)[0]))
        if data.draw(st.integers(0, 9)) == 0:
            params["n"] = data.draw(st.sampled_from(["edited", 400, 2.5, {}]))
        memo = data.draw(st.sampled_from([None, {"by": "pso", "member": 1}, {"by": "de"}, "?"]))
        state = data.draw(st.sampled_from([*TrialState]))
        loss = (
            data.draw(st.sampled_from([None, math.nan, 0.0, -1.5])) if state == "complete" else None
        )
        one = trial(number, state, loss, at=data.draw(st.sampled_from([None, 1, 2])), seconds=seed)
        result = {"gradient": {"x": 0.5}} if loss == 0.0 else {}
        proposed = Proposed(sampler="s", memo=memo) if memo != "?" else None
        return replace(one, params=params, proposed=proposed, result=result)

    numbers = data.draw(st.lists(st.integers(0, 20), max_size=12))
    trials = [drawn(number) for number in numbers]
    before = data.draw(st.integers(0, len(trials)))
    one_by_one, loaded = History(BRANCHED.dimensions), History(BRANCHED.dimensions)
    for one in trials:
        one_by_one.put(one)
    for one in trials[:before]:
        loaded.put(one)
    rest = trials[before:]
    loaded.load([rest[:4], rest[4:4], rest[4:]])
    known = sorted(set(numbers))
    assert described(loaded, known) == described(one_by_one, known)
    for kept in (one_by_one, loaded):  # and go on alike
        for number in known[::2]:
            kept.drop(number)
        kept.put(replace(trial(30, loss=0.25), params={"x": 0.1, "n": 3, "c": "b"}))
    assert described(loaded, [*known[1::2], 30]) == described(one_by_one, [*known[1::2], 30])


def test_what_was_loaded_before_a_failure_is_in_order():
    def chunks():
        yield [trial(1, loss=1.0, x=0.1), trial(0, loss=0.5, x=0.2)]
        raise ConnectionError

    kept = history()
    with pytest.raises(ConnectionError):
        kept.load(chunks())
    assert kept.ranked_numbers == [0, 1]
