#!/opt/parzen/bin/python
"""Makes the MongoDB of docker-compose.yml ready: replica set, store, roles, users. Safe to repeat.

The replica set and the user root are made as ``__system``, whose password is the key file, as the
embedded server's are. So nobody on the network can be faster (the localhost exception, by which
anyone may create the first user, is off), and a changed password of root comes into force, too. The
rest is what an administrator would type: ``parzen up`` and ``parzen roles create-user``.

Reads the key file and a password for each user in /run/secrets. Exits 0, or says in one sentence
what is wrong.
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

SECRETS = Path("/run/secrets")
MEMBER = os.environ.get("PARZEN_MONGO", "mongo:27017")
REPLICA_SET = "parzen"
ROOT = "root"
USERS = ("coordinator", "worker", "client")
"""Each has the role of his name, and no other."""

WAIT_S, POLL_S, CALL_S = 120.0, 0.5, 5.0

LOADING = frozenset({23, 94, 109})
"""AlreadyInitialized, NotYetInitialized, ConfigurationInProgress: it is about to know its set."""

DENIED = 18


def main() -> int:
    """Take every step; the exit code."""
    try:
        key = "".join(read_private(SECRETS / "mongo_keyfile", "MongoDB's key file").split())
        password = read_private(_password_file(ROOT), "the password of root").strip()
        with _system(key) as client:
            _become_primary(client)
            _let_in(client, password)
    except ParzenError as error:
        print(f"parzen: {error}", file=sys.stderr)  # noqa: T201 - a command speaks
        return error.exit_code
    os.environ["PARZEN_STORE"] = (
        f"mongodb://{ROOT}:{quote(password, safe='')}@{MEMBER}/parzen"
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


def _system(key: str) -> MongoClient[dict[str, Any]]:
    """The server, whatever it is to its set as yet, as the user whose password is the key."""
    milliseconds = int(CALL_S * 1000)
    return MongoClient(
        f"mongodb://{MEMBER}",
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


def _become_primary(client: MongoClient[dict[str, Any]]) -> None:
    """Make the server the primary of a set of one, or wait until it is again.

    Raises:
        InvalidInput: it runs with another key.
        StoreUnreachable: it was not primary in time.
    """
    deadline = time.monotonic() + WAIT_S
    last = "it does not answer"
    while time.monotonic() < deadline:
        try:
            hello = client.admin.command("hello")
            if hello.get("isWritablePrimary"):
                return
            last = str(hello.get("info") or "it is not primary")
            if client.local.get_collection("system.replset").find_one() is None:
                members = [{"_id": 0, "host": MEMBER}]
                client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
        except AutoReconnect as error:
            last = str(error)
        except OperationFailure as error:
            _bear(error)
            last = str(error)
        time.sleep(POLL_S)
    raise StoreUnreachable(
        f"the MongoDB at {MEMBER} was not primary within {WAIT_S:g} s ({last}): read "
        "`docker compose logs mongo`"
    )


def _bear(error: OperationFailure) -> None:
    """Pass over an error that passes by itself."""
    if error.code == DENIED:
        raise InvalidInput(
            f"the MongoDB at {MEMBER} runs with another key than deploy/secrets/mongo_keyfile "
            "holds: start it anew with `docker compose restart mongo`, then run "
            "`docker compose up -d`"
        ) from error
    if error.code not in LOADING:
        raise error


def _let_in(client: MongoClient[dict[str, Any]], password: str) -> None:
    """Make the user root, or give him this password."""
    known = client.admin.command("usersInfo", ROOT)["users"]
    verb = "updateUser" if known else "createUser"
    client.admin.command(verb, ROOT, pwd=password, roles=["root"])


if __name__ == "__main__":
    sys.exit(main())
