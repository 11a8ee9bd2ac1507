"""Storages of Optuna: named by an address as Optuna's own tools take it, opened, and closed.

``sqlite:///study.db`` and the addresses of MySQL and PostgreSQL are databases, ``journal:FILE`` is
the file of a ``JournalFileBackend``; ``optuna+`` may stand before each.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parzen.shared.errors import InvalidInput, NotFound, ParzenError
from parzen.shared.plain import shown
from parzen.shared.redaction import redacted

PREFIX = "optuna+"
JOURNAL = "journal:"
URL = re.compile(r"[A-Za-z][\w+.-]*://")
SQLITE = "sqlite:///"
DATABASES = (".db", ".sqlite", ".sqlite3")
"""The endings of files that are SQLite's; others are journals, as for Optuna's own tools."""

EXPECTED = "expected sqlite:///FILE, journal:FILE, or the address of a MySQL or PostgreSQL database"

Opened = Any
"""One of Optuna's storages; it has no types for mypy."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage: the ``url`` of a database, or the journal ``file``.

    ``file`` is where it lies on this machine, also for SQLite; None for a server.
    """

    url: str | None
    file: Path | None

    def __str__(self) -> str:
        """As people are told of it, without a password."""
        return f"{JOURNAL}{self.file}" if self.url is None else redacted(self.url)

    def at(self, file: Path) -> Storage:
        """The same kind of storage in another file."""
        return Storage(None if self.url is None else f"{SQLITE}{file}", file)


def named(words: str) -> bool:
    """Whether ``words`` name a storage and not a file."""
    return words.startswith((PREFIX, JOURNAL)) or URL.match(words) is not None


def storage(words: str) -> Storage:
    """The storage that ``words`` name; a plain path is one by its ending.

    Raises:
        InvalidInput: they name none that parzen opens.
    """
    bare = words.removeprefix(PREFIX)
    if bare.startswith(JOURNAL):
        file = bare.removeprefix(JOURNAL)
        if not file or file.startswith("//"):
            raise InvalidInput(f"{shown(words)} names no journal: expected journal:FILE")
        return Storage(None, Path(file).expanduser())
    if bare.startswith(SQLITE):
        file = bare.removeprefix(SQLITE).partition("?")[0]
        if not file or file == ":memory:":
            raise InvalidInput(f"{shown(words)} names no file: expected sqlite:///FILE")
        return Storage(bare, Path(file))
    if URL.match(bare):
        if bare.startswith(("redis", "mongodb")):  # a journal in Redis is read by unpickling it
            raise InvalidInput(
                f"the Optuna storage {shown(redacted(bare))} cannot be opened: {EXPECTED}"
            )
        return Storage(bare, None)
    path = Path(bare).expanduser()
    database = path.suffix.lower() in DATABASES
    return Storage(f"{SQLITE}{path}" if database else None, path)


def require() -> None:
    """See that Optuna is installed.

    Raises:
        ParzenError: it is not.
    """
    try:
        import optuna  # noqa: F401, PLC0415 - an optional extra
    except ImportError as error:
        raise ParzenError(
            "an Optuna storage needs Optuna: install it with `pip install 'parzen[optuna]'`"
        ) from error


def require_present(storage: Storage) -> None:
    """See that there is such a storage, since opening one makes it.

    Raises:
        NotFound: there is none.
        InvalidInput: it cannot be read.
        ParzenError: Optuna is not installed.
    """
    require()
    if storage.file is not None and not storage.file.is_file():
        raise NotFound(f"there is no file {str(storage.file)!r}: name a storage that exists")
    if storage.url is None:
        return
    import sqlalchemy  # noqa: PLC0415 - Optuna brings it

    with answering(storage):
        engine = sqlalchemy.create_engine(storage.url)
        try:
            tables = sqlalchemy.inspect(engine).get_table_names()
        finally:
            engine.dispose()
    if not {"studies", "trials"} <= set(tables):
        raise NotFound(f"{str(storage)!r} is no storage of Optuna: its tables are not there")


@contextmanager
def opened(storage: Storage, *, hasty: bool = False) -> Iterator[Opened]:
    """Open ``storage`` for the block, in which Optuna does not tell of every study that it makes.

    Args:
        storage: which.
        hasty: leave it to the caller that an SQLite file reaches the disk.

    Raises:
        InvalidInput: it cannot be opened.
        ParzenError: Optuna is not installed.
    """
    require()
    with _quiet():
        with answering(storage):
            found, close = _open(storage, hasty=hasty)
        try:
            yield found
        finally:
            close()


@contextmanager
def answering(storage: Storage) -> Iterator[None]:
    """Make whatever Optuna raises in the block one sentence.

    Raises:
        InvalidInput: the storage cannot be read or written.
    """
    import optuna  # noqa: PLC0415 - an optional extra
    import sqlalchemy.exc as sql  # noqa: PLC0415 - Optuna brings it

    # a journal of another's is a ValueError, a database of another version a RuntimeError
    faults = (ImportError, RuntimeError, ValueError, KeyError)
    try:
        yield
    except (optuna.exceptions.OptunaError, sql.SQLAlchemyError, *faults) as error:
        raise _unusable(storage, error) from error


def _unusable(storage: Storage, error: Exception) -> InvalidInput:
    cause = error.__cause__ or error
    said = " ".join(redacted(str(getattr(cause, "orig", None) or cause)).split())
    return InvalidInput(
        f"the Optuna storage {str(storage)!r} cannot be used ({said.rstrip('.') or 'no reason'}): "
        f"{EXPECTED}"
    )


def _open(storage: Storage, *, hasty: bool) -> tuple[Opened, Callable[[], None]]:
    """The storage, and what closes it."""
    import optuna  # noqa: PLC0415 - an optional extra
    from optuna.storages.journal import JournalFileBackend  # noqa: PLC0415 - as above

    if storage.url is None:
        backend = JournalFileBackend(str(storage.file))
        return optuna.storages.JournalStorage(backend), lambda: None
    found = optuna.storages.RDBStorage(storage.url)
    if hasty:
        _hurry(found.engine)

    def close() -> None:
        found.remove_session()
        found.engine.dispose()

    return found, close


def _hurry(engine: Any) -> None:
    """Let SQLite not wait for the disk at each trial."""
    import sqlalchemy  # noqa: PLC0415 - Optuna brings it

    def configure(connection: Any, _record: Any) -> None:
        with contextlib.closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA synchronous=OFF")

    engine.dispose()
    sqlalchemy.event.listen(engine, "connect", configure)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Optuna from telling of each study that it makes, for the block."""
    import optuna  # noqa: PLC0415 - an optional extra

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
