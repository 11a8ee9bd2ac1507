"""Rows set aside until all columns are known: trials are read once, and none is kept in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from tempfile import SpooledTemporaryFile, gettempdir
from types import TracebackType
from typing import Any, final

from parzen.client.export.layout import RESULT, USER, Layout, fixed, scalars
from parzen.shared.dimensions import Dimension, Kind, Plain
from parzen.shared.errors import InvalidInput
from parzen.shared.records import Trial

IN_MEMORY = 16 * 2**20
"""How many bytes are held in memory before a temporary file takes them."""


@final
class Spool:
    """The rows of a table, with the values that JSON has; use it as a context manager.

    An option of a choice stands as its index, what is no option (somebody changed the document) as
    a text, and a time as ISO 8601.
    """

    def __init__(self, dimensions: tuple[Dimension, ...]) -> None:
        self.dimensions, self.count = dimensions, 0
        self.types: dict[str, set[type]] = {}
        """The types of what stands in the columns of results and user data, by column."""
        self.strange: set[str] = set()
        """The names of choices that hold what is no option."""
        self._results: dict[str, None] = {}
        self._users: dict[str, None] = {}
        self._file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by __exit__

    def add(self, trial: Trial) -> None:
        """Set the row of ``trial`` aside."""
        returned, given = scalars(trial.result), scalars(trial.user)
        for start, keys, found in (
            (RESULT, self._results, returned),
            (USER, self._users, given),
        ):
            for key, value in found.items():
                keys[key] = None
                self.types.setdefault(start + key, set()).add(type(value))
        row = [fixed(self.dimensions, trial, self._cell), returned, given]
        try:
            self._file.write(json.dumps(row, default=_told).encode("ascii") + b"\n")
        except OSError as error:
            raise no_room(error) from error
        self.count += 1

    @property
    def layout(self) -> Layout:
        """The columns of all rows so far."""
        return Layout(self.dimensions, tuple(self._results), tuple(self._users))

    def rows(self) -> Iterator[list[Any]]:
        """The rows in the order of :attr:`layout`; None for what one lacks."""
        self._file.seek(0)
        for line in self._file:
            row, returned, given = json.loads(line)
            row += [returned.get(key) for key in self._results]
            row += [given.get(key) for key in self._users]
            yield row

    def _cell(self, dimension: Dimension, value: Plain) -> Any:
        if dimension.kind is not Kind.CHOICE:
            return value
        index = dimension.option(value)
        if index is None:
            self.strange.add(dimension.name)
            return str(value)
        return index

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()


def no_room(error: OSError) -> InvalidInput:
    """What is said where a temporary file cannot be written."""
    return InvalidInput(
        f"the folder for temporary files, {gettempdir()!r}, takes no more "
        f"({error.strerror or type(error).__name__}): make room, or name another with TMPDIR"
    )


def _told(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
