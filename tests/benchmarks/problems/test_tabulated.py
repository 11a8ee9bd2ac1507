from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from problems import suite, tabulated
from problems.axes import Axis
from problems.tabulated import Table

TABLE = Table(
    (
        Axis("C", (0.1, 1.0, 100.0), log=True),
        Axis("kernel", ("rbf", "poly")),
        Axis("depth", (1, 4)),
    ),
    np.arange(12.0).reshape(3, 2, 2),
    {"data": "none"},
)


def test_a_level_has_its_own_loss() -> None:
    for (i, c), (j, kernel), (k, depth) in itertools.product(
        enumerate((0.1, 1.0, 100.0)), enumerate(("rbf", "poly")), enumerate((1, 4))
    ):
        params = {"C": c, "kernel": kernel, "depth": depth}
        assert TABLE.loss(params) == TABLE.losses[i, j, k]


def test_between_levels_the_loss_is_linear_in_each_axis_on_its_own_scale() -> None:
    assert TABLE.loss({"C": 10.0, "kernel": "rbf", "depth": 1}) == pytest.approx(6)
    assert TABLE.loss({"C": 1.0, "kernel": "poly", "depth": 2}) == pytest.approx(6 + 1 / 3)
    assert TABLE.loss({"C": math.sqrt(0.1), "kernel": "rbf", "depth": 3}) == pytest.approx(
        2 + 2 / 3
    )


def test_a_table_is_read_as_it_was_written(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tabulated, "DATA", tmp_path)
    tabulated.write(tmp_path / "t.npz", TABLE)
    read = tabulated.read("t")
    assert (read.axes, read.about) == (TABLE.axes, TABLE.about)
    assert np.array_equal(read.losses, TABLE.losses)


@pytest.mark.parametrize("name", ["digits-svm", "wine-boosting", "cancer-network", "diabetes-svm"])
def test_the_best_of_a_model_is_a_level_of_its_table(name: str) -> None:
    problem, table = suite.load(name), tabulated.read(name)
    lowest = np.unravel_index(np.argmin(table.losses), table.losses.shape)
    params = {axis.name: axis.levels[i] for axis, i in zip(table.axes, lowest, strict=True)}
    assert problem.loss(params) == problem.best == table.losses.min()


@pytest.mark.parametrize(
    "name", ["digits-models", "wine-models", "cancer-models", "diabetes-models"]
)
def test_a_choice_of_models_has_the_losses_of_each(name: str) -> None:
    problem, reached = suite.load(name), []
    for label in problem.dimensions[0].choices:
        table = tabulated.read(f"{name.split('-', maxsplit=1)[0]}-{label}")
        lowest = np.unravel_index(np.argmin(table.losses), table.losses.shape)
        levels = {a.name: a.levels[i] for a, i in zip(table.axes, lowest, strict=True)}
        params = {f"model/{label}/{key}": value for key, value in levels.items()}
        reached.append(problem.loss({"model": label, **params}))
        assert reached[-1] == table.losses.min()
    assert min(reached) == problem.best


def test_the_files_hold_what_they_were_made_with_and_are_small() -> None:
    files = [*tabulated.DATA.glob("*.npz")]
    assert sum(file.stat().st_size for file in files) < 1_000_000
    for file in files:
        assert set(tabulated.read(file.stem).about) == {"data", "seed", "numpy", "scikit-learn"}
