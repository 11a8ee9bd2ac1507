"""The server that answers: how fast, which version, what kind, by which clock, how guarded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from parzen.client.health.findings import Finding, Findings, Group
from parzen.client.wording import counted

if TYPE_CHECKING:
    from parzen.shared.mongo.inspection import Clock, Member, Server
    from parzen.shared.mongo.rights import Identity
    from parzen.shared.mongo.schema import Missing

store = Findings(Group.SERVER)

SLOW_S = 0.25
"""A claim and a report take a few round trips each, so that one this long is felt."""

SUPPORTED = (7, 0)
"""The first version that MongoDB still mends: it ended 5.0 in October 2024, 6.0 in July 2025."""

APART_S = 3.0
"""Clocks that are further apart than that, in seconds, are worth a word."""

LOOPBACK = ("127.", "localhost:", "[::1]:", "::1:", "/")
"""How the names begin of servers that only this machine can reach."""


def answered(where: str, database: str, ping_s: float) -> Finding:
    """The server ``where`` answers in ``ping_s`` seconds."""
    said = f"an answer from {where} in {milliseconds(ping_s)}; the database is {database!r}"
    if ping_s > SLOW_S:
        return store.warning(
            "connection",
            said,
            "run workers and coordinators nearer to the server: a trial takes several round trips",
        )
    return store.ok("connection", said)


def version(number: str, *, embedded: bool) -> Finding:
    """The server's version; the ``embedded`` one is as old as its package."""
    said = f"MongoDB {number}"
    if tuple(int(part) for part in number.split(".")[:2]) >= SUPPORTED:
        return store.ok("version", said)
    if embedded:
        return store.ok("version", f"{said}, past its support: good for one machine")
    return store.warning(
        "version", f"{said}, which gets no more security updates", "upgrade it to MongoDB 7 or 8"
    )


def topology(found: Server, members: Sequence[Member], *, direct: bool) -> Iterator[Finding]:
    """What kind of server it is; ``direct`` is whether the address asks for one member only."""
    if found.topology.value != "replica set":
        yield _single(found)
        return
    said = f"replica set {found.name!r} of {counted(len(found.hosts), 'member')}"
    away = [m.host for m in members if m.state is None]
    odd = [f"{m.host} is {m.state}" for m in members if m.state and m.state.startswith("neither")]
    if away or odd:
        told = [*([f"{', '.join(away)} cannot be reached from here"] if away else []), *odd]
        least = len(found.hosts) // 2 + 1
        yield store.warning(
            "topology",
            f"{said}, primary {found.primary}; {'; '.join(told)}",
            f"start them, or see that this machine can name and reach them: every write waits for "
            f"{least} of {len(found.hosts)}, and a fail-over may lead to any",
        )
    elif direct and len(found.hosts) > 1:
        yield store.warning(
            "topology",
            f"{said}, and the address asks for one of them only",
            f"put replicaSet={found.name} in the place of directConnection=true, to follow a "
            "fail-over",
        )
    else:
        alone = "; without a second one there is no fail-over" if len(found.hosts) == 1 else ""
        yield store.ok("topology", f"{said}, primary {found.primary}{alone}")


def _single(found: Server) -> Finding:
    if found.topology.value == "standalone":
        return store.warning(
            "topology",
            "a standalone server: news are found by polling, and a crash of its machine may lose "
            "trials",
            "make it a replica set, one member is enough: start mongod with --replSet NAME, and "
            "run rs.initiate() in mongosh once",
        )
    return store.ok("topology", "a sharded cluster")


def clocks(server: Clock, members: Sequence[Member]) -> Iterator[Finding]:
    """The server's clock beside this machine's, and the members' clocks beside each other."""
    if abs(server.ahead_s) - server.doubt_s > APART_S:
        ahead = "ahead of" if server.ahead_s > 0 else "behind"
        yield store.warning(
            "clock",
            f"the server's clock is {abs(server.ahead_s):,.0f} s {ahead} this machine's",
            "nothing breaks, since parzen goes by the server's alone; let both keep time by NTP, "
            "so that logs agree",
        )
    else:
        yield store.ok("clock", f"within {max(abs(server.ahead_s), server.doubt_s):.1g} s of ours")
    known = {m.host: m.clock for m in members if m.clock is not None}
    if len(known) < 2:  # noqa: PLR2004 - it takes two to differ
        return
    first, last = (how(known, key=lambda host: known[host].ahead_s) for how in (min, max))
    apart, doubt = (
        known[last].ahead_s - known[first].ahead_s,
        known[first].doubt_s + known[last].doubt_s,
    )
    if apart - doubt > APART_S:
        yield store.warning(
            "members' clocks",
            f"{last} is {apart:,.0f} s ahead of {first}",
            "let the members keep time by NTP: a fail-over lengthens or shortens leases by that",
        )
    else:
        yield store.ok("members' clocks", f"within {max(apart, doubt):.1g} s of each other")


def guarded(where: str, who: Identity, *, tls: bool) -> Iterator[Finding]:
    """Whether others can read what passes, and whether the server asks for a user."""
    here = all(host.startswith(LOOPBACK) for host in where.split(", "))
    if tls:
        yield store.ok("TLS", "on")
    elif here:
        yield store.ok("TLS", "off; nothing leaves this machine")
    else:
        yield store.warning(
            "TLS",
            "off: whoever is on the way can read and change everything, code included",
            "let mongod require TLS, and put tls=true into the address (docs/security.md)",
        )
    if who.unguarded:
        yield store.warning(
            "authentication",
            "off: whoever reaches the server may run code on the workers",
            "start mongod with --auth, and make users with `parzen roles` (docs/security.md)",
        )
    else:
        yield store.ok("authentication", "on")


def made(what: Missing, database: str) -> Finding:
    """What ``--init`` has just made in ``database``."""
    counts = [
        counted(len(names), noun)
        for names, noun in (
            (what.collections, "collection"),
            (what.indexes, "index"),
            (what.validators, "validator"),
        )
        if names
    ]
    if not counts:
        return store.ok("init", f"{database!r} was set up already; nothing was changed")
    return store.ok("init", f"made {', '.join(counts)} in {database!r}")


def milliseconds(seconds: float) -> str:
    """``0.31 ms``, ``47 ms``, ``1,230 ms``."""
    value = seconds * 1000
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.2g} ms"  # noqa: PLR2004 - two digits do
