"""A table of the documentation, each row of which has a test."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


class Rows:
    """The table under a heading of a page: ``@rows("first cell")`` marks the test of a row."""

    def __init__(self, page, heading):
        text = (DOCS / page).read_text("utf-8")
        [_, section] = text.split(f"\n## {heading}\n")
        cells = re.findall(r"^\| (.*?) \|", section.split("\n## ")[0], flags=re.MULTILINE)
        self.told = cells[1:]
        """The first cell of each row, in their order."""
        self.tested = []

    def __call__(self, cell):
        self.tested.append(cell)
        return lambda test: test
