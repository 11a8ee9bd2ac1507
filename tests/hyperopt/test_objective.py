import numpy as np
import pytest

from parzen.hyperopt import STATUS_FAIL, STATUS_OK, fmin_pass_expr_memo_ctrl, hp, pyll
from parzen.hyperopt.domain import Domain
from parzen.hyperopt.objective import Objective
from parzen.worker.context import About, LocalTrial, TrialFailed

SPACE = {"x": hp.uniform("x", -1, 1), "kind": hp.choice("kind", [{"type": "a"}, {"type": "b"}])}


def run(fn, tmp_path, space=SPACE, attachments=None, **params):
    trial = LocalTrial(
        About(number=3, attempt=1, params={"x": 0.5, "kind": "b", **params}, workdir=tmp_path)
    )
    return Objective(Domain(fn, space), "exp", attachments or {})(None, trial), trial


def test_the_objective_is_given_the_point_that_was_declared(tmp_path):
    result, _ = run(lambda point: point["x"] if point["kind"] == {"type": "b"} else 9, tmp_path)
    assert result == {"loss": 0.5, "status": "ok"}


def test_attachments_travel_as_bytes(tmp_path):
    def fn(_point):
        return {
            "loss": 1,
            "status": STATUS_OK,
            "attachments": {"text": "ä", "raw": b"\0"},
            "more": np.arange(2),
        }

    result, trial = run(fn, tmp_path)
    assert trial.attachments == {"text": "ä".encode(), "raw": b"\0"}
    assert result["loss"] == 1.0
    assert "attachments" not in result


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ({"status": STATUS_FAIL}, "the status 'fail'"),
        ({"status": STATUS_FAIL, "error": "diverged", "epoch": 3}, "the status 'fail': diverged"),
        ({"status": STATUS_OK, "loss": float("nan")}, "the loss nan"),
        ({"status": STATUS_OK, "loss": float("inf")}, "the loss inf"),
    ],
)
def test_a_result_without_a_finite_loss_fails_the_trial_and_is_kept(returned, said, tmp_path):
    with pytest.raises(TrialFailed, match=said) as told:
        run(lambda _: returned, tmp_path)
    assert told.value.result.keys() == returned.keys()
    assert told.value.result["status"] == returned["status"]


def test_what_no_document_holds_is_left_out_and_the_loss_kept(tmp_path, caplog):
    result, _ = run(lambda _: {"status": STATUS_OK, "loss": 1, "bag": {1}}, tmp_path)
    assert result == {"status": "ok", "loss": 1.0}
    assert "the result's 'bag' is left out" in caplog.text
    with pytest.raises(TrialFailed) as told:
        run(lambda _: {"status": STATUS_FAIL, "bag": {1}}, tmp_path)
    assert told.value.result == {"status": "fail"}


def test_an_objective_that_asks_for_it_is_given_the_trial(tmp_path):
    seen = {}

    @fmin_pass_expr_memo_ctrl
    def fn(expr, memo, ctrl):
        seen["tid"] = ctrl.current_trial["tid"]
        seen["vals"] = ctrl.current_trial["misc"]["vals"]
        seen["shared"] = ctrl.trials.attachments["data"]
        ctrl.attachments["half"] = "1"
        ctrl.checkpoint({"loss": 4.0, "status": "running"})
        ctrl.checkpoint({"loss": 2.0, "status": "running"})
        with pytest.raises(NotImplementedError, match="insert them where fmin was called"):
            ctrl.inject_results([None], [{}], [{}])
        return pyll.rec_eval(expr, memo=memo)["x"]

    result, trial = run(fn, tmp_path, attachments={"data": [1, 2]})
    assert seen == {"tid": 3, "vals": {"x": [0.5], "kind": [1]}, "shared": [1, 2]}
    assert trial.measurements == [(0, 4.0), (1, 2.0)]
    assert trial.attachments == {"half": b"1"}
    assert result["loss"] == 0.5
