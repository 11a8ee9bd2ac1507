import math

import numpy as np
import pytest
from scipy import integrate, stats

from parzen.coordinator.samplers import factors
from parzen.coordinator.samplers.factors import Factors, Sample, utilities
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Choice, Float, Int, Space

SPACE = Space({"x": Float(0, 1), "c": Choice(["a", "b", "c"], weights=[1, 2, 1])})
TREE = Space({"m": Choice({"a": {"x": Float(0, 1)}, "b": {"y": Float(0, 1)}})})


def first(space):
    return Factors.first(UnitCube(space.dimensions))


def sample(rows, losses, drawn=None):
    rows = np.array(rows, dtype=float)
    return Sample(
        rows, np.array(losses, dtype=float), np.zeros(rows.shape) if drawn is None else drawn
    )


def stepped(space, rows, losses, steps=1, rate=1.0):
    found = first(space)
    for _ in range(steps):
        found = found.step(sample(rows, losses), rate)
    return found


def test_the_first_draws_choices_from_their_prior_and_numbers_from_the_middle():
    rows = np.array([first(SPACE).draw(r) for r in np.random.default_rng(0).random((2000, 2))])
    counts = np.bincount(rows[:, 1].astype(int))
    assert stats.chisquare(counts, [500, 1000, 500]).pvalue > 0.01
    law = stats.truncnorm(-2.5, 2.5, loc=0.5, scale=0.2)
    assert stats.kstest(rows[:, 0], law.cdf).pvalue > 0.01


def test_a_draw_on_a_grid_is_one_of_its_values():
    cube = UnitCube(Space({"n": Int(1, 4)}).dimensions)
    drawn = {float(Factors.first(cube).draw(np.array([u]))[0]) for u in np.linspace(0, 0.999, 40)}
    assert drawn <= {0.125, 0.375, 0.625, 0.875}


def test_a_number_goes_to_where_losses_are_low_and_narrows_there():
    u = np.linspace(0.05, 0.95, 15)
    found = stepped(SPACE, np.column_stack([u, np.ones(15)]), (u - 0.7) ** 2, steps=30)
    assert found.means[0] == pytest.approx(0.7, abs=0.05)
    assert math.exp(found.log_sds[0]) < 0.1


def test_a_choice_goes_to_the_option_whose_losses_are_low():
    options = np.arange(15) % 3
    found = stepped(SPACE, np.column_stack([np.full(15, 0.5), options]), options == 2, steps=10)
    assert found.probabilities[0, 2] < 0.05
    assert stepped(SPACE, [[0.5, o] for o in options], options != 2).probabilities[0, 2] > 0.25


def test_no_option_is_given_up_and_no_deviation_collapses():
    u, options = np.linspace(0.45, 0.55, 15), np.arange(15) % 3
    rows = np.column_stack([u, options])
    found = stepped(SPACE, rows, (u - 0.5) ** 2 + (options != 0), steps=200, rate=5.0)
    prior = np.array([0.25, 0.5, 0.25])
    assert (found.probabilities[0] >= factors.EXPLORED * prior).all()
    assert math.exp(found.log_sds[0]) >= factors.LEAST_SD * (1 - 1e-12)
    assert 0 <= found.means[0] <= 1


def test_losses_count_by_their_ranks_alone():
    rows = [[u, o % 3] for o, u in enumerate(np.linspace(0.1, 0.9, 12))]
    losses = np.random.default_rng(1).random(12)
    plain, scaled = stepped(SPACE, rows, losses), stepped(SPACE, rows, 1e300 * losses - 1e300)
    assert plain.means.tolist() == scaled.means.tolist()
    assert plain.logits.tolist() == scaled.logits.tolist()


def test_equal_losses_teach_nothing():
    rows = [[u, o % 3] for o, u in enumerate(np.linspace(0.1, 0.9, 12))]
    found, begun = stepped(SPACE, rows, np.full(12, 7.0)), first(SPACE)
    np.testing.assert_allclose(found.means, begun.means)
    np.testing.assert_allclose(found.probabilities, begun.probabilities)


def test_a_parameter_of_a_branch_learns_from_the_trials_that_had_it():
    rows = [[0, u, math.nan] for u in np.linspace(0.1, 0.9, 9)] + [[1, math.nan, 0.5]] * 3
    found = stepped(TREE, rows, [*((np.linspace(0.1, 0.9, 9) - 0.2) ** 2), 5, 5, 5])
    x, y = found.means
    assert x < 0.45
    assert y == 0.5


def test_a_trial_that_was_far_likelier_when_drawn_counts_for_less():
    rows, losses = [[0.2, 0.0]] * 4 + [[0.8, 0.0]] * 4, [0.0] * 4 + [1.0] * 4
    even = first(SPACE).log_densities(np.array(rows))
    often = even.copy()
    often[:4, 0] += 5.0
    moved = first(SPACE).step(sample(rows, losses, even), 1.0).means[0]
    held = first(SPACE).step(sample(rows, losses, often), 1.0).means[0]
    assert moved < held < 0.5


def test_densities_are_relative_to_the_prior_and_sum_to_1():
    found = stepped(SPACE, [[0.9, 0], [0.7, 1], [0.2, 2], [0.1, 1]], [0, 1, 2, 3], steps=3)

    def density(u):
        return math.exp(found.log_densities(np.array([[u, math.nan]]))[0, 0])

    assert integrate.quad(density, 0, 1)[0] == pytest.approx(1)
    rows = np.array([[math.nan, option] for option in range(3)])
    shares = np.exp(found.log_densities(rows)[:, 1]) * [0.25, 0.5, 0.25]
    np.testing.assert_allclose(shares, found.probabilities[0])


def test_utilities_fall_with_rank_sum_to_0_and_are_shared_by_equals():
    worth = utilities(np.array([3.0, 1.0, 2.0, math.nan, 2.0, 9.0]))
    assert worth.sum() == pytest.approx(0)
    assert worth[1] > worth[2] == worth[4] > worth[0] >= worth[3]
    np.testing.assert_allclose(utilities(np.full(5, math.nan)), 0, atol=1e-15)
