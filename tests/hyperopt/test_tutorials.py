"""What Hyperopt's documentation and README teach, done with parzen: each reader sees this.

What tutorials elsewhere teach stands in ``test_recipes.py``.
"""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest

from parzen.hyperopt import (
    STATUS_OK,
    Trials,
    fmin,
    fmin_pass_expr_memo_ctrl,
    hp,
    pyll,
    rand,
    space_eval,
    tpe,
)
from parzen.hyperopt.pyll import scope


def square(x):
    return {"loss": x**2, "status": STATUS_OK}


@pytest.fixture(autouse=True)
def _seeded(monkeypatch):
    monkeypatch.setenv("HYPEROPT_FMIN_SEED", "1")


@pytest.fixture
def define():
    """``scope.define``, taken back with the test."""
    names = []
    yield lambda f: (names.append(f.__name__), scope.define(f))[1]
    for name in names:
        scope.undefine(name)


def test_the_first_example_finds_the_better_of_two_cases():
    space = hp.choice(
        "shape", [("bowl", hp.uniform("depth", -4, 4)), ("slope", 2 + hp.lognormal("rise", 0, 1))]
    )

    def objective(args):
        shape, value = args
        return value if shape == "slope" else value**2

    best = fmin(objective, space, algo=tpe.suggest, max_evals=50)
    assert best.keys() == {"shape", "depth"}
    assert best["shape"] == 0
    assert space_eval(space, best) == ("bowl", best["depth"])
    assert abs(best["depth"]) < 1


def test_a_search_in_one_line_finds_the_lowest_point():
    best = fmin(
        fn=lambda x: (x - 1) ** 2 + 5, space=hp.uniform("x", -8, 8), algo=tpe.suggest, max_evals=60
    )
    assert best == {"x": pytest.approx(1, abs=0.3)}


def test_two_parameters_stand_in_a_dict():
    def ripple(params):
        return np.cos(np.hypot(params["u"], params["v"]))

    space = {"u": hp.uniform("u", -5, 5), "v": hp.uniform("v", -5, 5)}
    best = fmin(fn=ripple, space=space, algo=tpe.suggest, max_evals=80)
    assert ripple(best) < -0.9


def test_a_choice_comes_back_as_the_index_of_its_option():
    weights = {"ann": 1, "bob": -2, "eve": -4}
    space = {"who": hp.choice("who", list(weights)), "n": hp.randint("n", -3, 4)}
    best = fmin(lambda p: weights[p["who"]] * p["n"], space, algo=tpe.suggest, max_evals=100)
    assert best == {"who": 2, "n": 3}
    assert space_eval(space, best) == {"who": "eve", "n": 3}


def test_trials_keep_all_that_the_objective_returns():
    def objective(x):
        return {
            "loss": x**2,
            "status": STATUS_OK,
            "eval_time": time.time(),
            "other_stuff": {"kind": None, "steps": [0, 1, 2]},
            "attachments": {"function": pickle.dumps(math.sqrt)},
        }

    trials = Trials()
    fmin(objective, space=hp.uniform("x", -3, 3), algo=tpe.suggest, max_evals=7, trials=trials)
    assert len(trials.trials) == len(trials.results) == 7
    assert trials.losses() == [result["loss"] for result in trials.results]
    assert trials.statuses() == ["ok"] * 7
    assert trials.results[4]["other_stuff"] == {"kind": None, "steps": [0, 1, 2]}
    assert trials.results[4]["eval_time"] <= time.time()
    message = trials.trial_attachments(trials.trials[5])["function"]
    assert pickle.loads(message) is math.sqrt


def test_trials_that_are_kept_in_a_file_go_on(tmp_path):
    space, file = hp.uniform("x", -3, 3), tmp_path / "mine.pkl"
    trials = Trials()
    fmin(square, space=space, algo=tpe.suggest, trials=trials, max_evals=10)
    first = trials.losses()
    file.write_bytes(pickle.dumps(trials))
    again = pickle.loads(file.read_bytes())
    best = fmin(square, space=space, algo=tpe.suggest, trials=again, max_evals=20)
    assert again.losses()[:10] == first
    assert len(again) == 20
    assert best["x"] ** 2 == min(again.losses())


def test_a_space_can_be_sampled():
    space = hp.choice(
        "case", [("one", 1 + hp.lognormal("c1", 0, 1)), ("two", hp.uniform("c2", -9, 9))]
    )
    drawn = [pyll.stochastic.sample(space) for _ in range(30)]
    assert {case for case, _ in drawn} == {"one", "two"}
    assert all(value > 1 if case == "one" else -9 <= value <= 9 for case, value in drawn)


@pytest.mark.parametrize(
    ("parameter", "holds"),
    [
        (hp.randint("p", 5), lambda v: v in range(5)),
        (hp.randint("p", 5, 9), lambda v: v in range(5, 9)),
        (hp.uniform("p", -1, 1), lambda v: -1 <= v <= 1),
        (hp.quniform("p", 0, 10, 2.5), lambda v: v in (0, 2.5, 5, 7.5, 10)),
        (hp.uniformint("p", 1, 4), lambda v: v in range(1, 5) and isinstance(v, int)),
        (hp.loguniform("p", math.log(1e-3), math.log(1)), lambda v: 1e-3 <= v <= 1),
        (hp.qloguniform("p", 0, 3, 4), lambda v: v in range(0, 24, 4)),
        (hp.normal("p", 100, 1), lambda v: 90 < v < 110),
        (hp.qnormal("p", 0, 2, 3), lambda v: v % 3 == 0),
        (hp.lognormal("p", 0, 1), lambda v: v > 0),
        (hp.qlognormal("p", 2, 1, 1), lambda v: v >= 0 and v.is_integer()),
        (hp.choice("p", ["a", ("b", 1)]), lambda v: v in ("a", ("b", 1))),
        (hp.pchoice("p", [(0.3, "a"), (0.7, "b")]), lambda v: v in ("a", "b")),
    ],
    ids=lambda given: "" if callable(given) else str(given).split("\n")[-1].strip(),
)
def test_every_parameter_draws_what_its_page_says(parameter, holds):
    seen = []
    fmin(lambda v: seen.append(v) or 0.0, parameter, algo=tpe.suggest, max_evals=15)
    assert all(map(holds, seen))
    assert len(set(seen)) > 1


def test_a_classifier_and_its_own_parameters_are_chosen_together():
    space = hp.choice("classifier", [
        {"type": "bayes"},
        {
            "type": "svm",
            "C": hp.lognormal("svm_C", 0, 1),
            "kernel": hp.choice("svm_kernel", [
                {"name": "linear"}, {"name": "rbf", "width": hp.lognormal("svm_width", 0, 1)},
            ]),
        },
        {"type": "tree", "depth": hp.choice("depth", [None, hp.qlognormal("depth_int", 3, 1, 1)])},
    ])  # fmt: skip
    points = []

    def objective(point):
        points.append(point)
        return {"bayes": 2.0, "tree": 1.5}.get(point["type"], point.get("C", 0))

    trials = Trials()
    best = fmin(objective, space, tpe.suggest, 60, trials=trials)
    assert space_eval(space, best) == points[trials.losses().index(min(trials.losses()))]
    assert space_eval(space, best)["type"] == "svm"
    chosen = trials.vals["classifier"]
    assert len(trials.vals["svm_C"]) == chosen.count(1)
    assert trials.idxs["depth"] == [tid for tid, index in enumerate(chosen) if index == 2]
    assert {type(point["depth"]) for point in points if "depth" in point} == {float, type(None)}


def test_functions_of_ones_own_may_stand_in_a_space(define):
    ran = []

    @define
    def scaled(a, b=0):
        ran.append((a, b))
        return a + b / 2

    assert scaled(2) == 2
    space = scope.scaled(hp.uniform("a", 0, 9), hp.normal("b", 0, 1))
    assert len(ran) == 1  # to describe a space runs nothing
    assert str(space).splitlines()[0].endswith("scaled")
    assert pyll.stochastic.sample(space) == ran[1][0] + ran[1][1] / 2
    trials = Trials()
    fmin(abs, space, algo=tpe.suggest, max_evals=5, trials=trials)
    assert ran[-5:] == list(zip(trials.vals["a"], trials.vals["b"], strict=True))


def test_an_objective_may_work_with_the_trial_itself():
    @fmin_pass_expr_memo_ctrl
    def objective(expr, memo, ctrl):
        x = pyll.rec_eval(expr, memo=memo)
        ctrl.attachments["doubled"] = 2 * x
        ctrl.checkpoint({"status": "running", "loss": x})
        return {"status": STATUS_OK, "loss": abs(x), "seen": len(ctrl.trials.losses())}

    trials = Trials()
    fmin(objective, hp.uniform("x", -1, 1), algo=rand.suggest, max_evals=3, trials=trials)
    assert [result["seen"] for result in trials.results] == [1, 2, 3]
    assert trials.trial_attachments(trials.trials[1])["doubled"] == 2 * trials.vals["x"][1]


@pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest])
def test_a_part_of_a_space_can_be_held_fast(algo):
    space = hp.choice("a", [-1, hp.uniform("b", 0, 1)])
    assert fmin(lambda x: x, space, algo=algo, max_evals=30) == {"a": 0}
    [draw] = [node for node in pyll.dfs(space) if node.name == "randint"]
    assert draw is space.pos_args[0].pos_args[1]
    without = pyll.clone(space, memo={space.pos_args[0]: pyll.as_apply(1)})
    best = fmin(lambda x: x, without, algo=algo, max_evals=30)
    assert best.keys() == {"b"}
    assert 0 <= best["b"] < 0.5


def test_a_draw_can_be_replaced_by_a_constant():
    space = hp.choice("a", [-1, hp.uniform("b", 0, 1)])
    draw = space.pos_args[0].pos_args[1]
    fixed = pyll.clone(space, memo={draw: pyll.as_apply(1)})
    best = fmin(lambda x: x, fixed, algo=rand.suggest, max_evals=20)
    assert best["a"] == 1
    assert 0 <= best["b"] < 0.5


def test_a_program_in_another_language_can_be_the_objective():
    def program(n):
        code = f"print(({n} - 7) ** 2)"
        return float(
            subprocess.run([sys.executable, "-Sc", code], capture_output=True, check=True).stdout
        )

    best = fmin(program, hp.quniform("n", 1, 10, 1), algo=rand.suggest, max_evals=3)
    assert best["n"] in range(1, 11)


@pytest.mark.usefixtures("led", "agent")
def test_trials_in_mongodb_outlive_the_script(open_trials):
    space, trials = hp.uniform("x", -2, 2), open_trials("exp1")
    best = fmin(math.sin, space, trials=trials, algo=tpe.suggest, max_evals=3, verbose=False)
    assert math.sin(best["x"]) == min(trials.losses())

    elsewhere = open_trials("exp1")  # nobody has to call fmin to look at them
    assert elsewhere.losses() == trials.losses()
    again = fmin(math.sin, space, trials=elsewhere, algo=tpe.suggest, max_evals=3, verbose=False)
    assert again == best
    assert len(elsewhere) == 3

    fmin(math.sin, space, trials=elsewhere, algo=tpe.suggest, max_evals=4, verbose=False)
    assert elsewhere.losses()[:3] == trials.losses()
    assert len(elsewhere) == 4
    assert len(open_trials("exp2")) == 0
