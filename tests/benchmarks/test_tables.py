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


def test_what_is_missing_and_what_was_beaten_is_said(capsys):
    it = kept(FULL)
    it.missing.update(Counter({"tpe 8x50": 3}))
    it.beaten["a"] = -1.5
    out = text(capsys, report.make(it))
    assert "missing: 3 of tpe 8x50" in out
    assert "below the lowest loss known of a: -1.5" in out
