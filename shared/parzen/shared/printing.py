"""What commands print: tables for people, columns for pipes, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click

from parzen.shared.shape import document
from parzen.shared.visible import visible

if TYPE_CHECKING:
    from rich.console import Console

Item = TypeVar("Item")

GAP = 2
"""Between two columns of a table."""

LEAST = 16
"""What is left for text that may be cut, or it is left out."""

ELLIPSIS = "…"

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object for programs."
)


@dataclass(frozen=True)
class Column(Generic[Item]):
    """One column of a listing: its name, and what it says of an item.

    ``wide`` marks text that may be cut to fit the terminal, to ``least`` letters and no fewer, or
    folded where it ``folds``; ``named`` text that is cut in the middle, since names differ at their
    ends; ``right`` numbers. A ``rare`` one is shown where no other is cut.
    """

    name: str
    text: Callable[[Item], str]
    right: bool = False
    wide: bool = False
    folds: bool = False
    named: bool = False
    least: int = LEAST
    rare: bool = False


def field(name: str, *, right: bool = False, folds: bool = False) -> Column[Any]:
    """The column of a record's field ``name``; None says nothing."""

    def text(item: Any) -> str:
        value = getattr(item, name)
        return "" if value is None else str(value)

    return Column(name.replace("_", " "), text, right, wide=folds, folds=folds)


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
    """Print ``items`` in the shape that :mod:`parzen.shared.shape` documents."""
    text = json.dumps(document(kind, items), allow_nan=False)
    click.echo(
        text.replace("\x7f", "\\u007f")
    )  # the one control character that JSON leaves as it is


def on_terminal() -> bool:
    """Whether a person reads standard output."""
    return sys.stdout.isatty()


def terminal_width() -> int:
    """How many columns the terminal has."""
    return console().width


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

    cells = [[_one_line(cell) for cell in row] for row in rows]
    kept = _fitting(cells, columns, terminal_width())
    table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False)
    for index, width in kept.items():
        column = columns[index]
        table.add_column(
            Text(_one_line(column.name)),
            justify="right" if column.right else "left",
            no_wrap=not column.folds,
            overflow="fold" if column.folds else "ellipsis",
            width=width,
        )
    for row in cells:
        told = (shortened(row[n], w) if columns[n].named else row[n] for n, w in kept.items())
        table.add_row(*map(Text, told))
    console().print(table)
    missing = [c.name for i, c in enumerate(columns) if i not in kept and any(r[i] for r in cells)]
    if missing:
        note(f"there was no room for {', '.join(missing)}")


def fits(items: Iterable[Item], columns: Sequence[Column[Item]]) -> bool:
    """Whether the terminal has room for a table of these columns that cuts nothing."""
    rows = [[_one_line(column.text(item)) for column in columns] for item in items]
    widths = enumerate(_widths(rows, columns))
    told = [width for index, width in widths if any(row[index] for row in rows)]
    return sum(told) + GAP * (len(told) - 1) <= terminal_width()


def shortened(name: str, width: int) -> str:
    """``name`` in so many columns, with its beginning and its end: ``gpu-no…:3f9a2b``."""
    from rich.cells import cell_len, chop_cells  # noqa: PLC0415 - only on a terminal

    if cell_len(name) <= width or width < 3:  # noqa: PLR2004 - a letter, what is left out, a letter
        return name
    end = (width - 1) // 2
    tail = chop_cells(name[::-1], end)[0][::-1]
    return f"{chop_cells(name, width - 1 - end)[0]}{ELLIPSIS}{tail}"


def _fitting(
    rows: Sequence[Sequence[str]], columns: Sequence[Column[Item]], width: int
) -> dict[int, int]:
    """Which columns say something and fit the terminal, from the left, and how wide each is.

    The first is always there. What they leave goes to those that were cut, evenly, and then to rare
    ones.
    """
    kept: dict[int, int] = {}
    natural = _widths(rows, columns)
    left = width + GAP
    for rare in (False, True):
        for index, column in enumerate(columns):
            if column.rare is rare and any(row[index] for row in rows):
                needed = min(natural[index], _least(column))
                if not kept or needed + GAP <= left:
                    kept[index] = needed
                    left -= needed + GAP
        while left > 0 and (short := [n for n in kept if kept[n] < natural[n]]):
            for index in short[:left]:
                kept[index] += 1
            left -= len(short[:left])
    return dict(sorted(kept.items()))


def _least(column: Column[Item]) -> int:
    """How wide a column is at least, where what it says is wider."""
    cut = column.wide or column.named
    return max(column.least, len(column.name)) if cut else sys.maxsize


def _widths(rows: Sequence[Sequence[str]], columns: Sequence[Column[Item]]) -> list[int]:
    from rich.cells import cell_len  # noqa: PLC0415 - only on a terminal

    return [
        max([cell_len(visible(column.name)), *(cell_len(row[index]) for row in rows)])
        for index, column in enumerate(columns)
    ]
