from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from problems import models, tables, tabulated
from problems.axes import Axis


def test_cells_are_all_settings_of_what_is_not_staged() -> None:
    cells = [*tables.cells_of("wine-boosting")]
    family = models.TABLES["wine-boosting"][1]
    assert len(cells) == np.prod([len(axis.levels) for axis in family.axes[:-1]])
    assert {*cells[0]} == {axis.name for axis in family.axes[:-1]}
    assert cells[0]["subsample"] != cells[1]["subsample"]  # the last axis is the fastest


def test_an_interrupted_table_is_taken_up_where_it_stopped(tmp_path, monkeypatch) -> None:
    axes = (Axis("C", (0.1, 1.0, 10.0), log=True),)
    monkeypatch.setattr(tables, "DATA", tmp_path)
    monkeypatch.setattr(tabulated, "DATA", tmp_path)
    monkeypatch.setitem(models.TABLES, "some", ("wine", models.Family(models._support, axes)))
    asked = []
    monkeypatch.setattr(tables, "_cell", lambda _, at: asked.append(at) or [at["C"]])
    (tmp_path / ".some.json").write_text(json.dumps({"1": [7.0]}))

    with ThreadPoolExecutor(1) as pool:
        tables._tabulate("some", pool)

    assert asked == [{"C": 0.1}, {"C": 10.0}]
    assert tabulated.read("some").losses == pytest.approx([0.1, 7.0, 10.0])
    assert [file.name for file in tmp_path.iterdir()] == ["some.npz"]
