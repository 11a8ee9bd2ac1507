from __future__ import annotations

import math

import numpy as np
import pytest
import scores
from scipy.stats import bootstrap

NAN = math.nan


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(10.0, 0.0), (2.0, 1.0), (6.0, 0.5), (14.0, -0.5), (99.0, -1.0), (1.0, 1.0)],
)
def test_a_score_is_the_share_of_the_way_to_the_best_clipped(loss, expected):
    assert scores.score(loss, reference=10.0, best=2.0) == pytest.approx(expected)


def test_where_random_search_finds_the_best_one_must_too():
    assert scores.score(2.0, reference=2.0, best=2.0) == 1
    assert scores.score(2.1, reference=2.0, best=2.0) == -1


def test_only_what_every_sampler_has_stays():
    values = np.array([[[1.0, 2.0, NAN]], [[NAN, 5.0, 6.0]]])
    np.testing.assert_array_equal(scores.complete(values), [[[NAN, 2.0, NAN]], [[NAN, 5.0, NAN]]])


def test_ranks_share_ties_and_leave_out_what_is_missing():
    losses = np.array([[[1.0, 3.0, NAN]], [[1.0, 2.0, NAN]], [[5.0, 1.0, NAN]]])
    np.testing.assert_array_equal(
        scores.ranks(losses), [[[1.5, 3.0, NAN]], [[1.5, 2.0, NAN]], [[3.0, 1.0, NAN]]]
    )


def test_problems_count_alike_however_many_seeds_they_have():
    values = np.array([[[0.0, NAN, NAN], [1.0, 1.0, 1.0], [NAN, NAN, NAN]]])
    assert scores.estimates(values)[0].mean == pytest.approx(0.5)


@pytest.mark.parametrize("shape", [(1, 60, 1), (1, 1, 60)])
def test_intervals_of_problems_or_seeds_alone_agree_with_scipys_bootstrap(shape):
    values = np.random.default_rng(1).normal(size=shape)
    mine = scores.estimates(values)[0]
    theirs = bootstrap(
        (values.ravel(),), np.mean, method="percentile", n_resamples=4_000, rng=0
    ).confidence_interval
    assert mine.low == pytest.approx(theirs.low, abs=0.02)
    assert mine.high == pytest.approx(theirs.high, abs=0.02)


def test_both_problems_and_seeds_make_an_interval_wide():
    rng = np.random.default_rng(0)
    seeds_differ = rng.normal(size=(1, 1, 8))
    problems_differ = np.repeat(rng.normal(size=(1, 8, 1)), 4, axis=2)
    nothing_differs = np.full((1, 8, 4), 0.25)
    for values, wide in ((seeds_differ, True), (problems_differ, True), (nothing_differs, False)):
        estimate = scores.estimates(values)[0]
        assert (estimate.high - estimate.low > 0.1) is wide
        assert estimate.low <= estimate.mean <= estimate.high


def test_an_interval_holds_the_truth_about_as_often_as_it_says(monkeypatch):
    monkeypatch.setattr(scores, "RESAMPLES", 300)
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(40):
        values = rng.normal(size=(1, 30, 1)) + rng.normal(size=(1, 30, 3)) * 0.5
        estimate = scores.estimates(values)[0]
        covered += estimate.low <= 0 <= estimate.high
    assert covered >= 34


def test_a_difference_is_paired():
    difficulty = np.random.default_rng(0).normal(size=(20, 5)) * 10
    figure = scores.difference(difficulty + 0.3, difficulty)
    assert figure.mean == pytest.approx(0.3)
    assert figure.low == pytest.approx(0.3)
    assert figure.high == pytest.approx(0.3)


def test_a_difference_looks_only_at_what_both_have():
    one, other = np.array([[1.0, 9.0]]), np.array([[0.5, NAN]])
    assert scores.difference(one, other).mean == pytest.approx(0.5)


def test_a_ratio_is_paired_and_of_the_means():
    alone = np.array([[0.2, 0.4], [0.8, 1.0], [0.5, NAN]])
    figure = scores.ratio(alone * 0.9, alone)
    assert figure.mean == pytest.approx(0.9)
    assert figure.low == pytest.approx(0.9)
    assert figure.high == pytest.approx(0.9)


def test_the_same_figures_give_the_same_interval():
    values = np.random.default_rng(0).random((2, 6, 3))
    assert scores.estimates(values) == scores.estimates(values.copy())
