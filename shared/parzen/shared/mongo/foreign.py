"""Another program's database, which is looked at and never written to.

It may lie on a server that is too old for parzen's own store, or on the same server as that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Any

from bson.codec_options import CodecOptions, DatetimeConversion
from gridfs import GridFSBucket
from gridfs.errors import CorruptGridFile, NoFile
from pymongo.database import Database
from pymongo.errors import ConfigurationError
from pymongo.read_preferences import ReadPreference

from parzen.shared import plain
from parzen.shared.errors import InvalidStore, NotFound
from parzen.shared.mongo.connection import Document, new_client
from parzen.shared.mongo.faults import translated
from parzen.shared.mongo.files import FILE_S
from parzen.shared.redaction import Parts, shown

BATCH = 200
"""How many documents are fetched at once, within one time limit: they may be large."""

CODEC: CodecOptions[Document] = CodecOptions(
    tz_aware=True,
    datetime_conversion=DatetimeConversion.DATETIME_CLAMP,
    unicode_decode_error_handler="replace",
)
"""Times are aware; whatever else somebody wrote is read, too."""

Order = Sequence[tuple[str, int]]
"""(field, 1 for upwards or -1 for downwards), the first one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFile:
    """A file of a GridFS bucket: what its document says.

    ``length`` is in bytes, 0 where the document names none that a file can have.
    """

    id: Any
    name: str | None
    length: int
    metadata: Mapping[str, Any]
    document: Mapping[str, Any]


class Foreign:
    """A database that is read, preferably from a secondary; ``where`` is host:port/name.

    Each method raises StoreError where the server does not answer, refuses, or fails.
    """

    def __init__(self, database: Database[Document], where: str, limit_s: float) -> None:
        self._db = database.with_options(
            codec_options=CODEC, read_preference=ReadPreference.SECONDARY_PREFERRED
        )
        self._limit_s = limit_s
        self.where = where

    @property
    def name(self) -> str:
        """The database's name."""
        return self._db.name

    def documents(
        self, collection: str, query: Mapping[str, Any] | None = None, sort: Order = ()
    ) -> Iterator[Mapping[str, Any]]:
        """The documents that match, each batch fetched within the time limit.

        Without ``sort`` they come as they lie there, which is mostly in the order of insertion.
        """
        with translated(self.where, self._limit_s):
            cursor = self._db[collection].find(query or {}, batch_size=BATCH)
            if sort:
                cursor = cursor.sort(list(sort))
            batch = list(islice(cursor, BATCH))
        with cursor:
            while batch:
                yield from batch
                with translated(self.where, self._limit_s):
                    batch = list(islice(cursor, BATCH))

    def count(self, collection: str, query: Mapping[str, Any] | None = None) -> int:
        """How many documents match."""
        with translated(self.where, self._limit_s):
            return self._db[collection].count_documents(query or {})

    def distinct(
        self, collection: str, field: str, query: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """The values of a field in the documents that match; None only where one holds null."""
        with translated(self.where, self._limit_s):
            return self._db[collection].distinct(field, query or {})

    def files(self, bucket: str, query: Mapping[str, Any] | None = None) -> Iterator[ForeignFile]:
        """The files of a bucket whose documents match."""
        for document in self.documents(f"{bucket}.files", query):
            metadata = document.get("metadata")
            name = document.get("filename")
            yield ForeignFile(
                id=document["_id"],
                name=name if isinstance(name, str) else None,
                length=_size(document.get("length")) or 0,
                metadata=metadata if isinstance(metadata, Mapping) else {},
                document=document,
            )

    def file(self, bucket: str, file: Any) -> bytes:
        """The bytes of one file.

        Raises:
            NotFound: it is not there, or not whole.
        """
        try:
            with (
                translated(self.where, FILE_S),
                GridFSBucket(self._db, bucket).open_download_stream(file) as stream,
            ):
                return self._whole(stream, bucket, file)
        except NoFile:
            raise NotFound(
                f"the file {file} is not in the bucket {bucket!r} of {self.where}: it was deleted"
            ) from None

    def _whole(self, stream: Any, bucket: str, file: Any) -> bytes:
        try:
            _check_sizes(stream)
            return bytes(stream.read())
        except (CorruptGridFile, KeyError, TypeError) as error:  # a piece is gone, or was edited
            raise NotFound(
                f"the file {file} in the bucket {bucket!r} of {self.where} is not whole ({error})"
            ) from error

    def close(self) -> None:
        """Close the connection."""
        self._db.client.close()

    def __enter__(self) -> Foreign:  # noqa: PYI034 - Self needs Python 3.11
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Foreign({self.where})"


def _check_sizes(stream: Any) -> None:
    """Raise CorruptGridFile where the driver could not reckon with what a file's document says."""
    if _size(stream.length) is None:
        raise CorruptGridFile(f"its length is {plain.shown(stream.length)}")
    if not _size(stream.chunk_size):
        raise CorruptGridFile(f"its chunkSize is {plain.shown(stream.chunk_size)}")


def _size(found: Any) -> int | None:
    """A number of bytes; None for what is none. Some drivers write a whole number as a double."""
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        return None
    if not math.isfinite(found) or found < 0 or found != int(found):
        return None
    return int(found)


def open_foreign(uri: str, timeout_s: float = 10.0) -> Foreign:
    """The database that ``uri`` names; ``timeout_s`` limits each call, in seconds.

    Raises:
        InvalidStore: ``uri`` cannot be read, or names no database.
        StoreUnreachable: nobody answered in time.
        StoreDenied: the server refused the user.
        StoreUnsupported: the server is too old for the driver.
    """
    client, where = new_client(uri, timeout_s), Parts.of(uri).place
    try:
        database = _named(client, uri)
        with translated(where, timeout_s):
            client.admin.command("ping")
        return Foreign(database, where, timeout_s)
    except BaseException:
        client.close()
        raise


def _named(client: Any, uri: str) -> Database[Document]:
    try:
        found: Database[Document] = client.get_default_database()
    except ConfigurationError:
        raise InvalidStore(
            f"the address {shown(uri)!r} names no database: write it after the host, as in "
            "mongodb://host:27017/database"
        ) from None
    return found
