"""What launchers print: tables for people, lines with tabs for pipes, JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from parzen.shared.visible import visible

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

json_option = click.option(
    "--json", "as_json", is_flag=True, help="With --list: print one JSON object for programs."
)


def say(text: str = "") -> None:
    """Print a line for a person; what would command the terminal is shown instead."""
    click.echo(visible(text))


def note(text: str) -> None:
    """Say something beside the result, on standard error, as :func:`say` does."""
    click.echo(visible(text), err=True)


def listing(
    items: Sequence[DataclassInstance], columns: Sequence[str], *, kind: str, as_json: bool
) -> None:
    """Print records by the fields that ``columns`` names, or as JSON with all of them.

    On a narrow terminal the last column is folded, and others only where that is too little.
    """
    if as_json:
        document = {"parzen": 1, "kind": kind, "items": [dataclasses.asdict(i) for i in items]}
        click.echo(json.dumps(document, allow_nan=False, default=str))
        return
    titles = [column.replace("_", " ") for column in columns]
    rows = [[_cell(getattr(item, column)) for column in columns] for item in items]
    if sys.stdout.isatty():
        _table(titles, rows)
        return
    for cells in (titles, *rows):
        say("\t".join(cells))


def _cell(value: object) -> str:
    return "" if value is None else visible(" ".join(str(value).split()))


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    told = [n for n in range(len(titles)) if any(row[n] for row in rows)]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for n in told:
        table.add_column(Text(titles[n]), overflow="fold", no_wrap=n != told[-1])
    for row in rows:
        table.add_row(*(Text(row[n]) for n in told))
    Console(highlight=False).print(table)
