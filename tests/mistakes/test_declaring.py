"""Every row about what is declared or returned, without a store: it gets what the table says."""

from __future__ import annotations

import pytest
from mistakes import limits, objectives, results, spaces, waiting
from mistakes.rows import run


def rows_of(*areas):
    return pytest.mark.parametrize(
        ("area", "row"),
        [pytest.param(area, row, id=row.mistake[:60]) for area in areas for row in area.ROWS],
    )


@rows_of(spaces)
def test_a_space(area, row):
    assert row.wrong(run(row, vars(area))) is None


@rows_of(objectives)
def test_an_objective(area, row):
    assert row.wrong(run(row, vars(area))) is None


@rows_of(limits)
def test_the_terms_of_a_study(area, row):
    assert row.wrong(run(row, vars(area))) is None


@rows_of(results)
def test_a_result(area, row):
    assert row.wrong(run(row, vars(area))) is None


@rows_of(waiting)
def test_an_hour_of_waiting(area, row):
    assert row.wrong(run(row, vars(area))) is None
