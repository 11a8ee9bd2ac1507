"""The pictures and tables of the lifecycle are the lifecycle."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from parzen.shared.lifecycle import FREE, STUDY, TRIAL, FailureKind, Retries

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = runpy.run_path(str(DOCS / "pictures" / "lifecycle.py"))["PICTURES"]
TIMES = {0: "0 times", 1: "once", 3: "3 times", None: "without limit"}


def rows(heading):
    """The cells of the table under that heading of how-it-works.md, without its head."""
    page = (DOCS / "how-it-works.md").read_text("utf-8")
    [_, section] = page.split(f"\n## {heading}\n")
    table = re.findall(r"^\| (.*) \|$", section.split("\n## ")[0], flags=re.MULTILINE)
    return [row.split(" | ") for row in table[1:]]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_up_to_date(name):
    drawn = (DOCS / "pictures" / name).read_text("utf-8")
    assert drawn == PICTURES[name].svg(), "run `python docs/pictures/lifecycle.py`"


@pytest.mark.parametrize(("name", "table"), [("trial.svg", TRIAL), ("study.svg", STUDY)])
def test_a_picture_holds_each_step_and_no_other(name, table):
    drawn = {
        (state, target, event)
        for (sources, target), events in PICTURES[name].arrows().items()
        for state in sources
        for event in events
    }
    assert drawn == {
        (state, step.target, event.value) for event, step in table.items() for state in step.sources
    }


def test_the_table_of_steps_is_the_lifecycle():
    told = [(event, source, target) for event, source, target, _ in rows("The life of a trial")]
    assert told == [(e.value, ", ".join(s.sources), s.target) for e, s in TRIAL.items()]


def test_the_table_of_failures_is_the_budgets_in_force():
    told = {kind.strip("`"): times for kind, _, times in rows("Failures and retries")}
    assert set(told) == {kind.value for kind in FailureKind}
    for kind in FailureKind:
        if kind in FREE:
            assert told[kind.value] == "elsewhere, at no cost"
        elif told[kind.value] not in ("as `exception`", "never"):
            assert told[kind.value] == TIMES[Retries().budget(kind)]
    assert Retries(exception=2).budget(FailureKind.KILLED) == 2
    assert Retries(exception=2).budget(FailureKind.INVALID_RESULT) == 0
