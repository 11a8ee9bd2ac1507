from collections import Counter

import numpy as np
import pytest

from parzen.coordinator.samplers import choosing
from parzen.coordinator.samplers.choosing import Circumstances, Method, chosen, shares, told


def ranked_share(number, pending, seconds):
    now = Circumstances(number=number, pending=pending, seconds_per_trial=seconds)
    return shares(now)[Method.PROCESS]


@pytest.mark.parametrize("seconds", [None, 1.0, 3600.0])
@pytest.mark.parametrize("pending", [0, 1])
def test_one_after_another_and_of_ordinary_length_nearly_all_are_ranked(seconds, pending):
    assert ranked_share(50, 0, seconds) == 1
    assert ranked_share(50, 1, seconds) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("pending", [0, 1, 500])
@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_trials_that_take_no_time_are_not_ranked(pending, seconds):
    assert ranked_share(50, pending, seconds) == 0


def test_the_share_is_one_and_falls_with_what_is_pending_and_as_trials_get_shorter():
    lengths = [0.0, 1e-4, 0.01, 0.06, 1.0, 60.0, 1e6, None]
    shares = np.array(
        [[ranked_share(50, n, s) for s in lengths] for n in (0, 1, 8, 31, 32, 33, 1000)]
    )
    assert (shares >= 0).all()
    assert (shares <= 1).all()
    assert (np.diff(shares, axis=0) <= 0).all()
    assert (np.diff(shares, axis=1) >= 0).all()
    assert shares[:, -1].min() == pytest.approx(0.7)


def test_ranking_keeps_half_a_core_busy_at_most():
    for pending in (1, 8, 64, 512):
        for seconds in (1e-3, 0.1, 2.0, 100.0):
            proposals_a_second = pending / seconds
            ranked = ranked_share(50, pending, seconds) * proposals_a_second
            assert ranked * choosing.COST_S <= 0.5 + 1e-9


def test_others_have_half_of_a_long_study():
    found = [ranked_share(number, 0, None) for number in (10, 100, 150, 200, 100_000)]
    assert found == [1, 1, 0.75, 0.5, 0.5]


@pytest.mark.parametrize(
    ("budget", "start"), [(None, 10), (1000, 10), (30, 10), (20, 6), (12, 4), (3, 4)]
)
def test_a_small_budget_has_a_short_start(budget, start):
    found = [
        Method.START in shares(Circumstances(number=number, budget=budget)) for number in range(12)
    ]
    assert found == [number < start for number in range(12)]


def test_a_start_that_was_asked_for_is_no_longer_for_a_budget():
    assert Circumstances(number=0, start=2, budget=30).begins == 2


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("numbers", [False, True])
@pytest.mark.parametrize(("number", "pending", "seconds"), [(50, 0, None), (300, 8, 0.1)])
def test_shares_are_probabilities_by_which_methods_are_chosen(
    number, pending, seconds, numbers, gradients
):
    now = Circumstances(
        number=number,
        pending=pending,
        seconds_per_trial=seconds,
        numbers=numbers,
        gradients=gradients,
    )
    found = shares(now)
    assert min(found.values()) >= 0
    assert sum(found.values()) == pytest.approx(1)
    drawn = Counter(chosen(now, (i + 0.5) / 1000) for i in range(1000))
    assert {m: pytest.approx(1000 * share, abs=1) for m, share in found.items() if share} == drawn
    assert (found[Method.EVOLUTION] > 0) == (numbers and number > 100)
    assert (found[Method.DESCENT] > 0) == gradients


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"number": 3}, "a Sobol sequence makes the first 10 proposals"),
        (
            {"number": 3, "budget": 15},
            "a Sobol sequence makes the first 5 proposals, since max_trials is 15",
        ),
        ({"number": 30}, "a Gaussian process 100%: each trial is worth ranking its candidates"),
        (
            {"number": 30, "pending": 33},
            "a Gaussian process 70%, TPE 30%: about 30 trials are pending",
        ),
        (
            {"number": 30, "pending": 1, "seconds_per_trial": 0.012},
            (
                "TPE 80%, a Gaussian process 20%: a trial takes 0.01 s, too short to rank all "
                "candidates"
            ),
        ),
        (
            {"number": 300, "numbers": True},
            (
                "a Gaussian process 50%, CMA-ES 50%: the study is past trial 100 and all its "
                "parameters are numbers"
            ),
        ),
        (
            {"number": 30, "gradients": True},
            "a Gaussian process 50%, gradient descent 50%: the objective tells gradients",
        ),
    ],
)
def test_it_tells_who_proposes_and_why(now, said):
    assert told(Circumstances(**now)) == said
