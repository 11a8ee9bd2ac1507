"""Who one is to the store, and which of parzen's roles that user may play."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from parzen.client.health.checking import Absent
from parzen.client.health.findings import Finding, Findings, Group
from parzen.shared.errors import StoreDenied

if TYPE_CHECKING:
    from parzen.shared.mongo.rights import Identity

rights = Findings(Group.RIGHTS)


def user(who: Identity) -> Iterator[Finding]:
    """Who one is."""
    if who.unguarded:
        yield rights.ok("user", "none is asked for: everybody may do everything")
        return
    granted = ", ".join(f"{role}@{where}" for role, where in who.roles)
    yield rights.ok("user", f"{', '.join(who.users)}, with {granted or 'no role'}")


def roles(who: Identity, database: str) -> Iterator[Finding]:
    """Which of parzen's roles the user may play, and what is missing for each other.

    Raises:
        StoreDenied: the user may not even look.
        Absent: nor need to, since it is an administrator.
    """
    from parzen.shared.mongo.rights import in_words  # noqa: PLC0415 - `--help` needs no driver
    from parzen.shared.mongo.roles import EVERYWHERE, Role  # noqa: PLC0415 - as above

    lacking = {role: who.lacks(role, database) for role in Role}
    if lacking[Role.VIEWER] and who.may(database, EVERYWHERE, "createIndex"):
        raise Absent(
            "none of parzen's, but the user may administer the database",
            "look with a user of one of parzen's roles, too; `parzen roles create-user` makes them",
        )
    if lacking[Role.VIEWER]:
        raise StoreDenied(
            f"the user may not even look into {database!r} (not allowed: "
            f"{in_words(lacking[Role.VIEWER])}): let an administrator give the user one of "
            "parzen's roles there, with `parzen roles create-user NAME --role ROLE --replace`"
        )
    yield rights.ok("may be", ", ".join(role.value for role, lacks in lacking.items() if not lacks))
    for role, lacks in lacking.items():
        if lacks and who.holds(role, database):
            yield rights.warning(
                role.value,
                f"the role {role.stored} is another version's: it may not {in_words(lacks)}",
                "let an administrator run `parzen roles`, which brings it to this version's",
            )
        elif lacks:
            yield rights.skipped(role.value, f"no: may not {in_words(lacks)}")
