from dataclasses import replace
from datetime import timedelta

import pytest

from parzen.client.importing import values
from parzen.client.importing.fitting import fitted
from parzen.client.importing.rows import Row, Unfit
from parzen.shared.lifecycle import TrialState
from parzen.shared.records import Direction

ADAM = {"lr": "0.01", "layers": "3.0", "opt": "adam"}


def fit(study, params, **fields):
    fill = fields.pop("fill", None)
    given = {"place": "line 2", "number": 2, "value": 0.5, **fields}
    return fitted(study, Row(params=params, **given), values.parameter, "x.csv:2", fill)


def test_values_have_the_types_in_which_samplers_propose_them(study):
    draft = fit(study, {**ADAM, "lr": "1e-2"})
    assert draft.params == {"lr": 0.01, "layers": 3, "opt": "adam"}
    assert type(draft.params["layers"]) is int
    assert draft.enqueued_by == "x.csv:2"


def test_parameters_that_take_no_part_are_left_out(study):
    draft = fit(study, {**ADAM, "opt/sgd/momentum": "anything at all"})
    assert "opt/sgd/momentum" not in draft.params


def test_a_parameter_that_the_source_lacks_has_the_value_given_for_it(study):
    sgd = {**ADAM, "opt": "sgd"}
    assert fit(study, sgd, fill={"opt/sgd/momentum": 0.5}).params["opt/sgd/momentum"] == 0.5
    assert "opt/sgd/momentum" not in fit(study, ADAM, fill={"opt/sgd/momentum": 0.5}).params
    assert fit(study, {**ADAM, "lr": "0.1"}, fill={"lr": 0.01}).params["lr"] == 0.1


@pytest.mark.parametrize(
    ("params", "fill", "why"),
    [
        ({**ADAM, "lr": "1"}, {}, "the column 'rate' is 1; it must be a number from 1e-05 to 0.1"),
        ({**ADAM, "lr": "fast"}, {}, "the column 'rate' is 'fast'; it must be a number"),
        ({**ADAM, "layers": "4"}, {}, "'layers' is 4; it must be an integer .* in steps of 2"),
        ({**ADAM, "layers": "1.5"}, {}, "'layers' is 1.5; it must be an integer"),
        ({**ADAM, "opt": "Adam"}, {}, "'opt' is 'Adam'; it must be one of 'sgd', 'adam'"),
        ({**ADAM, "opt": "sgd"}, {}, "'opt/sgd/momentum' is missing; it must be a number"),
        ({**ADAM, "opt": "sgd"}, {"opt/sgd/momentum": 3}, "momentum' is 3; it must be a number"),
    ],
)
def test_what_does_not_lie_in_the_space_is_named_with_what_was_expected(study, params, fill, why):
    with pytest.raises(Unfit, match=why):
        fit(study, params, called={"lr": "the column 'rate'"}, fill=fill)


def test_value_and_loss_agree_with_the_direction(study):
    most = replace(study, direction=Direction.MAXIMIZE)
    assert (fit(study, ADAM).value, fit(study, ADAM).loss) == (0.5, 0.5)
    assert (fit(most, ADAM).value, fit(most, ADAM).loss) == (0.5, -0.5)
    assert fit(most, ADAM, value=None, loss=-0.5).value == 0.5
    with pytest.raises(Unfit, match="do not belong together"):
        fit(most, ADAM, value=0.5, loss=0.5)


@pytest.mark.parametrize("state", [TrialState.FAILED, TrialState.PRUNED, TrialState.CANCELLED])
def test_only_complete_trials_have_a_value(study, state):
    draft = fit(study, ADAM, state=state, value=0.5)
    assert (draft.state, draft.value, draft.loss) == (state, None, None)


@pytest.mark.parametrize(
    ("value", "why"), [(None, "the value is missing"), (float("inf"), "must be a finite number")]
)
def test_a_complete_trial_needs_a_value(study, value, why):
    with pytest.raises(Unfit, match=why):
        fit(study, ADAM, value=value)


def test_what_has_no_time_was_before_all_that_the_study_found(study):
    assert fit(study, ADAM).finished_at == study.created_at
    assert fit(study, ADAM).started_at is None


def test_the_duration_is_reckoned_where_it_is_not_told(study):
    began = study.created_at
    times = {"started_at": began, "finished_at": began + timedelta(seconds=2)}
    assert fit(study, ADAM, **times).duration_s == 2
    assert fit(study, ADAM, **times, duration_s=0.5).duration_s == 0.5
    backwards = {"started_at": times["finished_at"], "finished_at": began}
    assert fit(study, ADAM, **backwards).duration_s is None


def test_a_result_that_mongodb_cannot_hold_is_refused(study):
    with pytest.raises(Unfit, match="beyond 64 bits"):
        fit(study, ADAM, result={"n": 2**70})
