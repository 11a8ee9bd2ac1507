"""One connection to a MongoDB: opened, checked, and with a time limit on every call."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from logging import getLogger
from typing import Any, TypeVar
from urllib.parse import unquote

from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import InvalidURI, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from parzen.shared.errors import Incompatible, InvalidInput, InvalidStore, StoreUnsupported
from parzen.shared.mongo.faults import translated
from parzen.shared.private import check_private
from parzen.shared.redaction import redacted, secrets, shown

Document = dict[str, Any]
Record = TypeVar("Record")

DATABASE = "parzen"
"""The database, where the URI names none."""

SCHEMES = ("mongodb://", "mongodb+srv://")
"""How an address begins."""

OLDEST = (5, 0)
"""The first server whose update pipelines know ``$$NOW`` and whose documents take any key."""

BATCH = 2000
"""How many documents one reply of a long listing holds: one time limit for each."""

CODEC: CodecOptions[Document] = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_CLAMP
)
"""Times are aware; one beyond Python's years, written by hand, is the last that Python knows."""

log = getLogger("parzen.store")


@dataclass(slots=True)
class Connection:
    """A database with parzen's concerns, and what is known about its server.

    ``where`` is host:port for sentences; ``limit_s`` the time limit of one call, in seconds.
    """

    client: MongoClient[Document]
    db: Database[Document]
    where: str
    limit_s: float
    change_streams: bool = True
    warnings: tuple[str, ...] = ()
    _skipped: set[tuple[object, str]] = field(default_factory=set)

    def call(self) -> AbstractContextManager[None]:
        """One public call: its time limit, and parzen's errors."""
        return translated(self.where, self.limit_s)

    def collection(self, name: str) -> Collection[Document]:
        """A collection that reads and writes by majority."""
        return self.db[name]

    def readable(
        self, documents: Iterable[Mapping[str, Any]], decode: Callable[[Mapping[str, Any]], Record]
    ) -> Iterator[Record]:
        """Decode ``documents``; one that cannot be read is left out, with one warning for good."""
        for document in documents:
            record = self.readable_one(document, decode)
            if record is not None:
                yield record

    def readable_one(
        self, document: Mapping[str, Any], decode: Callable[[Mapping[str, Any]], Record]
    ) -> Record | None:
        """Decode ``document``; None where it cannot be read, with one warning for good."""
        try:
            return decode(document)
        except Incompatible as error:
            seen = (document.get("_id"), str(error))
            if seen not in self._skipped:
                self._skipped.add(seen)
                log.warning("left alone: %s", error)
            return None

    def batches(self, find: Callable[[], Any]) -> Iterator[list[Document]]:
        """The documents of a long listing, each batch with a time limit of its own."""
        with self.call():
            cursor = find().batch_size(BATCH)
            batch = list(islice(cursor, BATCH))
        with cursor:
            while batch:
                yield batch
                with self.call():
                    batch = list(islice(cursor, BATCH))


def open_connection(uri: str, *, timeout_s: float = 10.0) -> Connection:
    """Connect to ``uri`` and see that its server can be used.

    Raises:
        InvalidStore: ``uri`` cannot be read.
        StoreUnreachable: nobody answered within ``timeout_s`` seconds.
        StoreDenied: the server refused the user.
        StoreUnsupported: the server is too old.
    """
    client = new_client(uri, timeout_s)
    try:
        return _checked(client, timeout_s)
    except BaseException:
        client.close()
        raise


class _Client(MongoClient[Document]):
    """A client that does not show the options of its address."""

    def __repr__(self) -> str:
        return f"MongoClient({_seeds(self)})"


def _seeds(client: MongoClient[Document]) -> str:
    seeds = sorted(client.topology_description.server_descriptions())
    return ", ".join(f"{host}:{port}" if port else host for host, port in seeds)


def new_client(uri: str, timeout_s: float) -> MongoClient[Document]:
    """A client of ``uri`` that has not connected yet.

    Raises:
        InvalidStore: ``uri`` cannot be read.
    """
    milliseconds = max(1, int(timeout_s * 1000))
    try:
        if not uri.startswith(SCHEMES):
            raise InvalidURI("another scheme")
        _refuse_bare_password(uri)
        _check_key_files(uri)
        with warnings.catch_warnings():
            # pymongo drops an option that it cannot read, with a warning; here it is refused
            warnings.simplefilter("error", UserWarning)
            return _Client(
                uri,
                appname="parzen",
                connect=False,
                tz_aware=True,
                serverSelectionTimeoutMS=milliseconds,
                connectTimeoutMS=milliseconds,
                # calls have limits of their own; this ends what a dead network would hold for ever
                socketTimeoutMS=max(milliseconds, 2_000) * 3,
                # what parzen promises does not depend on what an address asks for
                retryReads=True,
                retryWrites=True,
            )
    except InvalidStore:
        raise
    except (PyMongoError, ValueError, TypeError, UserWarning, OSError) as error:
        raise InvalidStore(
            f"the store's address {shown(uri)!r} cannot be read: {_reason(uri, error)}; "
            "expected mongodb://[user:password@]host[:port][/database][?options] or mongodb+srv://…"
        ) from None


def _refuse_bare_password(uri: str) -> None:
    """Refuse an address whose @ comes too late: a piece of a password would be taken for a host."""
    place, _, options = uri.partition("://")[2].partition("?")
    in_place = "@" in place.partition("/")[2]
    in_option = "@" in options.partition("=")[0]
    if in_place or in_option:
        raise InvalidStore(
            f"the store's address cannot be read: it has an @ after a {'/' if in_place else '?'}, "
            "so percent-encode what user and password hold of / ? : @ (as %2F %3F %3A %40); "
            "expected mongodb://[user:password@]host[:port][/database][?options]"
        )


def _check_key_files(uri: str) -> None:
    """See that a private key which the address names is nobody else's to read."""
    for option in re.split("[?&;]", uri)[1:]:
        name, _, value = option.partition("=")
        if name.lower() == "tlscertificatekeyfile":
            try:
                check_private(unquote(value), "the certificate's key file")
            except InvalidInput as error:
                raise InvalidStore(str(error)) from error


def _reason(uri: str, error: Exception) -> str:
    """Why ``uri`` was refused, unless pymongo quotes what may be a piece of a secret."""
    if not uri.startswith(SCHEMES):
        return f"it does not begin with {' or '.join(SCHEMES)}"
    if isinstance(error, OSError):
        return f"a file that it names cannot be used ({error.strerror or type(error).__name__})"
    said = redacted(str(error)).rstrip(".")
    pieces = (p for secret in secrets(uri) for p in (secret, *re.split(r"[/:@?&=,;\s]", secret)))
    if any(piece in said for piece in pieces if piece):
        return "the user name and password must be percent-encoded, and every option well-formed"
    return said


def _checked(client: MongoClient[Document], timeout_s: float) -> Connection:
    where = _seeds(client)
    with translated(where, timeout_s):
        hello = client.admin.command("hello")
        version = client.server_info()["version"]
    if tuple(int(n) for n in version.split(".")[:2]) < OLDEST:
        raise StoreUnsupported(
            f"the MongoDB at {where} is version {version}, expected 5.0 or later: upgrade it, or "
            "let `parzen up` start one on this machine"
        )
    single = "setName" not in hello and hello.get("msg") != "isdbgrid"
    return Connection(
        client=client,
        db=client.get_default_database(DATABASE).with_options(
            codec_options=CODEC,
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern(w="majority", j=True),
        ),
        where=where,
        limit_s=timeout_s,
        change_streams=not single,
        warnings=(_standalone(where),) if single else (),
    )


def _standalone(where: str) -> str:
    return (
        f"the MongoDB at {where} is a standalone server: news are found by polling, and a crash of "
        "its machine may lose trials; make it a replica set (one member is enough)"
    )
