from __future__ import annotations

import socket
import threading

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded import process, replica
from parzen.shared.mongo.embedded.credentials import (
    Credentials,
    ensure_credentials,
    read_credentials,
)
from parzen.shared.mongo.embedded.directory import Directory


@pytest.fixture
def running(steady):
    return steady.running()


@pytest.fixture
def credentials(running):
    return read_credentials(Directory(running.data_dir.parent))


@pytest.fixture
def client(running):
    with MongoClient(running.uri) as opened:
        yield opened


@pytest.fixture
def stranger(running):
    with MongoClient("127.0.0.1", running.port, directConnection=True) as opened:
        yield opened


def test_it_is_a_replica_set_of_one(client, running):
    members = client.admin.command("replSetGetStatus")["members"]
    assert [(m["name"], m["stateStr"]) for m in members] == [
        (f"127.0.0.1:{running.port}", "PRIMARY")
    ]


def test_it_takes_transactions_and_change_streams(client):
    with client.start_session() as session, client.db.things.watch(max_await_time_ms=10) as stream:
        session.with_transaction(lambda s: client.db.things.insert_one({"_id": 1}, session=s))
        assert next(stream)["documentKey"] == {"_id": 1}


def test_the_password_opens_it_and_another_does_not(running, credentials):
    assert replica.answers(running.port, credentials)
    assert not replica.answers(running.port, Credentials(credentials.user, "guess"))


def test_a_stranger_may_not_read(stranger):
    with pytest.raises(OperationFailure, match="requires authentication"):
        stranger.parzen.jobs.find_one()


def test_a_stranger_may_not_make_the_first_user(keep, tmp_path):
    # Between the launch and our own user, MongoDB would let anybody on the machine in.
    embedded = keep(tmp_path)
    young = _launched(embedded)
    with (
        MongoClient("127.0.0.1", young.port, directConnection=True) as stranger,
        pytest.raises(OperationFailure, match=r"requires authentication|not authorized"),
    ):
        stranger.admin.command("replSetInitiate", {})
    # What another command began is seen through, with the same process.
    running = embedded.up()
    assert (running.pid, running.started) == (young.process.pid, False)


def _launched(embedded):
    directory = embedded._directory  # only the first half of a start is wanted
    directory.make()
    ensure_credentials(directory)
    return embedded._launch(None)


def test_an_impostor_neither_passes_nor_learns_the_password(credentials):
    heard = []
    with socket.create_server(("127.0.0.1", 0)) as impostor:

        def listen():
            connection, _ = impostor.accept()
            with connection:
                heard.append(connection.recv(65536))

        listener = threading.Thread(target=listen)
        listener.start()
        assert not replica.answers(impostor.getsockname()[1], credentials, timeout_s=0.5)
        listener.join()
    assert heard[0]
    assert credentials.password.encode() not in heard[0]


def test_a_server_with_another_key_is_not_set_up(running, credentials):
    mongod = process.find(Directory(running.data_dir.parent))
    with pytest.raises(EmbeddedError, match=r"could not be set up .*parzen down and try again"):
        replica.make_ready(mongod, "a" * 128, credentials, 10.0)
