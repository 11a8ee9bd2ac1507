from __future__ import annotations

import kept
import numpy as np
import pytest
import units
from plan import Plan, own_settings, settings

SUITE = "benchmarks.toys"


@pytest.fixture
def cache(tmp_path):
    """A cache with a reference for each problem: a median of 2 at 30 trials, of 1 at 50."""
    for unit in PLAN.wanted():
        if isinstance(unit, units.Reference):
            exact = {str(b): [0.5, 2.0 if b == 30 else 1.0, 3.0] for b in units.BUDGETS}
            units.save(tmp_path, unit, {"exact": exact})
    return tmp_path


PLAN = Plan(SUITE, ["bowl", "tree"], ["random", "tpe"], settings("1x50,8x30"), 2)


def keep(cache, unit, incumbents=((1, 1.5), (40, 0.25)), cpu_s=1.0):
    units.save(cache, unit, {"incumbents": incumbents, "asked": 40, "cpu_s": cpu_s})


def all_runs():
    return [unit for unit in PLAN.wanted() if isinstance(unit, units.Run)]


def test_losses_and_scores_are_read_off_one_run_at_every_budget(cache):
    for unit in all_runs():
        keep(cache, unit)
    read = kept.read(PLAN, cache)
    assert read.columns() == [(1, 30), (1, 50), (8, 30)]
    assert (read.losses["tpe", 1, 30] == 1.5).all()
    assert (read.losses["tpe", 1, 50] == 0.25).all()
    assert (read.scores["tpe", 1, 30] == 0.25).all()
    assert (read.scores["tpe", 1, 50] == 0.75).all()
    assert read.losses["tpe", 8, 30].shape == (2, 2)
    assert not read.missing
    assert not read.beaten
    assert read.families == ["smooth", "conditional"]


def test_what_is_not_there_yet_is_counted_and_not_made_up(cache):
    for unit in all_runs():
        if not (unit.sampler == "tpe" and unit.seed == 1) and unit.workers == 1:
            keep(cache, unit)
    read = kept.read(PLAN, cache)
    assert read.missing == {"tpe 1x50": 2, "tpe 8x30": 4, "random 8x30": 4}
    np.testing.assert_array_equal(np.isnan(read.losses["tpe", 1, 30]), [[False, True]] * 2)
    assert read.shown(1, 30) == ["random", "tpe"]
    assert read.columns() == [(1, 30), (1, 50)]


def test_there_is_no_score_without_a_reference(tmp_path):
    for unit in all_runs():
        keep(tmp_path, unit)
    read = kept.read(PLAN, tmp_path)
    assert read.missing == {"references": 2}
    assert np.isnan(read.scores["tpe", 1, 30]).all()
    assert not np.isnan(read.losses["tpe", 1, 30]).any()


def test_samplers_that_do_not_run_in_a_column_are_not_shown_there(cache):
    own = own_settings(["tpe=1x30"])
    shorter = Plan(SUITE, ["bowl"], ["random", "tpe"], settings("1x50"), 1, own)
    for unit in shorter.wanted():
        if isinstance(unit, units.Run):
            keep(cache, unit)
    read = kept.read(shorter, cache)
    assert read.shown(1, 30) == ["random", "tpe"]
    assert read.shown(1, 50) == ["random"]


def test_costs_are_milliseconds_for_each_trial_that_was_asked_for(cache):
    for unit in all_runs():
        keep(cache, unit, cpu_s=2.0 if unit.seed else 1.0)
    costs = kept.read(PLAN, cache).cpu_ms
    assert {(s, str(setting)): ms for (s, setting), ms in costs.items()}["tpe", "1x50"] == 37.5


def test_a_space_that_a_sampler_cannot_search_is_not_missing(cache):
    for unit in all_runs():
        if unit.sampler == "tpe" and unit.problem == "tree":
            units.save(cache, unit, {"refused": "too large"})
        else:
            keep(cache, unit)
    read = kept.read(PLAN, cache)
    assert read.refused == {"tpe": {"tree": "too large"}}
    assert not read.missing
    np.testing.assert_array_equal(np.isnan(read.losses["tpe", 1, 50]), [[False] * 2, [True] * 2])


def test_a_loss_below_the_best_known_is_told(cache):
    for unit in all_runs():
        keep(cache, unit, incumbents=((1, -0.5 if unit.problem == "tree" else 0.0),))
    assert kept.read(PLAN, cache).beaten == {"tree": -0.5}
