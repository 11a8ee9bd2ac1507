"""Least-privilege roles and users of a store's database: one table, and the commands it makes.

Everybody may read the whole database: a change stream over a database, by which all rooms hear of
news, asks for the right to find in all of its collections. The roles differ in what they may write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from pymongo.errors import OperationFailure

from parzen.shared.errors import Conflict, StoreDenied, StoreUnsupported
from parzen.shared.mongo.connection import Connection
from parzen.shared.mongo.faults import DENIED, UNSUPPORTED, translated

Command: TypeAlias = dict[str, Any]

EVERYWHERE = ""
"""All collections of the database, and the database itself."""

EXTERNAL = "$external"
"""The database of users whom a certificate proves."""

ROLE_EXISTS, USER_EXISTS = 51002, 51003

ATLAS = 8000
"""What Atlas answers to a command that its own interface has instead."""


class Role(str, Enum):
    """Who somebody is to a store."""

    VIEWER = "viewer"
    """Looks, and changes nothing."""
    CLIENT = "client"
    """Submits studies, and steers them."""
    OPERATOR = "operator"
    """A client who may also add, annotate and delete trials, and delete studies."""
    WORKER = "worker"
    """Claims trials, and reports what became of them."""
    COORDINATOR = "coordinator"
    """Proposes trials and leads studies."""

    @property
    def stored(self) -> str:
        """The role's name in MongoDB, such as "parzenWorker"."""
        return f"parzen{self.value.capitalize()}"


LOOK = ("find", "changeStream", "listCollections", "listIndexes", "dbStats")
"""What everybody may: read, be told of changes, see that the indexes stand; on a standalone server
the size of the database tells of changes."""

SHOW_ONESELF = ("insert", "update", "remove")
"""What a process does to its own line among the live ones."""

SUBMIT: Mapping[str, tuple[str, ...]] = {
    "studies": ("insert", "update"),
    "objectives.files": ("insert", "remove"),
    "objectives.chunks": ("insert", "remove"),
    "followers": ("insert", "update"),
}

PRIVILEGES: Mapping[Role, Mapping[str, tuple[str, ...]]] = {
    Role.VIEWER: {EVERYWHERE: LOOK},
    Role.CLIENT: {EVERYWHERE: LOOK, **SUBMIT},
    Role.OPERATOR: {
        EVERYWHERE: LOOK,
        **SUBMIT,
        "studies": ("insert", "update", "remove"),
        "followers": ("insert", "update", "remove"),
        "jobs": ("insert", "update", "remove"),
        "measurements": ("remove",),
        "logs": ("remove",),
        "attachments.files": ("insert", "remove"),
        "attachments.chunks": ("insert", "remove"),
        "workers": ("update",),
    },
    Role.WORKER: {
        EVERYWHERE: LOOK,
        "jobs": ("update",),
        "measurements": ("insert", "update"),
        "logs": ("insert", "remove"),
        "workers": SHOW_ONESELF,
        "attachments.files": ("insert", "remove"),
        "attachments.chunks": ("insert", "remove"),
    },
    Role.COORDINATOR: {
        EVERYWHERE: LOOK,
        "studies": ("update",),
        "jobs": ("insert", "update"),
        "workers": SHOW_ONESELF,
    },
}
"""{role: {collection: what it may do there}}: all rights that parzen's processes have."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and the database in which it is run."""

    database: str
    command: Command


def role_commands(database: str, *, update: bool = False) -> list[Step]:
    """What makes the roles in ``database``, or brings them to today's table."""
    verb = "updateRole" if update else "createRole"
    return [
        Step(
            database,
            {
                verb: role.stored,
                "privileges": [
                    {"resource": {"db": database, "collection": name}, "actions": list(actions)}
                    for name, actions in PRIVILEGES[role].items()
                ],
                "roles": [],
            },
        )
        for role in Role
    ]


def user_command(
    database: str,
    name: str,
    roles: Sequence[Role],
    *,
    password: str | None,
    update: bool = False,
) -> Step:
    """What makes the user ``name``, or changes one; without a password it is an x.509 subject."""
    verb = "updateUser" if update else "createUser"
    granted = [{"role": role.stored, "db": database} for role in roles]
    if password is None:
        return Step(EXTERNAL, {verb: name, "roles": granted})
    return Step(database, {verb: name, "pwd": password, "roles": granted})


def make_roles(link: Connection) -> None:
    """Make the roles in the connection's database, or bring those that stand to today's table.

    Raises:
        StoreDenied: the user of the connection may not make roles.
        StoreUnsupported: this server lets nobody make them by command.
    """
    updates = role_commands(link.db.name, update=True)
    for create, update in zip(role_commands(link.db.name), updates, strict=True):
        if not _run(link, create):
            _run(link, update)


def check_user(link: Connection, name: str, *, password: str | None, replace: bool) -> bool:
    """See that the user ``name`` can be made, as far as that can be told; whether it is a new one.

    Raises:
        Conflict: the user exists, and ``replace`` is false.
        StoreDenied: the user of the connection may not look at users.
        StoreUnsupported: this server lets nobody look at them by command.
    """
    database = EXTERNAL if password is None else link.db.name
    found = _run(link, Step(database, {"usersInfo": name}))
    new = not (found and found["users"])
    if not new and not replace:
        raise _taken(name, link.db.name)
    return new


def make_user(
    link: Connection, name: str, roles: Sequence[Role], *, password: str | None, replace: bool
) -> bool:
    """Make the user ``name``; whether it is a new one.

    With ``replace`` a user who stands is given this password and these roles instead.

    Raises:
        Conflict: the user exists, and ``replace`` is false.
        StoreDenied: the user of the connection may not make users.
        StoreUnsupported: this server lets nobody make them by command.
    """
    database = link.db.name
    if _run(link, user_command(database, name, roles, password=password)):
        return True
    if not replace:
        raise _taken(name, database)
    _run(link, user_command(database, name, roles, password=password, update=True))
    return False


def _taken(name: str, database: str) -> Conflict:
    return Conflict(
        f"the user {name!r} exists already in {database!r}: choose another name, or give "
        "--replace to set its password and roles anew"
    )


def _run(link: Connection, step: Step) -> Command | None:
    """Run the command; its answer, or None where the role or user that it makes stands already."""
    with translated(link.where, link.limit_s):
        try:
            return link.client[step.database].command(step.command)
        except OperationFailure as error:
            if error.code in (ROLE_EXISTS, USER_EXISTS):
                return None
            if error.code in UNSUPPORTED or error.code == ATLAS:
                raise StoreUnsupported(
                    f"the MongoDB at {link.where} does not let roles and users be made by "
                    "command: make what `parzen roles --print` shows in its own interface"
                ) from error
            if error.code in DENIED:
                raise StoreDenied(
                    f"the user may not make roles and users at {link.where}: give an address "
                    "whose user has the role userAdmin on the database "
                    f"{step.database!r}, or hand somebody who has what `parzen roles --print` shows"
                ) from error
            raise
