from __future__ import annotations

import json
import math

import numpy as np
import pytest
import report
from kept import Kept
from plan import Plan, settings

NAN = math.nan
FAMILIES = ["smooth", "smooth", "trees"]


def kept(scores, families=FAMILIES):
    """What was kept, from {(sampler, workers, budget): scores}; losses are their negatives."""
    samplers = list(dict.fromkeys(sampler for sampler, _, _ in scores))
    arrays = {key: np.array(value, dtype=float) for key, value in scores.items()}
    plan = Plan("benchmarks.toys", ["a", "b", "c"], samplers, settings("1x50,8x50"), 2)
    losses = {key: -value for key, value in arrays.items()}
    return Kept(plan, families, losses, arrays)


def flat(value):
    return [[value] * 2] * 3


FULL = {
    ("random", 1, 50): flat(0.0),
    ("tpe", 1, 50): flat(0.6),
    ("auto", 1, 50): flat(0.8),
    ("optuna-tpe", 1, 50): flat(0.3),
    ("optuna-gp", 1, 50): flat(0.5),
    ("hyperopt", 1, 50): flat(0.1),
}


def differences(made):
    return {(d.sampler, d.against): (d.which, round(d.figure.mean, 9)) for d in made.differences}


def test_only_runs_that_everyone_has_enter_a_cell():
    (cell,) = report.make(
        kept({
            ("random", 1, 50): [[0.0, 0.2], [0.4, 0.4], [NAN, NAN]],
            ("tpe", 1, 50): [[1.0, NAN], [0.5, 0.5], [0.9, 0.9]],
        })
    ).cells  # fmt: skip
    assert (cell.pairs, cell.problems) == (3, 2)
    assert cell.score["random"].mean == pytest.approx((0.0 + 0.4) / 2)
    assert cell.score["tpe"].mean == pytest.approx((1.0 + 0.5) / 2)


def test_ranks_are_of_losses_the_lowest_first():
    (cell,) = report.make(kept(FULL)).cells
    by_rank = {rank.mean: sampler for sampler, rank in cell.rank.items()}
    best_first = ["auto", "tpe", "optuna-gp", "optuna-tpe", "hyperopt", "random"]
    assert by_rank == dict(enumerate(best_first, start=1))


def test_a_sampler_that_cannot_search_everything_takes_nothing_from_the_others():
    it = kept({**FULL, ("grid", 1, 50): [[0.4] * 2, *[[NAN] * 2] * 2]})
    it.refused["grid"] = {"b": "too large"}
    (cell,) = report.make(it).cells
    assert cell.problems == 3
    assert "grid" not in cell.score
    assert report.make(it).json()["refused"] == {"grid": {"b": "too large"}}


def test_families_are_broken_out():
    scores = {("random", 1, 50): [[0.0, 0.2], [0.4, 0.4], [1.0, 1.0]]}
    (cell,) = report.make(kept(scores)).cells
    assert cell.families["smooth"]["random"] == pytest.approx((0.1 + 0.4) / 2)
    assert cell.families["trees"]["random"] == pytest.approx(1.0)


def test_parzens_are_compared_with_optunas_best_and_every_estimator():
    assert differences(report.make(kept(FULL))) == {
        ("tpe", "best of Optuna"): ("optuna-gp", 0.1),
        ("tpe", "optuna-tpe"): ("optuna-tpe", 0.3),
        ("tpe", "hyperopt"): ("hyperopt", 0.5),
        ("auto", "best of Optuna"): ("optuna-gp", 0.3),
        ("auto", "tpe"): ("tpe", 0.2),
        ("auto", "optuna-tpe"): ("optuna-tpe", 0.5),
        ("auto", "hyperopt"): ("hyperopt", 0.7),
    }


def test_or_all_with_one_that_is_named():
    found = differences(report.make(kept(FULL), against="optuna-tpe"))
    assert found["hyperopt", "optuna-tpe"] == ("optuna-tpe", -0.2)
    assert {against for _, against in found} == {"optuna-tpe"}
    assert len(found) == 5


def test_the_best_of_optuna_is_that_of_problems_that_count_alike():
    found = differences(
        report.make(
            kept({
                ("tpe", 1, 50): [[0.0, 0.0], [0.0, NAN], [0.0, NAN]],
                ("optuna-tpe", 1, 50): [[0.9, 0.9], [0.0, 0.0], [0.0, 0.0]],
                ("optuna-gp", 1, 50): [[0.0, 0.0], [0.6, 0.6], [0.6, 0.6]],
            })
        )
    )  # fmt: skip
    assert found["tpe", "best of Optuna"] == ("optuna-gp", -0.4)


def test_shares_are_of_the_score_with_one_worker_at_the_same_budget():
    made = report.make(kept({**FULL, ("tpe", 8, 50): flat(0.45), ("auto", 8, 30): flat(0.4)}))
    (share,) = made.shares
    assert (share.sampler, share.workers, share.budget, share.pairs) == ("tpe", 8, 50, 6)
    assert share.figure.mean == pytest.approx(0.75)


def test_nothing_in_common_makes_no_cell():
    made = report.make(
        kept({
            ("random", 1, 50): [[0.0, 0.0], [NAN] * 2, [NAN] * 2],
            ("tpe", 1, 50): [[NAN] * 2, [0.0, 0.0], [NAN] * 2],
        })
    )  # fmt: skip
    assert not made.cells
    assert not made.differences


def test_all_of_it_is_json():
    made = report.make(kept(FULL))
    figures = json.loads(json.dumps(made.json(), allow_nan=False))
    assert figures["cells"][0]["score"]["auto"]["mean"] == pytest.approx(0.8)
    assert figures["differences"][0]["figure"].keys() == {"mean", "low", "high"}


def test_classes_and_pairs_are_json_too():
    made = report.make(kept({("random", 1, 100): flat(0.0), ("tpe", 1, 100): flat(0.5)}))
    found = json.loads(json.dumps(made.json(), allow_nan=False))["classes"]
    assert [(s["sampler"], s["family"], s["verdict"]) for s in found] == [
        ("tpe", "smooth", "above"), ("tpe", "trees", "above"),
    ]  # fmt: skip
    pairs = report.make(kept(FULL, ["smooth", "model", "model"])).json()["pairs"]
    assert [(m["sampler"], m["peer"], m["verdict"]) for m in pairs] == [
        ("tpe", "optuna-tpe", "above"), ("tpe", "hyperopt", "above"),
    ]  # fmt: skip
