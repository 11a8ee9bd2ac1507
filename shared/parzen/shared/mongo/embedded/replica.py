"""Making a mongod that listens into a replica set of one with one user: safe to repeat.

Every step looks first at what is there, so that a first start that was cut short anywhere, and a
server that comes back on another port, take the same way. Until the first user exists, MongoDB
lets anyone on the machine create it (the localhost exception): where somebody else was faster,
our password is refused and the server is not used.
"""

from __future__ import annotations

import time
from typing import Any

from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded.credentials import Credentials
from parzen.shared.mongo.embedded.directory import POLL_S, Directory
from parzen.shared.mongo.embedded.process import REPLICA_SET, Mongod

UNAUTHORIZED = 13
AUTHENTICATION_FAILED = 18
ALREADY_INITIALIZED = 23
NOT_YET_INITIALIZED = 94
NOT_SELF = 74

CALL_S = 5.0


def answers(port: int, credentials: Credentials, timeout_s: float = 2.0) -> bool:
    """Whether a primary on ``port`` takes our credentials.

    SCRAM proves each side to the other without sending the password, so that another server on
    the port neither passes for ours nor learns it.
    """
    with _client(port, credentials, timeout_s) as client:
        try:
            return bool(client.admin.command("hello").get("isWritablePrimary"))
        except PyMongoError:
            return False  # the question was whether; up() goes on to find out why


def make_ready(
    directory: Directory, credentials: Credentials, mongod: Mongod, timeout_s: float
) -> bool:
    """Bring the mongod to where it is primary and knows our user; False where it ended instead.

    Raises:
        EmbeddedError: it does not take our credentials, or refuses a step.
        TimeoutError: it was not primary within ``timeout_s`` seconds.
    """
    deadline = time.monotonic() + timeout_s
    while not (mongod.listens and _settle(directory, credentials, mongod.port)):
        if not mongod.alive:
            return False
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(POLL_S)
    return True


def _settle(directory: Directory, credentials: Credentials, port: int) -> bool:
    """Take the steps that are due; whether there are none left."""
    try:
        with _client(port, credentials, CALL_S) as client:
            return _configured(client, port)
    except AutoReconnect:
        return False  # it is starting, stepping up, or gone: the caller tells which
    except OperationFailure as error:
        if error.code != AUTHENTICATION_FAILED:
            raise _refused(error) from error
    return _first_user(directory, credentials, port)


def _configured(client: MongoClient[dict[str, Any]], port: int) -> bool:
    hello = client.admin.command("hello")
    if hello.get("isWritablePrimary"):
        return True
    if hello.get("isreplicaset"):
        _reconfigure(client, port)
    return False


def _first_user(directory: Directory, credentials: Credentials, port: int) -> bool:
    try:
        with _client(port, None, CALL_S) as client:
            hello = client.admin.command("hello")
            if hello.get("isWritablePrimary"):
                client.admin.command(
                    "createUser", credentials.user, pwd=credentials.password, roles=["root"]
                )
            elif hello.get("isreplicaset"):
                client.admin.command("replSetInitiate", _members(port))
    except AutoReconnect:
        return False
    except OperationFailure as error:
        if error.code == UNAUTHORIZED:
            raise EmbeddedError(
                f"the embedded MongoDB does not take the password in {str(directory.credentials)!r}"
                f": restore that file, or delete {str(directory.root)!r} to start with an empty one"
            ) from error
        if error.code != ALREADY_INITIALIZED:
            raise _refused(error) from error
    return False


def _reconfigure(client: MongoClient[dict[str, Any]], port: int) -> None:
    """Give a set whose only member was elsewhere its new address."""
    config = client.local.get_collection("system.replset").find_one()
    try:
        if config is None:
            client.admin.command("replSetInitiate", _members(port))
            return
        config["version"] += 1
        config["members"] = _members(port)["members"]
        client.admin.command("replSetReconfig", config, force=True)
    except OperationFailure as error:
        if error.code not in (ALREADY_INITIALIZED, NOT_YET_INITIALIZED, NOT_SELF):
            raise _refused(error) from error


def _refused(error: OperationFailure) -> EmbeddedError:
    return EmbeddedError(
        f"the embedded MongoDB could not be set up as a replica set of one ({error}): run "
        "parzen down and try again, or use --store"
    )


def _members(port: int) -> dict[str, Any]:
    return {"_id": REPLICA_SET, "members": [{"_id": 0, "host": f"127.0.0.1:{port}"}]}


def _client(
    port: int, credentials: Credentials | None, timeout_s: float
) -> MongoClient[dict[str, Any]]:
    who: dict[str, Any] = {}
    if credentials:
        who = {"username": credentials.user, "password": credentials.password}
    milliseconds = int(timeout_s * 1000)
    return MongoClient(
        "127.0.0.1",
        port,
        directConnection=True,
        appname="parzen embedded",
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
        socketTimeoutMS=milliseconds,
        **who,
    )
