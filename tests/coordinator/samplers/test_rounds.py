import math

import numpy as np
import pytest

from parzen.coordinator.samplers.parzen_estimator import Kernels, Mixture, Scale
from parzen.coordinator.samplers.points import Points
from parzen.coordinator.samplers.rounds import Round
from parzen.coordinator.unit import UnitCube
from parzen.shared.space import Float, Space

CUBE = UnitCube(Space({"x": Float(0, 1), "y": Float(0, 1)}).dimensions)
ROWS = CUBE.from_uniform(np.random.default_rng(3).random((20, 2)))
NONE = ROWS[:0]


def bad_density(bad, failed):
    """Log of the sum of the bad kernels where the candidates of proposal 7 are, and those."""
    good = Mixture(CUBE, ROWS[:1], np.ones(1))
    found = Round(CUBE, good, bad, failed, [7], count=200, seed=1).candidates(7)
    top, total = found.bad
    return top + np.log(total), found.points.rows


def test_bad_trials_reach_half_as_far_as_the_rule_says():
    made = Round(CUBE, Mixture(CUBE, NONE, np.ones(0)), ROWS, NONE, [7], count=8, seed=1)
    assert made.scale.bandwidths == pytest.approx(0.5 * Scale(CUBE, ROWS).bandwidths)


def test_failed_trials_repel_farther_than_bad_ones():
    centre = np.array([[0.5, 0.5]])
    bad, points = bad_density(centre, NONE)
    failed, _ = bad_density(NONE, centre)
    far = np.abs(points - 0.5).max(axis=1)
    assert (bad > failed)[far < 0.05].all()
    assert (bad < failed)[far > 0.4].all()


def test_the_bad_and_the_failed_are_counted_together():
    good = Mixture(CUBE, NONE, np.ones(0))
    assert Round(CUBE, good, ROWS[:5], ROWS[5:12], [7], count=8, seed=1).bad_count == 12


def test_a_failed_trial_weighs_two_bad_ones():
    once, _ = bad_density(NONE, ROWS[:1])
    rule = Kernels(ROWS[:1], Scale(CUBE, ROWS[:1]))
    _, points = bad_density(NONE, ROWS[:1])
    assert once == pytest.approx(math.log(2) + rule.log_densities(Points(CUBE, points))[:, 0])
