"""fmin, where it is better than Hyperopt's or differs on purpose."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

from parzen.hyperopt import (
    Trials,
    anneal,
    atpe,
    fmin,
    fmin_pass_expr_memo_ctrl,
    hp,
    mix,
    pyll,
    rand,
    space_eval,
    tpe,
)  # fmt: skip
from parzen.hyperopt.exceptions import AllTrialsFailed, InvalidAnnotatedParameter
from parzen.hyperopt.searching import annotated

LINE = hp.uniform("x", -1, 1)
ALGORITHMS = [
    tpe.suggest,
    rand.suggest,
    anneal.suggest,
    atpe.suggest,
    partial(mix.suggest, p_suggest=[(0.5, rand.suggest), (0.5, tpe.suggest)]),
]


def losses(algo=rand.suggest, count=14, **options):
    trials = Trials()
    fmin(abs, LINE, algo, count, trials=trials, verbose=False, **options)
    return trials.losses()


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_a_seed_makes_a_search_reproducible(algo):
    assert losses(algo, rstate=3) == losses(algo, rstate=3)
    assert losses(algo, rstate=3) != losses(algo, rstate=4)


@pytest.mark.parametrize(
    "make",
    [lambda: 5, lambda: np.int64(5), lambda: np.random.RandomState(5), np.random.default_rng],
)
def test_random_numbers_come_from_whatever_one_has(make):
    assert len(losses(rstate=make())) == 14


def test_a_number_is_the_seed_of_a_generator():
    assert losses(rstate=7) == losses(rstate=np.random.default_rng(7))
    state = np.random.RandomState(7)
    first = losses(rstate=state)
    assert losses(rstate=state) != first
    assert losses(rstate=np.random.RandomState(7)) == first


@pytest.mark.parametrize("rstate", ["7", 1.5, True, [1]])
def test_what_draws_nothing_is_refused(rstate):
    with pytest.raises(TypeError, match=r"source of random numbers is .*default_rng"):
        losses(rstate=rstate)


def test_a_negative_seed_is_refused():
    with pytest.raises(ValueError, match="the seed is -1: expected a whole number, at least 0"):
        losses(rstate=-1)


def test_the_environment_may_hold_the_seed(monkeypatch):
    monkeypatch.setenv("HYPEROPT_FMIN_SEED", " 7 ")
    assert losses() == losses(rstate=7)
    assert losses(rstate=8) != losses()
    for wrong in ("seven", "-1"):
        monkeypatch.setenv("HYPEROPT_FMIN_SEED", wrong)
        with pytest.raises(ValueError, match=f"HYPEROPT_FMIN_SEED is '{wrong}': expected a whole"):
            losses()
    monkeypatch.setenv("HYPEROPT_FMIN_SEED", "")
    assert losses() != losses()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_evals": -1}, "max_evals is -1"),
        ({"max_evals": 2.5}, "max_evals is 2.5"),
        ({"max_evals": "5"}, "max_evals is '5'"),
        ({"max_evals": math.nan}, "max_evals is nan"),
        ({"timeout": 0}, "timeout argument is 0"),
        ({"timeout": math.nan}, "timeout argument is nan"),
        ({"loss_threshold": math.nan}, "loss_threshold argument is nan"),
        ({"max_queue_len": 0}, "max_queue_len is 0"),
        ({"points_to_evaluate": {"x": 1}}, "expected a list of dicts"),
        ({"points_to_evaluate": [1]}, "holds 1: expected a dict"),
        (
            {"points_to_evaluate": [{"z": 1}]},
            r"holds {'z': 1}.*labels of the space, such as \['x'\]",
        ),
    ],
)
def test_an_argument_that_makes_no_sense_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        fmin(abs, LINE, rand.suggest, **{"max_evals": 3, **options}, verbose=False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"fn": 5}, "the objective is 5: expected a function"),
        ({"algo": tpe}, r"algo is <module .*such as tpe\.suggest"),
        ({"algo": "tpe"}, "algo is 'tpe'"),
        ({"trials": Trials}, r"trials is the class Trials: expected Trials\(\)"),
        ({"trials": []}, r"trials is \[\]: expected Trials\(\)"),
        ({"early_stop_fn": 5}, "early_stop_fn is 5: expected a function"),
    ],
)
def test_what_is_no_function_is_refused(options, said):
    with pytest.raises(TypeError, match=said):
        fmin(**{"fn": abs, "space": LINE, "max_evals": 2, "verbose": False, **options})


def test_without_a_trial_there_is_no_best():
    with pytest.raises(AllTrialsFailed, match="no trial was evaluated"):
        fmin(abs, LINE, rand.suggest, 0, verbose=False)
    assert fmin(abs, LINE, rand.suggest, 0, verbose=False, return_argmin=False) is None


def test_without_a_success_there_is_no_best_point():
    def fails(_):
        return {"status": "fail"}

    assert fmin(fails, LINE, rand.suggest, 3, verbose=False, return_argmin=False) is None
    with pytest.raises(AllTrialsFailed, match="no trial has the status 'ok' and a loss"):
        fmin(fails, LINE, rand.suggest, 3, verbose=False)


@pytest.mark.parametrize("limit", [None, math.inf])
def test_evaluations_may_be_without_limit(limit):
    found = iter([3.0, 2.0, 1.0, 0.5])
    trials = Trials()
    fmin(
        lambda _: next(found), LINE, rand.suggest, limit,
        loss_threshold=1, trials=trials, verbose=False,
    )  # fmt: skip
    assert trials.losses() == [3, 2, 1]


def test_points_come_first_and_on_top_of_the_evaluations():
    trials = Trials()
    points = [{"x": 0.5}, {"x": -0.25}]
    search = partial(
        fmin, abs, LINE, rand.suggest,
        trials=trials, points_to_evaluate=points, verbose=False, rstate=0,
    )  # fmt: skip
    search(3)
    assert trials.vals["x"][:2] == [0.5, -0.25]
    assert len(trials) == 5
    search(3)
    assert len(trials) == 5, "the points were tried"
    search(4)
    assert len(trials) == 6


def test_points_may_come_to_trials_that_there_are():
    trials = Trials()
    fmin(abs, LINE, rand.suggest, 3, trials=trials, verbose=False, rstate=0)
    fmin(
        abs, LINE, rand.suggest, 3,
        trials=trials, points_to_evaluate=[{"x": 0.0}], verbose=False,
    )  # fmt: skip
    assert trials.vals["x"][3:] == [0.0]
    assert trials.argmin == {"x": 0.0}


def test_what_a_point_leaves_out_is_drawn():
    space = {"x": LINE, "c": hp.choice("c", [1, hp.uniform("y", 5, 6)])}
    trials = Trials()
    fmin(
        lambda p: p["x"] + p["c"], space, rand.suggest, 0, trials=trials, verbose=False,
        points_to_evaluate=[{"c": 1}, {"x": 0.5, "c": 0}, {}],
    )  # fmt: skip
    first, second, _ = (doc["misc"]["vals"] for doc in trials)
    assert first["c"] == [1]
    assert 5 <= first["y"][0] <= 6
    assert second == {"x": [0.5], "c": [0], "y": []}


def test_trials_of_ones_own_search_as_they_like():
    class Mine(Trials):
        def fmin(self, fn, space, algo, max_evals, timeout, loss_threshold, max_queue_len, rstate,
                 verbose, pass_expr_memo_ctrl, catch_eval_exceptions, return_argmin,
                 show_progressbar, early_stop_fn, trials_save_file):  # fmt: skip
            return fn, max_evals

    assert fmin(abs, LINE, rand.suggest, 3, trials=Mine()) == (abs, 3)
    with pytest.raises(TypeError, match="points_to_evaluate"):
        fmin(abs, LINE, rand.suggest, 3, trials=Mine(), points_to_evaluate=[{"x": 0.0}])


def test_space_eval_says_which_value_it_lacks():
    with pytest.raises(ValueError, match="needs the value of 'x'"):
        space_eval({"x": LINE}, {"y": 1})
    choice = hp.choice("c", ["a", hp.uniform("y", 0, 1)])
    assert space_eval(choice, {"c": 0, "unknown": 7}) == "a"


def test_annotations_may_be_the_space():
    def objective(x: hp.uniform("x", 0, 1), *_, scale=2, **__) -> float:
        return x * scale

    assert set(fmin(objective, "annotated", rand.suggest, 3, verbose=False)) == {"x"}
    assert set(annotated(objective)) == {"x"}


@pytest.mark.parametrize(
    ("annotation", "said"),
    [(int, "annotated with <class 'int'>"), (None, "not annotated"), ("ho.uni", "cannot be eval")],
)
def test_other_annotations_are_refused(annotation, said):
    def objective(x):
        return x

    objective.__annotations__ = {} if annotation is None else {"x": annotation}
    with pytest.raises(InvalidAnnotatedParameter, match=said):
        fmin(objective, "annotated", rand.suggest, 3, verbose=False)


def test_an_objective_may_ask_for_the_expression_and_leave_it_unevaluated():
    @fmin_pass_expr_memo_ctrl
    def objective(expr, memo, ctrl):
        assert ctrl.current_trial["state"] == 1
        return pyll.rec_eval(expr, memo=memo)["x"]

    assert set(fmin(objective, {"x": LINE}, rand.suggest, 2, verbose=False)) == {"x"}


def test_arguments_may_be_given_by_place():
    trials = Trials()
    best = fmin(
        abs, LINE, rand.suggest, 3, None, None, trials, np.random.default_rng(0), True, None, False,
        False, False,
    )  # fmt: skip
    assert isinstance(best, float)
    assert isinstance(trials.fmin(abs, LINE, rand.suggest, 4), dict)
    assert len(trials) == 4
