"""Which source is meant by what its user wrote, and opening it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from parzen.client.importing import from_csv
from parzen.client.importing.rows import Source
from parzen.client.optuna_storage import DATABASES, named, storage
from parzen.shared.errors import InvalidInput, NotFound
from parzen.shared.plain import shown
from parzen.shared.records import Study
from parzen.shared.redaction import redacted


class Kind(str, Enum):
    """What trials can be imported from."""

    CSV = "csv"
    OPTUNA = "optuna"


STANDARD_INPUT = "-"


def kind(words: str, given: Kind | None = None) -> Kind:
    """What ``words`` name: the kind ``given``, or the one that they tell.

    Raises:
        InvalidInput: they do not tell it.
    """
    if given is not None:
        return given
    ending = Path(words).suffix.lower()
    if named(words) or ending in DATABASES:
        return Kind.OPTUNA
    if ending == ".csv" or words == STANDARD_INPUT:
        return Kind.CSV
    raise InvalidInput(
        f"what {shown(redacted(words))} holds cannot be told from its name: expected a file that "
        "ends in .csv, or an Optuna storage as sqlite:///study.db or journal:study.log; or say "
        "--from (in Python format=)"
    )


@contextmanager
def opened(
    study: Study,
    words: str,
    given: Kind | None = None,
    *,
    name: str | None = None,
    value_column: str | None = None,
    standard_input: BinaryIO | None = None,
) -> Iterator[Source]:
    """The source that ``words`` name, open for the block.

    Args:
        study: the study that the trials are for.
        words: a CSV file, an Optuna storage, or ``-`` for ``standard_input``.
        given: what it is, where its name does not tell.
        name: of a study in an Optuna storage.
        value_column: the column of a CSV file that holds the value.
        standard_input: what ``-`` means; nothing in Python.

    Raises:
        NotFound: there is no such file, storage or study.
        InvalidInput: it cannot be read, or does not fit the study.
    """
    found = kind(words, given)
    _refuse_idle(found, name, value_column)
    if found is Kind.OPTUNA:
        from parzen.client.importing import from_optuna  # noqa: PLC0415 - Optuna is optional

        with from_optuna.source(study, storage(words), name) as theirs:
            yield theirs
    elif words == STANDARD_INPUT and standard_input is not None:
        text = io.TextIOWrapper(standard_input, encoding="utf-8-sig", newline="")
        try:
            yield from_csv.source(study, text, "standard input", value_column=value_column)
        finally:
            text.detach()  # it is the caller's to close
    else:
        with _file(Path(words).expanduser()) as file:
            yield from_csv.source(study, file, words, value_column=value_column)


def _refuse_idle(found: Kind, name: str | None, value_column: str | None) -> None:
    if name is not None and found is not Kind.OPTUNA:
        raise InvalidInput(
            f"the name {name!r} is of a study in an Optuna storage, and the source is a CSV file: "
            "leave it out"
        )
    if value_column is not None and found is not Kind.CSV:
        raise InvalidInput(
            f"the column {value_column!r} is of a CSV file, and the source is an Optuna storage: "
            "leave it out"
        )


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
