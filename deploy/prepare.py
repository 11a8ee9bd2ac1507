#!/opt/parzen/bin/python
"""Makes the MongoDB of docker-compose.yml, or of deploy/kubernetes, ready. Safe to repeat.

It makes the replica set, the store, the roles and the users.

The replica set and the user root are made as ``__system``, whose password is the key file, as the
embedded server's are. So nobody on the network can be faster (the localhost exception, by which
anyone may create the first user, is off), and a changed password of root comes into force, too. The
rest is what an administrator would type: ``parzen up`` and ``parzen roles create-user``.

Reads the key file and a password for each user in /run/secrets, or where PARZEN_SECRETS says.
PARZEN_MONGO lists the members, with commas; the first is made primary as long as it can be. Exits
0, or says in one sentence what is wrong.
"""

from __future__ import annotations

import io
import os
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure

from parzen.client.cli import run
from parzen.shared.errors import InvalidInput, ParzenError, StoreUnreachable
from parzen.shared.private import read_private

SECRETS = Path(os.environ.get("PARZEN_SECRETS", "/run/secrets"))
MEMBERS = tuple(os.environ.get("PARZEN_MONGO", "mongo:27017").split(","))
REPLICA_SET = "parzen"
ROOT = "root"
USERS = ("coordinator", "worker", "client")
"""Each has the role of his name, and no other."""

IN_CLUSTER = "KUBERNETES_SERVICE_HOST" in os.environ
LOGS = "kubectl logs statefulset/parzen-mongo" if IN_CLUSTER else "docker compose logs mongo"
KEY = "the Secret parzen-mongo" if IN_CLUSTER else "deploy/secrets/mongo_keyfile"
ANEW = (
    "start it anew with `kubectl rollout restart statefulset/parzen-mongo`"
    if IN_CLUSTER
    else "start it anew with `docker compose restart mongo`, then run `docker compose up -d`"
)

WAIT_S, POLL_S, CALL_S = 120.0, 0.5, 5.0

LOADING = frozenset({23, 74, 94, 103, 109})
"""AlreadyInitialized, NodeNotFound, NotYetInitialized, NewReplicaSetConfigurationIncompatible,
ConfigurationInProgress: it is about to know its set, or not all members are up."""

DENIED = 18


def main() -> int:
    """Take every step; the exit code."""
    try:
        key = "".join(read_private(SECRETS / "mongo_keyfile", "MongoDB's key file").split())
        password = read_private(_password_file(ROOT), "the password of root").strip()
        _let_root_in(key, password)
    except ParzenError as error:
        print(f"parzen: {error}", file=sys.stderr)  # noqa: T201 - a command speaks
        return error.exit_code
    os.environ["PARZEN_STORE"] = (
        f"mongodb://{ROOT}:{quote(password, safe='')}@{','.join(MEMBERS)}/parzen"
        f"?authSource=admin&replicaSet={REPLICA_SET}"
    )
    return _as_administrator()


def _as_administrator() -> int:
    steps = [["up"], *(_create(user) for user in USERS)]
    with redirect_stdout(io.StringIO()):  # they show addresses that hold in here only
        code = next((code for code in map(run, steps) if code != 0), 0)
    if code == 0:
        print(f"MongoDB is ready: the store, its roles, and the users {', '.join(USERS)}")  # noqa: T201 - as above
    return code


def _create(user: str) -> list[str]:
    file = str(_password_file(user))
    return ["roles", "create-user", user, "--role", user, "--password-file", file, "--replace"]


def _password_file(user: str) -> Path:
    return SECRETS / f"{user}_password"


def _system(key: str, member: str) -> MongoClient[dict[str, Any]]:
    """One server, whatever it is to its set as yet, as the user whose password is the key."""
    milliseconds = int(CALL_S * 1000)
    return MongoClient(
        f"mongodb://{member}",
        directConnection=True,
        username="__system",
        password=key,
        authSource="local",
        authMechanism="SCRAM-SHA-256",
        appname="parzen setup",
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        socketTimeoutMS=2 * milliseconds,
    )


def _primary(key: str) -> str:
    """The member that is primary, of a set that is made where there is none yet.

    Raises:
        InvalidInput: a server runs with another key.
        StoreUnreachable: none was primary in time.
    """
    deadline = time.monotonic() + WAIT_S
    last = "it does not answer"
    while time.monotonic() < deadline:
        try:
            told = {member: _look(key, member) for member in MEMBERS}
            found = {str(hello["primary"]) for hello in told.values() if hello.get("primary")}
            if len(found) == 1:
                return found.pop()
            last = "; ".join(str(hello.get("info") or "no primary yet") for hello in told.values())
            if not any("setName" in hello for hello in told.values()):
                _initiate(key)
        except AutoReconnect as error:
            last = str(error)
        except OperationFailure as error:
            _bear(error)
            last = str(error)
        time.sleep(POLL_S)
    raise StoreUnreachable(
        f"the MongoDB at {', '.join(MEMBERS)} was not primary within {WAIT_S:g} s ({last}): read "
        f"`{LOGS}`"
    )


def _look(key: str, member: str) -> dict[str, Any]:
    """What a member says of its set; one that is away says nothing, and need not be there."""
    try:
        with _system(key, member) as client:
            return dict(client.admin.command("hello"))
    except AutoReconnect:
        if len(MEMBERS) == 1:
            raise
        return {"info": f"{member} does not answer"}


def _initiate(key: str) -> None:
    """Make them one set, in which the first is to be primary: tunnels lead to it."""
    members = [
        {"_id": n, "host": host, "priority": 2 if n == 0 else 1} for n, host in enumerate(MEMBERS)
    ]
    with _system(key, MEMBERS[0]) as client:
        if client.local.get_collection("system.replset").find_one() is None:
            client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})


def _bear(error: OperationFailure) -> None:
    """Pass over an error that passes by itself."""
    if error.code == DENIED:
        raise InvalidInput(
            f"the MongoDB at {', '.join(MEMBERS)} runs with another key than {KEY} holds: {ANEW}"
        ) from error
    if error.code not in LOADING:
        raise error


def _let_root_in(key: str, password: str) -> None:
    """See that root may come in, whichever member leads: another one may while this goes on.

    Raises:
        InvalidInput: a server runs with another key.
        StoreUnreachable: none stayed primary in time.
    """
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            with _system(key, _primary(key)) as client:
                return _let_in(client, password)
        except AutoReconnect as error:
            if time.monotonic() > deadline:
                raise StoreUnreachable(
                    f"no MongoDB of {', '.join(MEMBERS)} stays primary ({error}): read `{LOGS}`"
                ) from error
        time.sleep(POLL_S)


def _let_in(client: MongoClient[dict[str, Any]], password: str) -> None:
    """Make the user root, or give him this password."""
    known = client.admin.command("usersInfo", ROOT)["users"]
    verb = "updateUser" if known else "createUser"
    client.admin.command(verb, ROOT, pwd=password, roles=["root"])


if __name__ == "__main__":
    sys.exit(main())
