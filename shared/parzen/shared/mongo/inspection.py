"""Looking at a server and a database, for somebody who asks whether all is well. Changes nothing.

Each function asks one question, within the connection's time limit, and answers with plain facts;
what is good and what is bad is for others to say.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from parzen.shared.errors import ParzenError
from parzen.shared.mongo.addressing import member_address
from parzen.shared.mongo.connection import CODEC, Connection, new_client
from parzen.shared.mongo.faults import translated
from parzen.shared.records import SCHEMA

PINGS = 3
"""Of so many the fastest counts."""

MEMBER_S = 2.0
"""How long a member of a replica set may take to answer, in seconds."""

LOOKED_AT = 20_000
"""How many documents of each collection are looked at, the newest: all of them would take long."""

VERSIONED = ("studies", "jobs", "measurements", "workers")
"""The collections whose documents carry the version of their shape."""


class Topology(str, Enum):
    """What kind of server answers."""

    STANDALONE = "standalone"
    REPLICA_SET = "replica set"
    SHARDED = "sharded cluster"


@dataclass(frozen=True, slots=True)
class Clock:
    """How far a server's clock is ahead of this machine's, give or take ``doubt_s``, in seconds."""

    ahead_s: float
    doubt_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Who answers; ``hosts`` are all members that the replica set ``name`` has, as host:port."""

    version: str
    topology: Topology
    clock: Clock
    name: str | None = None
    hosts: tuple[str, ...] = ()
    primary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a replica set, as seen from this machine; None where it does not answer."""

    host: str
    state: str | None = None
    clock: Clock | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Sizes in bytes: of the database's documents, and on the server's disk, where it tells."""

    data: int
    stored: int
    indexes: int
    documents: int
    disk_used: int | None = None
    disk_total: int | None = None


def ping_s(link: Connection) -> float:
    """Seconds that the server takes to answer nothing."""
    return min(_ping_s(link) for _ in range(PINGS))


def _ping_s(link: Connection) -> float:
    with link.call():
        began = time.perf_counter()
        link.db.command("ping")
        return time.perf_counter() - began


def server(link: Connection) -> Server:
    """Ask the server who it is."""
    with link.call():
        version = str(link.client.server_info()["version"])
        hello, clock = _hello(link.client)
    return Server(
        version=version,
        topology=_topology(hello),
        clock=clock,
        name=hello.get("setName"),
        hosts=tuple(h for kind in ("hosts", "passives", "arbiters") for h in hello.get(kind, ())),
        primary=hello.get("primary"),
    )


def members(found: Server, uri: str) -> list[Member]:
    """Ask each member of the replica set for itself, without a user.

    ``uri`` is the address by which ``found`` was reached.
    """
    if not found.hosts:
        return []
    with ThreadPoolExecutor(len(found.hosts)) as pool:
        return list(pool.map(lambda host: _member(uri, host), found.hosts))


def _member(uri: str, host: str) -> Member:
    try:
        with new_client(member_address(uri, host), MEMBER_S) as client, translated(host, MEMBER_S):
            hello, clock = _hello(client)
    except ParzenError:  # which is the answer: from here it cannot be seen
        return Member(host=host)
    return Member(host=host, state=_state(hello), clock=clock)


def _hello(client: Any) -> tuple[Mapping[str, Any], Clock]:
    """What the server says of itself, and its clock beside this machine's."""
    began = time.perf_counter()
    hello: Mapping[str, Any] = client.admin.command("hello", codec_options=CODEC)
    here, half = datetime.now(timezone.utc), (time.perf_counter() - began) / 2
    there: datetime = hello["localTime"]
    ahead = there - (here - timedelta(seconds=half))
    return hello, Clock(ahead / timedelta(seconds=1), half)


def _topology(hello: Mapping[str, Any]) -> Topology:
    if hello.get("msg") == "isdbgrid":
        return Topology.SHARDED
    return Topology.REPLICA_SET if "setName" in hello else Topology.STANDALONE


def _state(hello: Mapping[str, Any]) -> str:
    for field, state in (
        ("isWritablePrimary", "primary"),
        ("secondary", "secondary"),
        ("arbiterOnly", "arbiter"),
    ):
        if hello.get(field):
            return state
    return "neither primary nor secondary"


def room(link: Connection) -> Room:
    """Ask for the sizes of the database."""
    with link.call():
        said = link.db.command("dbStats")
    used, total = said.get("fsUsedSize"), said.get("fsTotalSize") or None
    return Room(
        data=int(said["dataSize"]),
        stored=int(said["storageSize"]),
        indexes=int(said["indexSize"]),
        documents=int(said["objects"]),
        disk_used=None if used is None or total is None else int(used),
        disk_total=None if total is None else int(total),
    )


def foreign_shapes(link: Connection) -> Mapping[str, Sequence[tuple[str, int]]]:
    """{collection: (schema, how many)} of documents whose shape this version does not know.

    Only the newest :data:`LOOKED_AT` of each collection are looked at.
    """
    stages: list[Mapping[str, Any]] = [
        {"$limit": LOOKED_AT},
        {"$match": {"schema": {"$ne": SCHEMA}}},
        {"$group": {"_id": "$schema", "count": {"$sum": 1}}},
        {"$sort": {"_id": 1}},
    ]
    found = {}
    for name in VERSIONED:
        with link.call():
            groups = list(link.db[name].aggregate(stages, hint={"$natural": -1}))
        if groups:
            found[name] = [(str(g["_id"]), int(g["count"])) for g in groups]
    return found
