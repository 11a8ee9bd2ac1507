"""An export from beginning to end: what is read, where it goes, what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from parzen.client.export import as_csv, as_jsonl, as_parquet
from parzen.client.export.destination import Destination, Format
from parzen.client.export.newfile import appearing
from parzen.client.export.source import Source
from parzen.client.export.spool import Spool
from parzen.client.wording import counted
from parzen.shared.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written: how many trials of the study, where, and what is worth saying of it."""

    study: str
    trials: int
    format: str
    to: str
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """``wrote 120 trials to x.csv``."""
        return f"wrote {counted(self.trials, 'trial')} to {self.to}"


def export(
    source: Source, to: Destination, *, name: str | None = None, force: bool = False
) -> Exported:
    """Write the trials of ``source`` to a file or to an Optuna storage.

    Args:
        source: the trials.
        to: where; not the standard output.
        name: the study's name in Optuna, where it is another.
        force: write over a file, or replace an earlier export in an Optuna storage.

    Raises:
        InvalidInput: there is such a file or study, or it cannot be written.
        ParzenError: what the format needs is not installed.
    """
    notes: list[str] = []
    if to.storage is not None:
        from parzen.client.export import as_optuna  # noqa: PLC0415 - Optuna is optional

        count, notes = as_optuna.write(
            source, to.storage, name=name or source.study.name, force=force
        )
    elif name is not None:
        raise InvalidInput(
            f"the name {name!r} is for an Optuna storage, and {str(to)!r} is a file: leave it out"
        )
    else:
        count = _file(source, to, force=force)
    return Exported(
        study=source.study.name,
        trials=count,
        format=to.format.value,
        to=str(to),
        notes=tuple(notes),
    )


def _file(source: Source, to: Destination, *, force: bool) -> int:
    assert to.path is not None  # noqa: S101 - the caller's
    with appearing(to.path, force=force) as path, path.open("wb") as file:
        return write(source, to.format, file)


def write(source: Source, how: Format, file: BinaryIO) -> int:
    """Write the trials of ``source`` to a binary file, in a format that is one; how many.

    Raises:
        InvalidInput: a value does not fit its column.
        ParzenError: what the format needs is not installed.
    """
    if how is Format.PARQUET:
        as_parquet.require()
        with Spool(source.study.dimensions) as spool:
            for trial in source.trials():
                spool.add(trial)
            as_parquet.write(source.study, spool, file)
            return spool.count
    return write_text(source, how, lambda text: file.write(text.encode()))


def write_text(source: Source, how: Format, put: Callable[[str], object]) -> int:
    """Write the trials of ``source`` by calls of ``put``, as CSV or JSON lines; how many."""
    if how is Format.JSONL:
        return as_jsonl.write(source.trials(), put)
    with Spool(source.study.dimensions) as spool:
        for trial in source.trials():
            spool.add(trial)
        as_csv.write(spool, put)
        return spool.count
