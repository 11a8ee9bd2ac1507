from __future__ import annotations

from parzen.client import Choice, Float, Space
from parzen.client.best import Best, best_of
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


def test_the_best_prints_as_one_line():
    params = {"lr": 0.010934, "layers": 3, "opt": "sgd"}
    best = Best(44, params, 8.9e-07, 8.9e-07)
    assert str(best) == "trial 44: 8.9e-07 with lr = 0.0109, layers = 3, opt = sgd"
    assert repr(best).startswith("Best(number=44, params={'lr': 0.010934")


def test_a_notebook_shows_the_best():
    shown = Best(3, {"lr": 0.25}, 1.5, 1.5)._repr_html_()
    assert "<strong>1.5</strong> trial 3" in shown
    assert "lr = 0.25" in shown


def test_of_many_parameters_the_first_are_printed():
    many = Best(0, {f"x{n}": n for n in range(20)}, 1.0, 1.0)
    assert str(many).endswith("x6 = 6, x7 = 7, \N{HORIZONTAL ELLIPSIS}")
