"""The store that is looked at: its checks, and the facts that they share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from parzen.client.health import database, rights, server, studies
from parzen.client.health.checking import Absent
from parzen.client.health.findings import Finding, Findings, Group
from parzen.client.health.packages import installed
from parzen.client.invocation import Invocation, here
from parzen.shared.errors import ParzenError, StoreDenied
from parzen.shared.home import StoreAddress
from parzen.shared.redaction import shown

if TYPE_CHECKING:
    from parzen.shared.mongo.connection import Connection
    from parzen.shared.mongo.inspection import Member, Server
    from parzen.shared.mongo.rights import Identity
    from parzen.shared.mongo.schema import Missing

CALL_S = 5.0
"""How long the server may take to answer one question, in seconds."""

store = Findings(Group.SERVER)
base = Findings(Group.DATABASE)


class Patient:
    """One store. Checks are called in the order below; all but the first two need a connection.

    ``address`` says which store is meant, or raises what is wrong with how it was named. With
    ``init`` the store is set up: an embedded server is started, and what is missing made.
    """

    def __init__(self, address: Callable[[], StoreAddress], *, init: bool = False) -> None:
        self.prepares = init
        self._where: StoreAddress | None = None
        self._fault: ParzenError | None = None
        self._uri = ""
        self._link: Connection | None = None
        try:
            self._where = address()
        except ParzenError as error:  # raised by the check that is about it
            self._fault = error

    def close(self) -> None:
        """Let go of the connection."""
        if self._link is not None:
            self._link.client.close()

    @property
    def embedded(self) -> bool:
        """Whether the embedded server of this machine is meant."""
        return self._where is not None and self._where.store is None

    def address(self) -> Iterator[Finding]:
        """Which store is meant, without its secrets."""
        if self._fault is not None:
            raise self._fault
        self._uri = self.where.store or self._embedded_uri()
        source = "the embedded server's" if self.embedded else "from --store or PARZEN_STORE"
        if self.where.file is not None:
            source = f"from {self.where.file}"
        yield store.ok("address", f"{shown(self._uri)}, {source}")

    def _embedded_uri(self) -> str:
        from parzen.shared.mongo.embedded import Embedded  # noqa: PLC0415 - `--help` needs no driver

        embedded = Embedded(self.where.home)
        uri = embedded.up().uri if self.prepares else embedded.address()
        if uri is None:
            raise Absent(
                "the embedded MongoDB does not run just now; commands that need it start it",
                f"`{self.call.line('up')}` starts it, `{self.call.line('doctor', '--init')}` looks "
                "at it, too; --store or PARZEN_STORE names another store",
            )
        return uri

    def connection(self) -> Iterator[Finding]:
        """Whether the server answers, and how fast."""
        from parzen.shared.mongo import inspection  # noqa: PLC0415 - `--help` needs no driver
        from parzen.shared.mongo.connection import open_connection  # noqa: PLC0415 - as above

        self._link = open_connection(self._uri, timeout_s=CALL_S)
        if not (self.who.users or self.who.unguarded):
            raise StoreDenied(
                f"the MongoDB at {self.link.where} asks for a user, and the address names none: "
                "put user:password@ before the host (`parzen roles create-user` makes users)"
            )
        yield server.answered(self.link.where, self.link.db.name, inspection.ping_s(self.link))

    def version(self) -> Iterator[Finding]:
        """The server's version."""
        yield server.version(self.server.version, embedded=self.embedded)

    def topology(self) -> Iterator[Finding]:
        """Standalone, replica set or cluster, and its members."""
        direct = "directconnection=true" in self._uri.lower()
        yield from server.topology(self.server, self.members, direct=direct)

    def clocks(self) -> Iterator[Finding]:
        """Time differences."""
        yield from server.clocks(self.server.clock, self.members)

    def guarded(self) -> Iterator[Finding]:
        """TLS and authentication."""
        from parzen.shared.mongo.addressing import speaks_tls  # noqa: PLC0415 - as above

        yield from server.guarded(self.link.where, self.who, tls=speaks_tls(self._uri))

    def user(self) -> Iterator[Finding]:
        """Who one is."""
        yield from rights.user(self.who)

    def roles(self) -> Iterator[Finding]:
        """Which of parzen's roles one may play."""
        yield from rights.roles(self.who, self.link.db.name)

    def init(self) -> Iterator[Finding]:
        """Set the database up; what was made."""
        from parzen.shared.mongo import schema  # noqa: PLC0415 - as above

        before = schema.missing(self.link)
        schema.prepare(self.link)
        yield server.made(before, self.link.db.name)

    def prepared(self) -> Iterator[Finding]:
        """Whether collections, indexes and validators stand."""
        yield from database.prepared(self.missing, self.call.line("doctor", "--init"))

    def shapes(self) -> Iterator[Finding]:
        """Documents of other versions."""
        from parzen.shared.mongo import inspection  # noqa: PLC0415 - as above

        yield database.shapes(inspection.foreign_shapes(self.link))

    def room(self) -> Iterator[Finding]:
        """Sizes, and the server's disk."""
        from parzen.shared.mongo import inspection  # noqa: PLC0415 - as above

        yield from database.room(inspection.room(self.link))

    def written(self) -> Iterator[Finding]:
        """A write that a majority has, and that is taken back."""
        from parzen.shared.mongo import probing  # noqa: PLC0415 - as above

        place = self._place()
        if place is None:
            yield base.skipped("test write", self._no_place())
        else:
            yield database.written(probing.write_s(self.link, place))

    def heard(self) -> Iterator[Finding]:
        """Whether a change stream opens, and news come."""
        from parzen.shared.mongo import probing  # noqa: PLC0415 - as above

        place = self._place()
        if not self.link.change_streams:
            yield base.skipped("change stream", "a standalone server has none")
        elif place is None:
            probing.open_stream(self.link)
            yield base.ok("change stream", f"it opens; news were not tried: {self._no_place()}")
        else:
            yield database.heard(probing.news_s(self.link, place))

    def studies(self) -> Iterator[Finding]:
        """What is alive, and what studies lack."""
        from parzen.shared.mongo import MongoStore  # noqa: PLC0415 - as above

        catalog = MongoStore(self.link).catalog
        live = catalog.workers()
        yield from studies.processes(live, installed("parzen"))
        yield from studies.devices(live, self.call)
        yield from studies.moving(catalog.all_studies(), live, self.call, catalog.silent)

    @property
    def where(self) -> StoreAddress:
        """Which store is meant."""
        assert self._where is not None  # noqa: S101 - the first check fails without it
        return self._where

    @property
    def call(self) -> Invocation:
        """How to call parzen for this store."""
        return here(self.where)

    @property
    def link(self) -> Connection:
        """The connection."""
        assert self._link is not None  # noqa: S101 - checks that need it are skipped without it
        return self._link

    @cached_property
    def server(self) -> Server:
        """What the server says of itself."""
        from parzen.shared.mongo import inspection  # noqa: PLC0415 - as above

        return inspection.server(self.link)

    @cached_property
    def members(self) -> list[Member]:
        """The members of its replica set, each asked by itself."""
        from parzen.shared.mongo import inspection  # noqa: PLC0415 - as above

        return inspection.members(self.server, self._uri)

    @cached_property
    def who(self) -> Identity:
        """Who this connection is."""
        from parzen.shared.mongo.rights import whoami  # noqa: PLC0415 - as above

        return whoami(self.link)

    @cached_property
    def missing(self) -> Missing:
        """What the database lacks."""
        from parzen.shared.mongo import schema  # noqa: PLC0415 - as above

        return schema.missing(self.link)

    def _place(self) -> str | None:
        """Where to try a write; nowhere in a database that is not set up, which it would begin."""
        from parzen.shared.mongo import probing  # noqa: PLC0415 - as above

        return None if self.missing.collections else probing.place(self.who, self.link.db.name)

    def _no_place(self) -> str:
        return (
            "the database is not set up" if self.missing.collections else "this user may not write"
        )
