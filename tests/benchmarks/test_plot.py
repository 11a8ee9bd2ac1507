from __future__ import annotations

import pytest

pytest.importorskip("matplotlib")

import plot
import report
from benchmarks.test_report import FULL, flat, kept


def test_it_writes_a_picture_with_a_panel_for_each_number_of_workers(tmp_path):
    alone, both = tmp_path / "a" / "alone.png", tmp_path / "both.png"
    plot.draw(report.make(kept(FULL)), alone)
    plot.draw(report.make(kept({**FULL, ("tpe", 8, 50): flat(0.3)})), both)
    widths = [int.from_bytes(path.read_bytes()[16:20], "big") for path in (alone, both)]
    assert widths[1] == 2 * widths[0]


def test_nothing_to_show_makes_an_empty_picture(tmp_path):
    plot.draw(report.make(kept({})), tmp_path / "empty.png")
    assert (tmp_path / "empty.png").read_bytes().startswith(b"\x89PNG")
