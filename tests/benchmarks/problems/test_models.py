from __future__ import annotations

import numpy as np
import pytest
from problems import models, tabulated
from problems.models import Fold


@pytest.mark.parametrize(
    "name", ["wine-svm", "wine-neighbours", "diabetes-elastic", "diabetes-boosting"]
)
def test_a_cell_of_the_committed_table_comes_out_again(name: str) -> None:
    table, family = tabulated.read(name), models.TABLES[name][1]
    assert table.axes == family.axes
    axes = family.axes[:-1] if family.staged else family.axes
    at = [len(axis.levels) // 2 for axis in axes]
    settings = {axis.name: axis.levels[i] for axis, i in zip(axes, at, strict=True)}
    assert models.losses(name, settings) == pytest.approx(
        np.ravel(table.losses[tuple(at)]), rel=0.02
    )


def fold(regression: bool, y: list[float]) -> Fold:
    nothing = np.zeros((len(y), 1))
    return Fold(regression, nothing, np.array(y), nothing, np.array(y))


def test_a_regression_is_measured_by_its_share_of_the_variance() -> None:
    folds = [fold(True, [0.0, 2.0])]
    assert models._loss("diabetes", folds, [np.array([0.0, 2.0])]) == 0
    assert models._loss("diabetes", folds, [np.array([1.0, 1.0])]) == 1
    assert models._loss("diabetes", folds, [np.array([np.nan, 2.0])]) == models.WORST_ERROR


def test_a_classification_is_measured_by_its_log_loss_and_digits_by_their_errors() -> None:
    folds, predicted = [fold(False, [0, 1])], [np.array([[0.5, 0.5], [1.0, 0.0]])]
    worst = -np.log(models.LEAST_PROBABILITY)
    assert models._loss("wine", folds, predicted) == pytest.approx((np.log(2) + worst) / 2)
    assert models._loss("digits", folds, predicted) == 0.5
