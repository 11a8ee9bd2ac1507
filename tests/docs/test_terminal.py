"""The picture of a terminal is drawn from what stands there, and fetches nothing."""

from __future__ import annotations

import html
import re
import runpy
from pathlib import Path

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
FETCHED = re.compile(r"(?:href|src)=|url\((?!#)|@import|@font-face")


def words(drawn):
    return html.unescape(" ".join(re.findall(r">([^<>]+)</text>", drawn))).replace("\xa0", " ")


def test_the_picture_shows_the_command_and_a_study():
    told = words((PICTURES / "terminal.svg").read_text("utf-8"))
    assert "parzen status demo --watch" in told
    assert re.search(r"\d+/64 done", told)
    assert re.search(r"best  0\.9\d+", told)


def test_the_picture_fetches_nothing():
    assert not FETCHED.search((PICTURES / "terminal.svg").read_text("utf-8"))


def test_a_look_is_drawn_in_its_colours():
    script = runpy.run_path(str(PICTURES / "terminal.py"))
    drawn = script["svg"]("demo  \x1b[32mbest 0.99\x1b[0m\r\nnote")
    assert all(piece in words(drawn) for piece in ("demo", "best 0.99", "note"))
    assert len(set(re.findall(r"fill: (#\w+)", drawn))) > 1
    assert not FETCHED.search(drawn)


def test_looks_are_told_apart_at_what_redraws_the_terminal():
    redraw = runpy.run_path(str(PICTURES / "terminal.py"))["REDRAW"]
    shown = "one\r\ntwo\r\x1b[2K\x1b[1A\x1b[2Kthree\r\nfour"
    assert redraw.split(shown) == ["one\r\ntwo", "three\r\nfour"]
