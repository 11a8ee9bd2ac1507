"""Making a mongod that listens into a replica set of one that knows one user: safe to repeat.

It is done as ``__system``, whose password is the key file: so nobody on the machine can be faster
(MongoDB's localhost exception, by which anyone may create the first user, is off), and a first
start that was cut short anywhere, lost credentials, and a set that comes back on another port are
all mended in the same way: look what is there, take the next step.
"""

from __future__ import annotations

import time
from typing import Any

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded.credentials import Credentials
from parzen.shared.mongo.embedded.directory import POLL_S
from parzen.shared.mongo.embedded.process import REPLICA_SET, Mongod

CALL_S = 5.0
"""Seconds that one call may take."""

LOADING = frozenset({23, 94, 109})
"""AlreadyInitialized, NotYetInitialized, ConfigurationInProgress: it has not yet made up its mind
about the configuration on its disk, for which it asks the old address whether that is itself."""

ROLES = ["root"]


def answers(port: int, credentials: Credentials, timeout_s: float = 2.0) -> bool:
    """Whether a primary on ``port`` takes our credentials.

    SCRAM proves each side to the other without sending the password, so that another server on
    the port neither passes for ours nor learns it.
    """
    with _client(port, credentials.user, credentials.password, "admin", timeout_s) as client:
        try:
            return bool(client.admin.command("hello").get("isWritablePrimary"))
        except PyMongoError:
            return False  # the question was whether; up() goes on to find out why


def make_ready(mongod: Mongod, key: str, credentials: Credentials, timeout_s: float) -> bool:
    """Bring the mongod to where it is primary and knows our user; False where it ended instead.

    ``key`` is what stands in its key file.

    Raises:
        EmbeddedError: it does not take the key, or refuses a step.
        TimeoutError: it was not primary within ``timeout_s`` seconds.
    """
    deadline = time.monotonic() + timeout_s
    with _client(mongod.port, "__system", key, "local", CALL_S) as client:
        # Before the port is known to be this mongod's own, nobody there is spoken to.
        while not (mongod.listens and _settle(client, mongod.port, credentials)):
            if not mongod.alive:
                return False
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(POLL_S)
    return True


def _settle(client: MongoClient[dict[str, Any]], port: int, credentials: Credentials) -> bool:
    """Take the step that is due; whether there is none left."""
    try:
        hello = client.admin.command("hello")
        if hello.get("isWritablePrimary"):
            _let_in(client, port, credentials)
            return True
        if hello.get("isreplicaset"):
            _configure(client, port)
    except AutoReconnect:
        return False  # it is starting, stepping up, or gone: the caller tells which
    except OperationFailure as error:
        if error.code in LOADING:
            return False
        raise EmbeddedError(
            f"the embedded MongoDB on port {port} could not be set up ({error}): run parzen down "
            "and try again, or use --store"
        ) from error
    return False


def _let_in(client: MongoClient[dict[str, Any]], port: int, credentials: Credentials) -> None:
    """Make sure that our credentials open the server."""
    known = client.admin.command("usersInfo", credentials.user)["users"]
    if not known:
        client.admin.command("createUser", credentials.user, pwd=credentials.password, roles=ROLES)
    elif not answers(port, credentials):
        client.admin.command("updateUser", credentials.user, pwd=credentials.password, roles=ROLES)


def _configure(client: MongoClient[dict[str, Any]], port: int) -> None:
    """Initiate the set, or give one whose only member was elsewhere its new address."""
    member = {"_id": 0, "host": f"127.0.0.1:{port}"}
    config = client.local.get_collection("system.replset").find_one()
    if config is None:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
        return
    moved = config | {"version": config["version"] + 1, "members": [member]}
    client.admin.command("replSetReconfig", moved, force=True)


def _client(
    port: int, user: str, password: str, source: str, timeout_s: float
) -> MongoClient[dict[str, Any]]:
    milliseconds = int(timeout_s * 1000)
    return MongoClient(
        "127.0.0.1",
        port,
        directConnection=True,
        username=user,
        password=password,
        authSource=source,
        authMechanism="SCRAM-SHA-256",
        appname="parzen embedded",
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        socketTimeoutMS=milliseconds,
    )
