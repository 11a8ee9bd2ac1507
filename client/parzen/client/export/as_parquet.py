"""Parquet: a column of one type for each of the table's, with missing values as nulls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from parzen.client.export import cells
from parzen.client.export.layout import HEAD, PARAMS, TAIL
from parzen.client.export.spool import Spool
from parzen.shared.dimensions import Dimension, Kind, Plain
from parzen.shared.errors import InvalidInput, ParzenError
from parzen.shared.records import Study

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 10_000
"""How many rows are a row group, and held in memory."""

Turn = Callable[[Any], Any]
Column = tuple[str, "pa.DataType", Turn]
"""A column's name and type, and what makes its values of a row's."""


def require() -> None:
    """See that Parquet can be written here.

    Raises:
        ParzenError: pyarrow is not installed.
    """
    try:
        import pyarrow.parquet  # noqa: F401, PLC0415 - an optional extra
    except ImportError as error:
        raise ParzenError(
            "Parquet needs pyarrow: install it with `pip install 'parzen[parquet]'`"
        ) from error


def write(study: Study, spool: Spool, file: BinaryIO) -> None:
    """Write the rows of ``spool``.

    Raises:
        InvalidInput: a document holds a value that is not of its column's type.
    """
    import pyarrow as pa  # noqa: PLC0415 - an optional extra
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    columns = list(_columns(spool))
    about = {"study": study.name, "uid": study.uid, "direction": study.direction.value}
    schema = pa.schema(
        [(name, kind) for name, kind, _ in columns], metadata={"parzen": json.dumps(about)}
    )
    rows = spool.rows()
    with pq.ParquetWriter(file, schema) as writer:
        while batch := list(islice(rows, AT_ONCE)):
            arrays = [
                _array(column, [row[place] for row in batch])
                for place, column in enumerate(columns)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _array(column: Column, values: Sequence[Any]) -> Any:
    import pyarrow as pa  # noqa: PLC0415 - an optional extra

    name, kind, turn = column
    try:
        return pa.array([None if v is None else turn(v) for v in values], kind)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(
            f"the column {name!r} cannot be written as Parquet ({error}): mend the documents, or "
            "export to CSV"
        ) from error


def _columns(spool: Spool) -> Iterator[Column]:
    import pyarrow as pa  # noqa: PLC0415 - an optional extra

    text, real, whole = pa.string(), pa.float64(), pa.int64()
    time = pa.timestamp("us", tz="UTC")
    special: dict[str, tuple[pa.DataType, Turn]] = {
        **dict.fromkeys(("number", "attempt"), (whole, _same)),
        **dict.fromkeys(("value", "loss", "duration_s"), (real, _same)),
        **dict.fromkeys(("started_at", "finished_at"), (time, datetime.fromisoformat)),
    }
    for name in HEAD:
        yield (name, *special.get(name, (text, _same)))
    for dimension in spool.dimensions:
        yield (PARAMS + dimension.name, *_parameter(dimension, spool))
    for name in TAIL:
        yield (name, text, _same)
    for name in spool.layout.columns[len(HEAD) + len(spool.dimensions) + len(TAIL) :]:
        yield (name, *_typed(spool.types[name]))


def _parameter(dimension: Dimension, spool: Spool) -> tuple[pa.DataType, Turn]:
    import pyarrow as pa  # noqa: PLC0415 - an optional extra

    if dimension.kind is Kind.INT:
        return pa.int64(), _same
    if dimension.kind is not Kind.CHOICE:
        return pa.float64(), _same
    held = [option for option in dimension.choices if option is not None]
    simple = all(isinstance(option, (bool, int, float, str)) for option in held)
    if simple and dimension.name not in spool.strange:
        kind, turn = _typed({type(option) for option in held})
        if kind != pa.string() or all(isinstance(option, str) for option in held):
            return kind, lambda index: _turned(turn, dimension.choices[index])
    labels = cells.labels(dimension)
    return pa.string(), lambda index: labels[index] if isinstance(index, int) else index


def _typed(types: set[type]) -> tuple[pa.DataType, Turn]:
    """The narrowest type that holds all of ``types``; text holds everything."""
    import pyarrow as pa  # noqa: PLC0415 - an optional extra

    if types == {bool}:
        return pa.bool_(), _same
    if types == {int}:
        return pa.int64(), _same
    if types and types <= {int, float}:
        return pa.float64(), float
    return pa.string(), _label


def _same(value: Any) -> Any:
    return value


def _turned(turn: Turn, value: Plain) -> Any:
    return None if value is None else turn(value)


def _label(value: Plain) -> str:
    return value if isinstance(value, str) else cells.written(value)
