"""What commands print: tables for people, columns for pipes, JSON for programs."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from parzen.client.cli.shape import document
from parzen.shared.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

Item = TypeVar("Item")

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object for programs."
)


@dataclass(frozen=True)
class Column(Generic[Item]):
    """One column of a listing: its name, and what it says of an item.

    ``wide`` marks text that may be cut to fit the terminal, ``right`` numbers.
    """

    name: str
    text: Callable[[Item], str]
    right: bool = False
    wide: bool = False


def listing(
    items: Iterable[Item],
    columns: Sequence[Column[Item]],
    *,
    kind: str,
    as_json: bool,
    empty: str,
) -> None:
    """Print ``items``: JSON, a table on a terminal, else a header and tab-separated lines.

    ``empty`` is the sentence for a person where there is nothing to list.
    """
    if as_json:
        print_json(kind, items)
        return
    rows = [[column.text(item) for column in columns] for item in items]
    if not on_terminal():
        for cells in [[column.name for column in columns], *rows]:
            say("\t".join(map(_one_line, cells)))
    elif rows:
        _table(rows, columns)
    else:
        say(empty)


def print_json(kind: str, items: Iterable[Any]) -> None:
    """Print ``items`` in the shape that :mod:`parzen.client.cli.shape` documents."""
    text = json.dumps(document(kind, items), allow_nan=False)
    click.echo(
        text.replace("\x7f", "\\u007f")
    )  # the one control character that JSON leaves as it is


def on_terminal() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout.isatty()


def console() -> Console:
    """A rich console on standard output; it heeds NO_COLOR and the terminal's width."""
    from rich.console import Console  # noqa: PLC0415 - not for --json and pipes

    return Console(highlight=False, soft_wrap=False)


def say(text: str = "") -> None:
    """Print a line for a person; what would command the terminal is shown instead."""
    click.echo(visible(text))


def note(text: str) -> None:
    """Say something beside the result, on standard error, as :func:`say` does."""
    click.echo(visible(text), err=True)


def _one_line(cell: str) -> str:
    return visible(" ".join(cell.split()))


def _table(rows: Sequence[Sequence[str]], columns: Sequence[Column[Item]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - only on a terminal
    from rich.text import Text  # noqa: PLC0415 - only on a terminal

    told = [any(cells) for cells in zip(*rows, strict=True)]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column in itertools.compress(columns, told):
        table.add_column(
            column.name,
            justify="right" if column.right else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if column.wide else None,
        )
    table.expand = any(column.ratio for column in table.columns)
    for cells in rows:
        table.add_row(*(Text(_one_line(cell)) for cell in itertools.compress(cells, told)))
    console().print(table)
