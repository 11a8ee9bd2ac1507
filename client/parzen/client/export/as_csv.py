"""CSV as RFC 4180 has it: one row for each trial, with every digit."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any

from parzen.client.export import cells
from parzen.client.export.layout import HEAD
from parzen.client.export.spool import Spool
from parzen.shared.dimensions import Kind


class _Pen:
    """What Python's csv module writes to."""

    def __init__(self, put: Callable[[str], object]) -> None:
        self.write = put


def write(spool: Spool, put: Callable[[str], object]) -> None:
    """Write the rows of ``spool``, each with one call of ``put``."""
    writer = csv.writer(_Pen(put))
    writer.writerow(map(cells.guarded, spool.layout.columns))
    options = {
        len(HEAD) + place: cells.options(dimension)
        for place, dimension in enumerate(spool.dimensions)
        if dimension.kind is Kind.CHOICE
    }
    for row in spool.rows():
        writer.writerow([_cell(value, options.get(place)) for place, value in enumerate(row)])


def _cell(value: Any, options: list[str] | None) -> str:
    if options is None or not isinstance(value, int):
        return cells.text(value)
    return options[value]
