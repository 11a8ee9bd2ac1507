"""The code of docs/warm-starts.md runs, and says what the page says."""

from __future__ import annotations

import re
from pathlib import Path

from parzen.client.cli.enqueueing import enqueue
from parzen.client.cli.submitting import submit
from parzen.client.warming import BYTES, TRIALS

PAGE = (Path(__file__).parents[2] / "docs" / "warm-starts.md").read_text("utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def test_the_studies_of_the_page_are_some():
    names = {}
    points, studies, _ = blocks("python")
    exec(points, names)
    assert [point["lr"] for point in names["study"].points] == [0.001, 0.1]
    exec(studies, names)
    assert names["study"].warm_start == ("resnet-old", "resnet-small")


def test_the_search_of_the_page_prints_what_the_page_shows(capsys):
    exec(blocks("python")[-1], {})
    found, shown = capsys.readouterr().out, blocks("text")[-1]
    losses = re.compile(r"(cold|warm) ([\d.]+)")
    # the losses may change with the samplers
    assert losses.sub(r"\1", found) == losses.sub(r"\1", shown)
    (_, cold), (_, warm) = losses.findall(found)
    assert float(warm) < float(cold)


def test_the_options_and_the_numbers_that_the_page_names_are_those_of_the_code():
    known = {word for command in (submit, enqueue) for p in command.params for word in p.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - {"--with-trials"} <= known
    assert f"at most {TRIALS} of each study" in PAGE
    assert f"below {BYTES >> 20} MB" in PAGE
