"""What an objective returns, and what the trials' documents hold of it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest


@pytest.fixture
def line(hp):
    return hp.uniform("x", -1, 1)


def test_a_document_has_hyperopts_shape(hyperopt, hp, search):
    space = hp.choice("c", [hp.uniform("x", 0, 1), hp.uniformint("n", 5, 9)])
    trials = hyperopt.Trials()
    search(float, space, trials=trials, max_evals=6)
    for tid, doc in enumerate(trials.trials):
        assert doc["tid"] == doc["misc"]["tid"] == tid
        assert doc["state"] == hyperopt.JOB_STATE_DONE == 2
        assert doc["spec"] is None
        assert doc["exp_key"] is None
        assert isinstance(doc["book_time"], dt.datetime)
        assert doc["book_time"] <= doc["refresh_time"]
        assert doc["book_time"].tzinfo is None
        vals, idxs = doc["misc"]["vals"], doc["misc"]["idxs"]
        active = "nx"[vals["c"] == [0]]
        assert vals[active] == [doc["result"]["loss"]]
        assert idxs == {label: [tid] * len(found) for label, found in vals.items()}
        assert set(vals) == {"c", "x", "n"}
        assert [len(found) for found in vals.values()].count(0) == 1
        assert doc["result"] == {"loss": float(vals[active][0]), "status": "ok"}
        assert doc["misc"]["cmd"] == ("domain_attachment", "FMinIter_Domain")


def test_values_are_kept_as_they_were_drawn(hyperopt, hp, search):
    space = {
        "u": hp.uniform("u", 0, 1),
        "i": hp.uniformint("i", 0, 9),
        "r": hp.randint("r", 3),
        "c": hp.choice("c", ["a", "b"]),
        "p": hp.pchoice("p", [(0.5, "a"), (0.5, "b")]),
        "sum": hp.quniform("q", 0, 8, 4) + 1,
    }
    trials = hyperopt.Trials()
    search(lambda _: 0.0, space, trials=trials, max_evals=2)
    for label, found in trials.vals.items():
        whole = label in "rcp"
        assert all(isinstance(value, int if whole else float) for value in found), label
    assert set(trials.vals["q"]) <= {0.0, 4.0, 8.0}


def test_a_number_is_a_loss(hyperopt, search, line):
    trials = hyperopt.Trials()
    returned = iter([1, 2.5, np.float32(3), np.int64(4)])
    search(lambda _: next(returned), line, trials=trials, max_evals=4)
    assert trials.losses() == [1, 2.5, 3, 4]
    assert {type(loss) for loss in trials.losses()} == {float}
    assert trials.statuses() == ["ok"] * 4


def test_a_dict_keeps_all_that_it_holds(hyperopt, search, line):
    returned = {
        "loss": np.float64(2),
        "status": hyperopt.STATUS_OK,
        "loss_variance": 0.5,
        "true_loss": 1.5,
        "mine": {"deep": [1, {"x": (2, 3)}]},
    }
    trials = hyperopt.Trials()
    search(lambda _: dict(returned), line, trials=trials, max_evals=1)
    assert trials.results == [returned]
    assert trials.best_trial["result"]["mine"] == {"deep": [1, {"x": (2, 3)}]}


def test_a_trial_that_fails_has_no_say(hyperopt, search, line):
    returned = iter(
        [
            {"status": "fail", "failure": "no luck"},
            {"status": "ok", "loss": 3.0},
            {"status": "fail", "loss": 0.5},
        ]
    )
    trials = hyperopt.Trials()
    best = search(lambda _: next(returned), line, trials=trials, max_evals=3)
    assert trials.statuses() == ["fail", "ok", "fail"]
    assert trials.losses() == [None, 3.0, 0.5]
    assert trials.results[0] == {"status": "fail", "failure": "no luck"}
    assert trials.best_trial["tid"] == 1
    assert best == {"x": trials.vals["x"][1]}
    assert trials.count_by_state_unsynced(hyperopt.JOB_STATE_DONE) == 3


def test_a_loss_that_is_no_number_is_not_the_best(hyperopt, search, line):
    losses = iter([float("nan"), 4.0, float("nan")])
    trials = hyperopt.Trials()
    search(lambda _: next(losses), line, trials=trials, max_evals=3)
    assert trials.best_trial["tid"] == 1


def test_attachments_leave_the_result(hyperopt, search, line):
    def loss(x):
        return {"loss": x, "status": "ok", "attachments": {"model": b"bytes", "note.txt": "text"}}

    trials = hyperopt.Trials()
    search(loss, line, trials=trials, max_evals=2)
    assert all(set(result) == {"loss", "status"} for result in trials.results)
    for trial in trials:
        kept = trials.trial_attachments(trial)
        assert (kept["model"], kept["note.txt"]) == (b"bytes", "text")
        assert "model" in kept
        assert "other" not in kept
        kept["later"] = [1]
        assert trials.trial_attachments(trial)["later"] == [1]
        del kept["later"]
        assert "later" not in kept
    with pytest.raises(KeyError):
        trials.trial_attachments(trials.trials[0])["other"]


def test_an_exception_ends_the_search(hyperopt, search, line):
    calls = []

    def loss(x):
        calls.append(x)
        if len(calls) == 3:
            raise OSError("disk full")
        return x

    trials = hyperopt.Trials()
    with pytest.raises(OSError, match="disk full"):
        search(loss, line, trials=trials)
    assert len(trials) == 2
    assert trials.count_by_state_unsynced(hyperopt.JOB_STATE_ERROR) == 1
    assert trials.count_by_state_unsynced(hyperopt.JOB_STATES) == 3


def test_a_caught_exception_leaves_a_document_that_is_not_seen(hyperopt, search, line):
    calls = []

    def loss(x):
        calls.append(x)
        if len(calls) % 2:
            raise OSError("disk full")
        return x

    trials = hyperopt.Trials()
    search(loss, line, trials=trials, catch_eval_exceptions=True, max_evals=4)
    assert len(calls) == 4
    assert len(trials) == 2
    assert trials.statuses() == ["ok", "ok"]
    wrong = [doc for doc in trials._dynamic_trials if doc["state"] == hyperopt.JOB_STATE_ERROR]
    assert [doc["misc"]["error"] for doc in wrong] == [("<class 'OSError'>", "disk full")] * 2
    assert [doc["result"]["status"] for doc in wrong] == ["new"] * 2


def test_a_status_must_be_one_of_five(hyperopt, module, search, line):
    assert set(hyperopt.STATUS_STRINGS) == {"new", "running", "suspended", "ok", "fail"}
    with pytest.raises(module("exceptions").InvalidResultStatus) as caught:
        search(lambda _: {"status": "fine", "loss": 1.0}, line)
    assert caught.value.result == {"status": "fine", "loss": 1.0}
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("result", [{"status": "ok"}, {"status": "ok", "loss": None}])
def test_with_the_status_ok_there_is_a_loss(module, search, line, result):
    with pytest.raises(module("exceptions").InvalidLoss) as caught:
        search(lambda _: dict(result), line)
    assert caught.value.result == result
    assert isinstance(caught.value, ValueError)


def test_an_objective_may_evaluate_the_space_itself(hyperopt, hp, pyll, search):
    trials = hyperopt.Trials()

    @hyperopt.fmin_pass_expr_memo_ctrl
    def loss(expr, memo, ctrl):
        point = pyll.rec_eval(expr, memo=memo)
        assert ctrl.trials is trials
        ctrl.attachments["point"] = point
        ctrl.checkpoint({"status": "running", "loss": None})
        assert ctrl.current_trial["result"]["status"] == "running"
        return {"loss": point["x"], "status": "ok", "tid": ctrl.current_trial["tid"]}

    search(loss, {"x": hp.uniform("x", 0, 1)}, trials=trials, max_evals=3)
    assert [result["tid"] for result in trials.results] == [0, 1, 2]
    for trial in trials:
        assert trials.trial_attachments(trial)["point"] == {"x": trial["result"]["loss"]}


def test_what_is_passed_can_be_said_in_the_call_and_survives_partial(hyperopt, hp, pyll, search):
    def loss(expr, memo, ctrl, factor=1):
        return pyll.rec_eval(expr, memo=memo) * factor

    line = hp.uniform("x", 1, 2)
    trials = hyperopt.Trials()
    search(loss, line, trials=trials, pass_expr_memo_ctrl=True, max_evals=1)
    marked = hyperopt.partial(hyperopt.fmin_pass_expr_memo_ctrl(loss), factor=10)
    search(marked, line, trials=trials, max_evals=2)
    assert 1 <= trials.losses()[0] <= 2
    assert 10 <= trials.losses()[1] <= 20


def test_the_control_stands_where_a_space_asks_for_it(hyperopt, hp, search):
    def loss(point):
        assert isinstance(point["ctrl"], hyperopt.Ctrl)
        point["ctrl"].attachments["seen"] = point["x"]
        return point["x"]

    trials = hyperopt.Trials()
    search(loss, {"x": hp.uniform("x", 0, 1), "ctrl": hyperopt.Ctrl}, trials=trials, max_evals=1)
    assert trials.trial_attachments(trials.trials[0])["seen"] == trials.losses()[0]
