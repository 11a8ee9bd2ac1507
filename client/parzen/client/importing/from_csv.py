"""CSV: a row for each trial, in columns that are called as in an export, or as parameters are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from parzen.client.export.cells import unguarded
from parzen.client.export.layout import HEAD, PARAMS, RESULT, TAIL, USER
from parzen.client.importing import values
from parzen.client.importing.rows import Refused, Row, Source, Unfit
from parzen.shared.errors import InvalidInput, NotFound
from parzen.shared.plain import cut
from parzen.shared.records import Study

SEPARATORS = ";\t"
"""What stands between cells where there are no commas, as spreadsheets of some countries write."""

QUIET = frozenset(("number", "attempt", "worker", "failure", "enqueued_by"))
"""Columns of an export that mean nothing to another study: they are left out without a word."""

FIXED = frozenset((*HEAD, *TAIL))


@dataclass(frozen=True, slots=True)
class Header:
    """What the columns hold, each by its place: fields, parameters, and keys."""

    names: Sequence[str]
    fields: dict[str, int]
    params: dict[str, int]
    results: dict[str, int]
    users: dict[str, int]
    unknown: list[str]


@contextmanager
def open_source(
    study: Study,
    words: str,
    *,
    value_column: str | None = None,
    standard_input: BinaryIO | None = None,
) -> Iterator[Source]:
    """The trials of the CSV file ``words``, or of ``standard_input`` where there is one.

    ``value_column`` is the column that holds the value.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it cannot be read, or its header does not fit the study.
    """
    if standard_input is None:
        with _file(Path(words).expanduser()) as file:
            yield source(study, file, words, value_column=value_column)
        return
    text = io.TextIOWrapper(standard_input, encoding="utf-8-sig", newline="")
    try:
        yield source(study, text, "standard input", value_column=value_column)
    finally:
        text.detach()  # it is the caller's to close


def _file(path: Path) -> io.TextIOWrapper:
    try:
        return path.open(encoding="utf-8-sig", newline="")  # spreadsheets put a mark before it
    except FileNotFoundError:
        raise NotFound(f"there is no file {str(path)!r}: give the path of a CSV file") from None
    except OSError as error:
        raise InvalidInput(
            f"{str(path)!r} cannot be read ({error.strerror or type(error).__name__}): choose "
            "another file"
        ) from error


def source(study: Study, file: TextIO, name: str, *, value_column: str | None = None) -> Source:
    """The trials of a CSV file that is called ``name``; the header is read at once.

    Raises:
        InvalidInput: it is no CSV, or its header does not fit the study.
    """
    lines = _records(file, name)
    _, names = next(lines, (0, None))
    if names is None:
        raise InvalidInput(f"{name!r} is empty: expected a header and a row for each trial")
    header = _header(study, names, name, value_column)
    remarks: tuple[str, ...] = ()
    if header.unknown:
        listed = cut(", ".join(header.unknown))
        remarks = (f"columns that the study has no place for were left out: {listed}",)
    return Source(
        name=name,
        stamp=name,
        rows=_rows(header, lines),
        read=values.parameter,
        remarks=remarks,
    )


def _records(file: TextIO, name: str) -> Iterator[tuple[int, list[str]]]:
    """The records that are not empty, each with the number of its first line.

    Raises:
        InvalidInput: it is no text, or no CSV.
    """
    before = 0
    try:
        first = file.readline()
        dialect = next((s for s in SEPARATORS if s in first and "," not in first), ",")
        reader = csv.reader(_chained(first, file), delimiter=dialect, strict=True)
        for cells in reader:
            if any(cells):
                yield before + 1, cells
            before = reader.line_num
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name!r} is no UTF-8 text: save it as CSV in UTF-8") from error
    except csv.Error as error:
        raise InvalidInput(
            f"{name!r} is no CSV from line {before + 1} on ({error}): save it as CSV again"
        ) from error


def _chained(first: str, file: TextIO) -> Iterator[str]:
    yield first
    yield from file


def _header(study: Study, given: Sequence[str], name: str, value_column: str | None) -> Header:
    known = {dimension.name for dimension in study.dimensions}
    names = [_named(unguarded(cell), known) for cell in given]
    twice = next((column for column in names if column and names.count(column) > 1), None)
    if twice is not None:
        raise InvalidInput(f"{name!r} has two columns {twice!r}: leave one of them out")
    header = Header(names, {}, {}, {}, {}, [])
    for place, column in enumerate(names):
        _place(header, place, column, known, value_column)
    _require(study, header, name, value_column)
    return header


def _named(cell: str, known: set[str]) -> str:
    """A column's name; spaces around it count only where a parameter's name has them."""
    return cell if cell.removeprefix(PARAMS) in known else cell.strip()


def _place(
    header: Header, place: int, column: str, known: set[str], value_column: str | None
) -> None:
    prefixed = column.startswith(PARAMS) and column.removeprefix(PARAMS) in known
    if value_column is not None and column in (value_column, "value", "loss"):
        if column == value_column:
            header.fields["value"] = place
    elif prefixed or (column in known and column not in FIXED):
        parameter = column.removeprefix(PARAMS) if prefixed else column
        if parameter in header.params:
            raise InvalidInput(
                f"the parameter {parameter!r} has two columns, {column!r} and "
                f"{header.names[header.params[parameter]]!r}: leave one of them out"
            )
        header.params[parameter] = place
    elif column.startswith(RESULT):
        header.results[column.removeprefix(RESULT)] = place
    elif column.startswith(USER):
        header.users[column.removeprefix(USER)] = place
    elif column in FIXED:
        header.fields[column] = place
    elif column:
        header.unknown.append(column)


def _require(study: Study, header: Header, name: str, value_column: str | None) -> None:
    columns = cut(", ".join(header.names))
    if value_column is not None and "value" not in header.fields:
        raise InvalidInput(f"{name!r} has no column {value_column!r}: its columns are {columns}")
    if not header.params:
        expected = cut(", ".join(dimension.name for dimension in study.dimensions))
        raise InvalidInput(
            f"{name!r} has no column of a parameter of study {study.name!r}: expected {expected}; "
            f"its columns are {columns}"
        )
    if not {"value", "loss", "state"} & header.fields.keys():
        raise InvalidInput(
            f"{name!r} has no column 'value' or 'loss': name the one that holds the value with "
            f"--value-column (in Python value_column=); its columns are {columns}"
        )


def _rows(header: Header, records: Iterator[tuple[int, list[str]]]) -> Iterator[Row | Refused]:
    called = {p: f"the column {header.names[place]!r}" for p, place in header.params.items()}
    for line, cells in records:
        place = f"line {line}"
        try:
            yield _row(header, line, cells, called)
        except Unfit as fault:
            yield Refused(place, str(fault))


READERS: dict[str, Any] = {
    "state": values.state,
    "value": values.number,
    "loss": values.number,
    "started_at": values.moment,
    "finished_at": values.moment,
    "duration_s": values.seconds,
    "note": lambda _column, text: unguarded(text),
}
"""How the fields of a row are read."""


def _row(header: Header, line: int, cells: Sequence[str], called: dict[str, str]) -> Row:
    if len(cells) != len(header.names):
        raise Unfit(f"it has {len(cells)} cells and the header {len(header.names)}")
    fields = {
        field: READERS[field](f"the column {header.names[place]!r}", cells[place])
        for field, place in header.fields.items()
        if field not in QUIET and cells[place].strip()
    }
    return Row(
        place=f"line {line}",
        number=line,
        params={name: cells[place] for name, place in header.params.items() if cells[place]},
        called=called,
        result={k: values.scalar(cells[p]) for k, p in header.results.items() if cells[p]},
        user={k: values.scalar(cells[p]) for k, p in header.users.items() if cells[p]},
        **fields,
    )
