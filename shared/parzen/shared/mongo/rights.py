"""Who somebody is to a server, and what of parzen's roles that user may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.errors import OperationFailure

from parzen.shared.mongo.connection import Connection
from parzen.shared.mongo.faults import DENIED
from parzen.shared.mongo.roles import EVERYWHERE, PRIVILEGES, Role

ANY_ACTION = "anyAction"
"""What the server's own role ``__system`` may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a connection is: "ann@parzen", none without a user; and what that user may do.

    ``roles`` are (role, database). ``unguarded`` is whether the server asks nobody for a user.
    """

    users: tuple[str, ...] = ()
    roles: tuple[tuple[str, str], ...] = ()
    privileges: tuple[Mapping[str, Any], ...] = ()
    unguarded: bool = False

    def may(self, database: str, collection: str, action: str) -> bool:
        """Whether it may do that there; :data:`EVERYWHERE` is in all collections."""
        return self.unguarded or any(
            _covers(privilege["resource"], database, collection)
            and not {action, ANY_ACTION}.isdisjoint(privilege["actions"])
            for privilege in self.privileges
        )

    def lacks(self, role: Role, database: str) -> dict[str, tuple[str, ...]]:
        """{collection: actions} of what ``role`` may and this user may not; empty for nothing."""
        lacking = {
            collection: tuple(a for a in actions if not self.may(database, collection, a))
            for collection, actions in PRIVILEGES[role].items()
        }
        return {collection: actions for collection, actions in lacking.items() if actions}

    def holds(self, role: Role, database: str) -> bool:
        """Whether parzen's role of that name was granted, whatever it may do today."""
        return (role.stored, database) in self.roles


def whoami(link: Connection) -> Identity:
    """Ask the server who this connection is."""
    with link.call():
        said = link.db.command("connectionStatus", showPrivileges=True)["authInfo"]
    return Identity(
        users=tuple(f"{u['user']}@{u['db']}" for u in said["authenticatedUsers"]),
        roles=tuple((r["role"], r["db"]) for r in said["authenticatedUserRoles"]),
        privileges=tuple(said.get("authenticatedUserPrivileges", ())),
        unguarded=not said["authenticatedUsers"] and _may_look(link),
    )


def _may_look(link: Connection) -> bool:
    with link.call():
        try:
            link.db.list_collection_names()
        except OperationFailure as error:
            if error.code in DENIED:
                return False
            raise
    return True


def _covers(resource: Mapping[str, Any], database: str, collection: str) -> bool:
    """Whether a privilege on ``resource`` holds there; an empty name in it stands for any."""
    if resource.get("anyResource"):
        return True
    if "db" not in resource:
        return False
    its_collection = resource.get("collection", EVERYWHERE)
    return resource["db"] in ("", database) and its_collection in (EVERYWHERE, collection)


def in_words(lacking: Mapping[str, Sequence[str]]) -> str:
    """``update jobs; insert/remove logs, followers`` for what :meth:`Identity.lacks` says."""
    where: dict[tuple[str, ...], list[str]] = {}
    for collection, actions in lacking.items():
        where.setdefault(tuple(actions), []).append(collection or "anything")
    return "; ".join(f"{'/'.join(actions)} {', '.join(names)}" for actions, names in where.items())
