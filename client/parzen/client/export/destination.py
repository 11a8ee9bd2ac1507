"""Where an export goes, and in which format, from what its user wrote."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from parzen.client.optuna_storage import Storage, named, storage
from parzen.shared.errors import InvalidInput
from parzen.shared.plain import shown
from parzen.shared.redaction import looks_like_address


class Format(str, Enum):
    """What an export can be."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    OPTUNA = "optuna"


ENDINGS = {
    ".csv": Format.CSV,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".parquet": Format.PARQUET,
    ".pq": Format.PARQUET,
}
"""The formats that the endings of files stand for."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A file, an Optuna storage, or with neither the standard output."""

    format: Format
    path: Path | None = None
    storage: Storage | None = None

    def __str__(self) -> str:
        """As people are told of it, without a password."""
        if self.storage is not None:
            return str(self.storage)
        return "standard output" if self.path is None else str(self.path)


def destination(to: str | None, given: Format | None = None) -> Destination:
    """The destination that ``to`` names: a file, an Optuna storage; None or ``-`` for the output.

    Raises:
        InvalidInput: its format cannot be told, or is another than the one ``given``.
    """
    if to is None or to == "-":
        if given is Format.OPTUNA:
            raise InvalidInput(
                "an Optuna storage is no output: name one, such as sqlite:///study.db"
            )
        return Destination(given or Format.CSV)
    if not to:
        raise InvalidInput("the export's file has no name: give one, such as trials.csv")
    if given is Format.OPTUNA or (given is None and named(to)):
        return Destination(Format.OPTUNA, storage=storage(to))
    if named(to) or looks_like_address(to):
        raise InvalidInput(
            f"{shown(to)} is an address, not a file: give a file's name, or leave --format out"
        )
    return Destination(given or _format(to), Path(to).expanduser())


def _format(to: str) -> Format:
    ending = Path(to).suffix.lower()
    if ending not in ENDINGS:
        raise InvalidInput(
            f"the name {shown(to)} does not tell the format: expected one that ends in "
            f"{', '.join(ENDINGS)}, or an address as sqlite:///study.db; or say --format"
        )
    return ENDINGS[ending]
