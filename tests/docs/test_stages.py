"""The code of docs/stages.md runs, and says what the page says."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "stages.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def test_the_study_of_the_page_is_one_and_says_where_it_is():
    names = {}
    exec(blocks("python")[0], names)
    study = names["study"].record
    assert study.limits.max_trials == 100
    stages = study.sampler.options["stages"]
    assert [stage["sampler"] for stage in stages] == ["auto", "tpe", "auto", "auto"]
    said = blocks("text")[0]
    assert f"stage 2 of 4, {stages[1]['name']}: trials 40 to 69, by tpe; free: opt;" in said


def test_the_search_of_the_page_prints_what_the_page_shows(capsys):
    exec(blocks("python")[1], {})
    found = capsys.readouterr().out
    # which trial was the best may change with the samplers
    assert re.sub(r"at trial \d+", "", found) == re.sub(r"at trial \d+", "", blocks("text")[1])
