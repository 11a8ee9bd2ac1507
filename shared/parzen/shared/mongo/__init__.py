"""The store on MongoDB: the only folder that knows pymongo."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Any

from pymongo.database import Database

from parzen.shared.errors import NotFound
from parzen.shared.home import StoreAddress
from parzen.shared.mongo import holdings, orphans, schema
from parzen.shared.mongo.awaiting import awaited
from parzen.shared.mongo.catalog import MongoCatalog
from parzen.shared.mongo.connection import Connection, open_connection
from parzen.shared.mongo.files import Files
from parzen.shared.mongo.holdings import Holdings, Tried
from parzen.shared.mongo.ledger import MongoLedger
from parzen.shared.mongo.orphans import Orphans
from parzen.shared.mongo.queue import MongoQueue
from parzen.shared.mongo.watch import Watching
from parzen.shared.records import Uid
from parzen.shared.store import Hearing

__all__ = ["MongoCatalog", "MongoLedger", "MongoQueue", "MongoStore", "connect", "open_store"]


class MongoStore:
    """One database, as a worker (``queue``), a coordinator (``ledger``) and a laptop see it.

    May be used from several threads. ``warnings`` are sentences for people, such as that the
    server is a standalone one.
    """

    def __init__(self, link: Connection) -> None:
        self._link = link
        self._watching = Watching(link)
        files = Files(link)
        self.queue = MongoQueue(link, files, self._watching)
        self.ledger = MongoLedger(link, self._watching)
        self.catalog = MongoCatalog(link, files, self._watching)

    @property
    def db(self) -> Database[dict[str, Any]]:
        """The database, for queries of one's own."""
        return self._link.db

    @property
    def where(self) -> str:
        """host:port of the server, without secrets."""
        return self._link.where

    @property
    def hearing(self) -> Hearing:
        """How it brings news of changes."""
        return self._watching.hearing

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know about this server."""
        return self._link.warnings

    def prepare(self) -> None:
        """Make the collections, indexes and validators that are missing; see ``schema``."""
        schema.prepare(self._link)

    def strangers(self, names: Sequence[str]) -> list[str]:
        """A sentence for each of ``names`` that no study has yet, with those that are like it."""
        return [said for name in names if (said := self._stranger(name))]

    def _stranger(self, name: str) -> str | None:
        try:
            self.catalog.study(name)
        except NotFound as error:
            return f"nothing to serve yet under one of the names: {error}"
        return None

    def sweep(self) -> int:
        """Delete what uploads that were killed left behind; how many files it was part of."""
        return sum(orphans.sweep(self._link, bucket) for bucket in ("objectives", "attachments"))

    def orphans(self, older_s: float | None = None) -> list[Orphans]:
        """What nobody needs any more, see ``orphans``; nothing is changed."""
        return orphans.find(self._link, older_s)

    def clear_orphans(self, older_s: float | None = None) -> Mapping[str, int]:
        """Delete what is found then; how many of each kind."""
        return orphans.clear(self._link, older_s)

    def holdings(self) -> Holdings:
        """Which studies there are, and which bundles they name."""
        return holdings.holdings(self._link)

    def tried(self, uid: Uid, numbers: Collection[int]) -> Mapping[int, Tried]:
        """What the trials ``numbers`` of a study remember of their attempts."""
        return holdings.tried(self._link, uid, numbers)

    def check(self) -> None:
        """See that they stand; raises StoreUnprepared with the command that makes them."""
        schema.check(self._link)

    def close(self) -> None:
        """Close every watch and connection; closing twice does nothing."""
        self._watching.close()
        self._link.client.close()

    def __enter__(self) -> MongoStore:  # noqa: PYI034 - Self needs Python 3.11; it is final
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"MongoStore({self.where}/{self.db.name})"


def connect(uri: str, *, timeout_s: float = 10.0, prepare: bool = False) -> MongoStore:
    """The store at ``uri``; with ``prepare`` it is set up, else only looked at.

    ``timeout_s`` limits each call, in seconds.

    Raises:
        InvalidStore: ``uri`` cannot be read.
        StoreUnreachable: nobody answered in time.
        StoreDenied: the server refused the user.
        StoreUnsupported: the server is too old.
        StoreUnprepared: the database was never set up.
        Conflict: it is another program's.
    """
    store = MongoStore(open_connection(uri, timeout_s=timeout_s))
    try:
        if prepare:
            store.prepare()
        else:
            store.check()
    except BaseException:
        store.close()
        raise
    return store


def open_store(where: StoreAddress, *, prepare: bool = False, wait_s: float = 0.0) -> MongoStore:
    """The store that a command means: its URI, or the embedded server of this machine.

    The embedded server is started where need be, and always set up. Any other is waited for, for
    ``wait_s`` seconds, see :func:`awaited`.
    """
    uri = where.store
    if uri:
        return awaited(lambda: connect(uri, prepare=prepare), wait_s)
    from parzen.shared.mongo.embedded import Embedded  # noqa: PLC0415 - only where it is wanted

    return connect(Embedded(where.home).up().uri, prepare=True)
