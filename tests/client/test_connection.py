from pathlib import Path

import pytest

from parzen.client import connect
from parzen.client.connection import address
from parzen.shared.errors import InvalidStore, NotFound
from parzen.shared.home import StoreAddress


def test_an_address_is_said_or_stands_in_the_environment(monkeypatch):
    assert address() == StoreAddress()
    assert address("mongodb://a", "/d") == StoreAddress(store="mongodb://a", data_dir=Path("/d"))
    monkeypatch.setenv("PARZEN_STORE", "mongodb://b")
    assert address().store == "mongodb://b"
    assert address("mongodb://a").store == "mongodb://a"


def test_what_stands_in_a_store(store_uri, worked, store, a_worker):
    worked()
    worked(name="t", uid="u2")
    store.catalog.beat(a_worker())
    with connect(store_uri) as client:
        assert [handle.name for handle in client.studies()] == ["t", "s"]
        assert client.study("s").name == "s"
        assert [worker.id for worker in client.workers()] == ["host:1:a"]
        assert client.db.studies.count_documents({}) == 2
        with pytest.raises(NotFound):
            client.study("none")


def test_a_notebook_shows_what_stands_in_a_store(store_uri, worked):
    worked(name="digits")
    with connect(store_uri) as client:
        shown = client._repr_html_()
        assert "1 study in " in shown
        assert "digits" in shown
    assert "is closed already: open a new one" in client._repr_html_()
    password = store_uri.split(":")[2].split("@")[0]
    assert password not in shown


def test_an_address_that_cannot_be_read():
    with pytest.raises(InvalidStore):
        connect("mongodb://")
