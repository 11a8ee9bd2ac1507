"""What tutorials and answers around the web do with Hyperopt, done with parzen."""

from __future__ import annotations

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from parzen.hyperopt import (
    STATUS_FAIL,
    STATUS_OK,
    Trials,
    anneal,
    atpe,
    fmin,
    hp,
    mix,
    rand,
    space_eval,
    tpe,
)
from parzen.hyperopt.base import miscs_update_idxs_vals
from parzen.hyperopt.early_stop import no_progress_loss
from parzen.hyperopt.exceptions import AllTrialsFailed
from parzen.hyperopt.pyll import rec_eval
from parzen.hyperopt.pyll.base import scope
from parzen.hyperopt.pyll.stochastic import sample

LINE = hp.uniform("x", -10, 10)


@pytest.fixture(autouse=True)
def _seeded(monkeypatch):
    monkeypatch.setenv("HYPEROPT_FMIN_SEED", "1")


@pytest.fixture(scope="module")
def iris():
    rows, kinds = load_iris(return_X_y=True)
    return rows[::2], kinds[::2]


def test_models_of_scikit_learn_are_chosen_with_their_parameters(iris):
    space = hp.choice("model", [
        {
            "class": KNeighborsClassifier,
            "params": {"n_neighbors": scope.int(hp.quniform("n_neighbors", 1, 20, 1))},
        },
        {
            "class": DecisionTreeClassifier,
            "params": {
                "max_depth": hp.choice("max_depth", range(1, 6)),
                "criterion": hp.choice("criterion", ["gini", "entropy"]),
                "random_state": 0,
            },
        },
    ])  # fmt: skip

    def objective(point):
        score = cross_val_score(point["class"](**point["params"]), *iris, cv=3).mean()
        return {"loss": -score, "status": STATUS_OK, "model": point["class"].__name__}

    trials = Trials()
    best = fmin(objective, space, algo=tpe.suggest, max_evals=15, trials=trials)
    chosen = space_eval(space, best)
    model = chosen["class"](**chosen["params"]).fit(*iris)
    assert model.score(*iris) > 0.9
    assert trials.best_trial["result"]["model"] == type(model).__name__
    assert {result["model"] for result in trials.results} == {
        "KNeighborsClassifier", "DecisionTreeClassifier",
    }  # fmt: skip


def test_steps_of_a_pipeline_are_options(iris):
    space = {
        "scale": hp.choice("scale", [None, StandardScaler(), MinMaxScaler()]),
        "C": hp.loguniform("C", np.log(1e-3), np.log(1e2)),
        "fit_intercept": hp.choice("fit_intercept", [True, False]),
    }

    def objective(p):
        clf = LogisticRegression(C=p["C"], fit_intercept=p["fit_intercept"], max_iter=500)
        steps = [clf] if p["scale"] is None else [p["scale"], clf]
        return 1 - cross_val_score(make_pipeline(*steps), *iris, cv=3).mean()

    best = fmin(objective, space, algo=tpe.suggest, max_evals=12)
    assert objective(space_eval(space, best)) < 0.2
    assert space_eval(space, best)["fit_intercept"] in (True, False)


def test_parameters_of_boosted_trees_come_as_a_dict():
    space = {
        "max_depth": hp.quniform("max_depth", 3, 10, 1),
        "learning_rate": hp.loguniform("learning_rate", -5, 0),
        "gamma": hp.uniform("gamma", 1, 9),
        "reg_alpha": hp.quniform("reg_alpha", 40, 180, 1),
        "colsample_bytree": hp.uniform("colsample_bytree", 0.5, 1),
        "n_estimators": 180,
        "eval_metric": "auc",
        "seed": 0,
    }

    def train(p):
        assert p["n_estimators"] == 180
        assert p["max_depth"] == int(p["max_depth"])
        return {
            "loss": -(1 / (1 + abs(int(p["max_depth"]) - 6)) - p["learning_rate"]),
            "status": STATUS_OK,
        }

    best = fmin(fn=train, space=space, algo=tpe.suggest, max_evals=30, trials=Trials())
    assert best.keys() == {"max_depth", "learning_rate", "gamma", "reg_alpha", "colsample_bytree"}
    assert 5 <= best["max_depth"] <= 7
    merged = {**space_eval(space, best), "max_depth": int(best["max_depth"])}
    assert (merged["eval_metric"], type(merged["max_depth"])) == ("auc", int)


def test_layers_are_a_choice_of_lists():
    space = {
        "layers": hp.choice("layers", [
            [hp.choice("one", [16, 32])],
            [hp.choice("two_a", [16, 32]), hp.choice("two_b", [8, 16])],
        ]),
        "batch": hp.choice("batch", np.arange(8, 40, 8)),
        "dropout": hp.quniform("dropout", 0.1, 0.5, 0.1),
        "activation": hp.pchoice("activation", [(0.8, "relu"), (0.2, "tanh")]),
    }  # fmt: skip
    seen = []

    def objective(p):
        seen.append(p)
        return sum(p["layers"]) + p["batch"]

    best = fmin(objective, space, algo=tpe.suggest, max_evals=40, verbose=0)
    found = space_eval(space, best)
    assert (found["layers"], found["batch"]) == ((16,), 8)
    assert {round(p["dropout"], 9) for p in seen} <= {0.1, 0.2, 0.3, 0.4, 0.5}


def test_who_maximizes_returns_the_negative():
    trials = Trials()
    best = fmin(lambda x: -(9 - x**2), LINE, algo=tpe.suggest, max_evals=40, trials=trials)
    assert abs(best["x"]) < 1
    assert -trials.best_trial["result"]["loss"] == pytest.approx(9 - best["x"] ** 2)


def test_the_best_trial_tells_all_about_itself():
    trials = Trials()
    best = fmin(abs, LINE, algo=rand.suggest, max_evals=8, trials=trials)
    found = trials.best_trial
    assert found["result"] == {"loss": abs(best["x"]), "status": "ok"}
    assert found["misc"]["vals"] == {"x": [best["x"]]}
    assert found["misc"]["idxs"] == {"x": [found["tid"]]}
    assert trials.trials[found["tid"]] is found
    assert found["tid"] == int(np.argmin(trials.losses()))
    assert found["book_time"] <= found["refresh_time"]


def test_trials_become_a_table_and_a_plot():
    space = {"x": LINE, "n": hp.randint("n", 5)}
    trials = Trials()
    fmin(lambda p: p["x"] * p["n"], space, algo=rand.suggest, max_evals=6, trials=trials)
    table = pd.DataFrame(trials.vals).assign(loss=trials.losses())
    assert list(table) == ["x", "n", "loss"] or list(table) == ["n", "x", "loss"]
    assert table["loss"].tolist() == (table["x"] * table["n"]).tolist()
    assert [t["misc"]["vals"]["x"][0] for t in trials.trials] == table["x"].tolist()
    assert [t["tid"] for t in trials] == list(range(6))
    assert pd.DataFrame(trials.results)["status"].eq("ok").all()


def test_points_that_do_not_work_return_fail():
    def objective(p):
        if p["solver"] == "b" and p["penalty"] == "l1":
            return {"status": STATUS_FAIL, "why": "b has no l1"}
        return {"status": STATUS_OK, "loss": 1.0 if p["solver"] == "a" else 0.5}

    space = {
        "solver": hp.choice("solver", ["a", "b", "c"]),
        "penalty": hp.choice("penalty", ["l1", "l2"]),
    }
    trials = Trials()
    best = fmin(objective, space, algo=tpe.suggest, max_evals=20, trials=trials)
    assert trials.statuses().count("fail") == trials.losses().count(None) > 0
    assert space_eval(space, best) != {"solver": "b", "penalty": "l1"}


def test_what_raises_can_be_passed_over():
    def objective(x):
        if x < 0:
            raise ValueError("negative")
        return x

    trials = Trials()
    best = fmin(
        objective, LINE, algo=rand.suggest, max_evals=6, trials=trials, catch_eval_exceptions=True
    )
    assert best["x"] == min(trials.losses()) >= 0
    assert set(trials.statuses()) == {"ok"}
    assert len(trials) < len(trials.everything()) == 6  # those that raised are numbered, not seen
    with pytest.raises(ValueError, match="negative"):
        fmin(objective, LINE, algo=rand.suggest, max_evals=20)
    with pytest.raises(AllTrialsFailed):
        fmin(lambda _: {"status": STATUS_FAIL}, LINE, algo=rand.suggest, max_evals=2)


@pytest.mark.parametrize("algo", [
    rand.suggest, tpe.suggest, anneal.suggest, atpe.suggest, None,
    partial(tpe.suggest, n_startup_jobs=3, gamma=0.2, n_EI_candidates=30),
    partial(mix.suggest, p_suggest=[(0.4, rand.suggest), (0.6, anneal.suggest)]),
])  # fmt: skip
def test_each_algorithm_is_an_argument(algo):
    trials = Trials()
    fmin(lambda x: (x - 3) ** 2, LINE, algo=algo, max_evals=12, trials=trials)
    assert len(trials) == 12
    assert len(set(trials.vals["x"])) == 12


def test_an_algorithm_of_ones_own_returns_documents():
    def halves(new_ids, domain, trials, seed):
        docs = []
        for tid in new_ids:
            drawn = np.random.default_rng(seed)
            idxs, vals = rec_eval(
                domain.s_idxs_vals, memo={domain.s_new_ids: [tid], domain.s_rng: drawn}
            )
            vals["x"] = [abs(value) / 2 for value in vals["x"]]
            misc = {"tid": tid, "cmd": domain.cmd, "workdir": domain.workdir}
            miscs_update_idxs_vals([misc], idxs, vals)
            docs += trials.new_trial_docs([tid], [None], [domain.new_result()], [misc])
        return docs

    trials = Trials()
    fmin(abs, LINE, algo=halves, max_evals=5, trials=trials)
    assert len(trials) == 5
    assert all(0 <= x <= 5 for x in trials.vals["x"])


def test_a_search_stops_where_nothing_gets_better():
    trials = Trials()
    fmin(
        lambda _: 1.0,
        LINE,
        algo=rand.suggest,
        max_evals=50,
        trials=trials,
        early_stop_fn=no_progress_loss(5),
    )
    assert len(trials) == 6


def test_a_search_stops_at_a_loss_and_when_time_is_up():
    trials = Trials()
    fmin(abs, LINE, algo=rand.suggest, max_evals=500, trials=trials, loss_threshold=1.0)
    assert trials.losses()[-1] <= 1 < min(trials.losses()[:-1], default=2)
    trials = Trials()
    fmin(abs, LINE, algo=rand.suggest, timeout=0.05, trials=trials)  # there is no other limit
    assert len(trials) > 0


def test_known_points_are_tried_first():
    space = {"x": LINE, "kind": hp.choice("kind", ["a", "b"])}
    known = [{"x": 0.5, "kind": 1}, {"x": -2.0, "kind": 0}]
    trials = Trials()
    best = fmin(
        lambda p: p["x"] ** 2,
        space,
        algo=rand.suggest,
        max_evals=2,
        trials=trials,
        points_to_evaluate=known,
    )
    assert trials.vals["x"][:2] == [0.5, -2.0]
    assert trials.losses()[0] == 0.25 >= best["x"] ** 2


def test_a_search_that_is_kept_in_a_file_goes_on(tmp_path):
    run = partial(fmin, abs, LINE, algo=tpe.suggest, trials_save_file=str(tmp_path / "my.trials"))
    run(max_evals=4)
    kept = pickle.loads((tmp_path / "my.trials").read_bytes())
    assert len(kept) == 4
    run(max_evals=7)
    more = pickle.loads((tmp_path / "my.trials").read_bytes())
    assert more.losses()[:4] == kept.losses()
    assert len(more) == 7


def test_a_seed_makes_the_same_search_again():
    def losses(seed):
        trials = Trials()
        fmin(
            abs,
            LINE,
            algo=tpe.suggest,
            max_evals=15,
            trials=trials,
            rstate=np.random.default_rng(seed),
        )
        return trials.losses()

    assert losses(4) == losses(4) != losses(5)


def test_the_best_point_may_be_returned_as_the_objective_gets_it():
    space = {"n": scope.int(hp.quniform("n", 2, 9, 1)), "kind": hp.choice("kind", ["a", "b"])}
    best = fmin(lambda p: p["n"], space, algo=tpe.suggest, max_evals=20, return_argmin=False)
    assert (best["n"], type(best["n"])) == (2, int)
    assert best["kind"] in ("a", "b")


def test_a_space_can_be_looked_at_before_it_is_searched():
    space = {
        "lr": hp.loguniform("lr", -5, 0),
        "opt": hp.choice("opt", [{"n": "sgd", "m": hp.uniform("m", 0, 1)}, {"n": "adam"}]),
    }
    seen = [sample(space, rng=np.random.default_rng(seed)) for seed in range(20)]
    assert {point["opt"]["n"] for point in seen} == {"sgd", "adam"}
    assert all(("m" in point["opt"]) == (point["opt"]["n"] == "sgd") for point in seen)
    assert seen[0] == sample(space, rng=np.random.default_rng(0))


def test_progress_may_be_kept_silent(capfd):
    fmin(abs, LINE, algo=rand.suggest, max_evals=2, show_progressbar=False)
    fmin(abs, LINE, algo=rand.suggest, max_evals=2, verbose=False)
    assert capfd.readouterr() == ("", "")
    fmin(abs, LINE, algo=rand.suggest, max_evals=2)
    assert "best loss" in capfd.readouterr().err
