from __future__ import annotations

import uuid
from urllib.parse import urlsplit

import pytest
from engines.proxy import Proxy

from parzen.shared.errors import StoreDenied, StoreUnprepared, StoreUnreachable
from parzen.shared.mongo import awaiting, connect


@pytest.fixture
def at_each_pause(monkeypatch):
    """Something happens in each wait, in the place of time."""
    done = []

    def set_up(action):
        def sleep(seconds):
            done.append(seconds)
            action(len(done))

        monkeypatch.setattr(awaiting, "sleep", sleep)
        return done

    return set_up


def opening(uri, **options):
    return lambda: connect(uri, timeout_s=0.5, **options)


def test_a_server_that_comes_later_is_waited_for_with_two_lines(mongod_uri, at_each_pause, caplog):
    address = urlsplit(mongod_uri)
    with Proxy(address.hostname, address.port) as proxy:
        proxy.refuse()
        waits = at_each_pause(lambda nth: nth == 2 and proxy.heal())
        uri = mongod_uri.replace(f"{address.hostname}:{address.port}", proxy.address)
        uri = uri.replace("/parzen?", f"/test_{uuid.uuid4().hex}?")
        with awaiting.awaited(opening(uri, prepare=True), 60.0) as store:
            store.db.client.drop_database(store.db.name)
    assert waits == [awaiting.FIRST_S, 2 * awaiting.FIRST_S]
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert said[0].startswith("waiting up to 60 s for the store: no MongoDB answered at")
    assert said[1].startswith("the store is there")


def test_a_database_that_is_set_up_later_is_waited_for(mongod_uri, at_each_pause):
    uri = mongod_uri.replace("/parzen?", f"/test_{uuid.uuid4().hex}?")
    with pytest.raises(StoreUnprepared):
        awaiting.awaited(opening(uri), 0.0)
    waits = at_each_pause(lambda _: connect(uri, prepare=True).close())
    with awaiting.awaited(opening(uri), 60.0) as store:
        store.db.client.drop_database(store.db.name)
    assert len(waits) == 1


def test_what_waiting_does_not_mend_is_said_at_once(mongod_uri, at_each_pause):
    waits = at_each_pause(lambda _: None)
    host = mongod_uri.rpartition("@")[2]
    with pytest.raises(StoreDenied):
        awaiting.awaited(opening(f"mongodb://ann:wrong@{host}"), 60.0)
    with pytest.raises(StoreUnreachable):
        awaiting.awaited(opening("mongodb://127.0.0.1:1/"), 0.2)
    assert waits == []
