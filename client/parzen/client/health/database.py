"""The store's database: whether it is set up, what lies in it, and whether writing works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from parzen.client.health.findings import Finding, Findings, Group
from parzen.client.health.server import milliseconds
from parzen.client.wording import counted
from parzen.shared.captured import human
from parzen.shared.records import SCHEMA

if TYPE_CHECKING:
    from parzen.shared.mongo.inspection import Room
    from parzen.shared.mongo.schema import Missing

store = Findings(Group.DATABASE)

VERY_LITTLE = 500 << 20
"""With less free disk than that, in bytes, MongoDB soon takes no more writes."""

LITTLE = 0.05
"""Less than that share of the disk is worth a word."""

SLOW_S = 1.0
"""A write that takes longer, in seconds, holds every trial up."""

NAMED = 3
"""How many things are named; the others are counted."""


def prepared(missing: Missing, init: str) -> Iterator[Finding]:
    """What the database lacks; ``init`` is the command that makes it."""
    lacking = [*missing.collections, *missing.indexes]
    if lacking:
        some = ", ".join(lacking[:NAMED]) + (", …" if len(lacking) > NAMED else "")
        yield store.problem(
            "set up",
            f"{counted(len(missing.collections), 'collection')} and "
            f"{counted(len(missing.indexes), 'index')} are missing: {some}",
            f"run `{init}` as a user who has the role dbAdmin there",
        )
    elif missing.validators:
        yield store.warning(
            "set up",
            f"the validators of {', '.join(missing.validators)} are another version's",
            f"run `{init}` as a user who has the role dbAdmin there, once all processes are of one "
            "version of parzen",
        )
    else:
        yield store.ok("set up", "all collections, indexes and validators are there")


def shapes(foreign: Mapping[str, Sequence[tuple[str, int]]]) -> Finding:
    """Documents of versions that this parzen leaves alone."""
    if not foreign:
        return store.ok("documents", f"all that were looked at are of version {SCHEMA}")
    told = [
        f"{count:,} in {name} of version {schema}"
        for name, found in foreign.items()
        for schema, count in found
    ]
    return store.warning(
        "documents",
        f"this parzen, which knows version {SCHEMA}, leaves alone {'; '.join(told)}",
        "use the version of parzen that wrote them, or delete them",
    )


def room(found: Room) -> Iterator[Finding]:
    """How large the database is, and how much room its server has."""
    yield store.ok(
        "size",
        f"{counted(found.documents, 'document')}, {human(found.data)}; on the disk "
        f"{human(found.stored)}, and {human(found.indexes)} of indexes",
    )
    if found.disk_used is None or found.disk_total is None:
        yield store.skipped("server's disk", "the server does not tell")
        return
    free = found.disk_total - found.disk_used
    said = f"{human(free)} of {human(found.disk_total)} are free"
    advice = "make room there: `parzen gc` shows what nobody needs, `parzen delete` deletes a study"
    if free < VERY_LITTLE:
        yield store.problem("server's disk", said, advice)
    elif free < LITTLE * found.disk_total:
        yield store.warning("server's disk", said, advice)
    else:
        yield store.ok("server's disk", said)


def written(seconds: float) -> Finding:
    """A document was put in, which a majority had after ``seconds``, and taken out again."""
    said = f"a majority has a document after {milliseconds(seconds)}"
    if seconds > SLOW_S:
        return store.warning("test write", said, "look at the load, the disks and the network")
    return store.ok("test write", said)


def heard(seconds: float | None) -> Finding:
    """News of a write came after ``seconds``; None for not at all."""
    if seconds is None:
        return store.problem(
            "change stream",
            "it opens, and no news of a write came",
            "see in the server's log and in rs.status() whether a majority of the members follows",
        )
    return store.ok("change stream", f"news of a write came after {milliseconds(seconds)}")
