from datetime import timedelta

import pytest
from optuna.trial import TrialState

from parzen.client.export.distributions import distribution
from parzen.client.export.frozen import frozen_trial


@pytest.fixture
def frozen(source, study, trials):
    held = {d.name: distribution(d) for d in study.dimensions}
    return [frozen_trial(source, trial, held) for trial in trials]


def test_each_state_has_one_in_optuna(frozen):
    assert [trial.state for trial in frozen] == [
        *(TrialState.COMPLETE, TrialState.FAIL, TrialState.PRUNED),
        *(TrialState.FAIL, TrialState.RUNNING, TrialState.WAITING),
    ]
    assert frozen[3].system_attrs["parzen"]["state"] == "cancelled"


def test_values_are_in_the_studys_own_direction(frozen):
    assert frozen[0].value == 1 / 3
    assert frozen[1].value is None


def test_a_pruned_trial_has_its_last_measurement_as_optunas_have(frozen):
    assert frozen[2].intermediate_values == {1: 0.125, 2: 0.25}
    assert frozen[2].value == 0.25


def test_parameters_that_take_no_part_are_absent(frozen):
    assert frozen[0].params["opt/sgd/momentum"] == pytest.approx(0.3)
    assert "opt/sgd/momentum" not in frozen[1].params
    assert frozen[0].params["shape"] == "[1, 2]"
    assert frozen[0].params.keys() == frozen[0].distributions.keys()


def test_a_trial_that_waits_has_its_parameters_where_optuna_puts_those_of_enqueue_trial(frozen):
    assert frozen[5].params == {}
    assert frozen[5].system_attrs["fixed_params"]["opt"] == "=adam"
    assert frozen[5].datetime_start is None


def test_times_are_this_machines_as_optunas_are(frozen, began):
    local = began.astimezone().replace(tzinfo=None)
    assert frozen[0].datetime_start == local
    assert frozen[0].datetime_complete == local + timedelta(seconds=1.5)
    assert frozen[3].datetime_start == local  # cancelled before it began, which Optuna refuses
    assert frozen[0].system_attrs["parzen"]["started_at"] == began.isoformat()


def test_what_was_returned_noted_and_given_are_attributes(frozen):
    assert frozen[0].user_attrs == {"f1": 0.5, "curve": [1, 2], "n": 7}
    assert frozen[1].user_attrs == {
        "parzen:note": 'so, "so"\nand so',
        "parzen:failure": "exception: ValueError: no such file",
    }
    assert frozen[5].user_attrs == {"user/tag": "+1"}
