from __future__ import annotations

from collections import Counter

import report
import tables
from benchmarks.test_report import FULL, flat, kept
from plan import Setting


def text(capsys, made):
    tables.show(made)
    return capsys.readouterr().out


def row(out, title, *cells):
    """The cells of the first row that begins with ``cells``, below the title."""
    lines = out[out.index(title) :].splitlines()
    split = ([cell.strip() for cell in line.strip("| ").split("|")] for line in lines)
    return next(found for found in split if found[: len(cells)] == list(cells))


def test_every_figure_stands_in_its_column(capsys):
    it = kept({**FULL, ("tpe", 1, 30): flat(0.2), ("tpe", 8, 50): flat(0.3)})
    it.cpu_ms["tpe", Setting(1, 50)] = 1.25
    out = text(capsys, report.make(it))
    assert row(out, "1 worker: score", "sampler")[1:3] == [
        "30 (3 problems, 6 runs)", "50 (3 problems, 6 runs)",
    ]  # fmt: skip
    assert row(out, "1 worker: score", "tpe") == [
        "tpe", "0.20 [0.20, 0.20] 1.00", "0.60 [0.60, 0.60] 2.00", "1.2 (1x50)",
    ]  # fmt: skip
    assert row(out, "1 worker: score", "hyperopt")[1] == "-"
    assert row(out, "1 worker: score by family", "tpe") == ["tpe", "0.20 / 0.60", "0.20 / 0.60"]
    assert row(out, "1 worker: paired", "auto", "best of Optuna")[2:] == [
        "-", "0.30 [0.30, 0.30] optuna-gp",
    ]  # fmt: skip
    assert row(out, "8 workers: share", "tpe", "1 worker")[2] == "0.50 [0.50, 0.50]"


def test_classes_stand_side_by_side_with_a_mark_where_the_sampler_is_for_one(capsys):
    scores = {
        ("random", 1, 100): flat(0.1),
        ("anneal", 1, 100): [[0.6] * 2, [0.6] * 2, [0.1] * 2],
        ("cmaes", 1, 100): flat(0.0),
        ("cmaes-library", 1, 100): flat(0.3),
    }
    out = text(capsys, report.make(kept(scores, ["bbob", "bbob", "conditional"])))
    title = "1 worker, 100 trials: score by class"
    assert row(out, title, "sampler") == [
        "sampler", "bbob (2 problems, 4 runs)", "conditional (1 problems, 2 runs)",
    ]  # fmt: skip
    assert row(out, title, "anneal") == [
        "anneal", "0.60, +0.50 [+0.50, +0.50] ✓", "0.10, +0.00 [+0.00, +0.00]",
    ]  # fmt: skip
    assert row(out, title, "cmaes")[1] == "0.00, -0.10 [-0.10, -0.10] ✗"
    assert row(out, "1 worker: less an implementation", "cmaes") == [
        "cmaes", "cmaes-library", "all", "-0.30 [-0.30, -0.30] below",
    ]  # fmt: skip


def test_rows_are_not_broken(capsys):
    scores = {(s, 1, 100): flat(0.5) for s in ("random", "tpe", "cmaes", "gp")}
    out = text(capsys, report.make(kept(scores, ["bbob", "mixint", "conditional"])))
    lines = out[out.index("by class") :].splitlines()[1:]
    assert {line.split("|")[1].strip() for line in lines if "|" in line} == {
        "sampler", "-" * 9, "tpe", "cmaes", "gp",
    }  # fmt: skip


def test_what_is_missing_and_what_was_beaten_is_said(capsys):
    it = kept(FULL)
    it.missing.update(Counter({"tpe 8x50": 3}))
    it.beaten["a"] = -1.5
    it.refused["grid"] = {"b": "10^21 points", "c": "10^9 points"}
    out = text(capsys, report.make(it))
    assert "missing: 3 of tpe 8x50" in out
    assert "grid stands only where it can search, not on b, c (b: 10^21 points)" in out
    assert "below the lowest loss known of a: -1.5" in out
