from __future__ import annotations

from parzen.client import Choice, Float, Space
from parzen.client.best import best_of
from parzen.shared.lifecycle import TrialState


def test_the_best_has_its_parameters_by_name_and_in_the_declared_shape(a_trial):
    space = Space({"opt": Choice({"sgd": {"lr": Float(0, 1)}, "adam": {}})})
    params = {"opt": "sgd", "opt/sgd/lr": 0.5}
    trial = a_trial(number=3, params=params, state=TrialState.COMPLETE, loss=-2.0, value=2.0)

    best = best_of(trial, space)

    assert (best.number, best.value, best.loss, best.params) == (3, 2.0, -2.0, params)
    assert best.nested == {"opt": {"sgd": {"lr": 0.5}}}


def test_without_a_space_there_is_no_nested_shape(a_trial):
    assert best_of(a_trial(loss=1.0, value=1.0), None).nested is None


def test_a_trial_without_a_loss_is_not_the_best_of_anything(a_trial):
    assert best_of(a_trial(loss=None, value=None), None) is None
    assert best_of(None, None) is None
