from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from parzen.hyperopt.exceptions import AllTrialsFailed, InvalidLoss, InvalidResultStatus
from parzen.hyperopt.judging import average_best_error, best, loss_of, pmin_sampled, result_of

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("returned", [2, 2.0, np.float32(2), np.array(2), Fraction(2), np.int8(2)])
def test_a_number_is_a_loss(returned):
    result = result_of(returned)
    assert result == {"loss": 2.0, "status": "ok"}
    assert type(result["loss"]) is float


@pytest.mark.parametrize("returned", [None, "2", [2], np.array([2.0]), 2j, object])
def test_other_things_are_refused(returned):
    with pytest.raises(
        InvalidLoss, match=r"the objective returned .*: expected a number, or a dict"
    ):
        result_of(returned)


@pytest.mark.parametrize("returned", [{}, {"loss": 1}, {"status": "good", "loss": 1}])
def test_a_dict_has_a_status(returned):
    with pytest.raises(InvalidResultStatus, match="its 'status' must be 'ok', 'fail'"):
        result_of(returned)


def test_what_was_returned_is_not_changed():
    returned = {"status": "ok", "loss": np.float64(1), "more": [1]}
    assert result_of(returned)["loss"] == 1
    assert type(returned["loss"]) is np.float64


@pytest.mark.parametrize(
    ("result", "loss"),
    [
        ({"status": "ok", "loss": 1}, 1.0), ({"status": "fail", "loss": 1}, None),
        ({"status": "ok", "loss": NAN}, None), ({"status": "ok", "loss": INF}, None),
        ({"status": "ok"}, None), ({}, None),
    ],
)  # fmt: skip
def test_a_loss_counts_where_it_is_finite_and_the_status_is_ok(result, loss):
    assert loss_of(result) == loss


def docs(*losses):
    return [{"tid": i, "result": {"status": "ok", "loss": x}} for i, x in enumerate(losses)]


def test_the_best_is_the_first_of_the_smallest():
    assert best(docs(3, NAN, 1, 1, INF))["tid"] == 2
    assert best(docs(INF))["tid"] == 0
    for none in (docs(), docs(NAN), [{"result": {"status": "fail", "loss": 1}}]):
        with pytest.raises(AllTrialsFailed, match="so none is the best"):
            best(none)


def test_the_average_best_error():
    def result(loss, variance, true):
        return {"status": "ok", "loss": loss, "loss_variance": variance, "true_loss": true}

    sure = [result(1, 0, 5), result(2, 0, 1)]
    assert average_best_error(sure) == 5
    unsure = [result(1, 4, 10), result(1, 4, 20), result(50, 4, 1e6)]
    assert average_best_error(unsure) == pytest.approx(15, abs=0.5)
    with pytest.raises(ValueError, match="no trial has the status 'ok'"):
        average_best_error([{"status": "fail"}])


def test_how_likely_each_is_the_smallest():
    found = pmin_sampled(np.zeros(4), np.ones(4))
    assert found.sum() == pytest.approx(1)
    assert found == pytest.approx([0.25] * 4, abs=0.03)
    few = pmin_sampled(np.array([0.0, 9.0]), np.ones(2), 10, np.random.default_rng(0))
    assert few.tolist() == [1, 0]
