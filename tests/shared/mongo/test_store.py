from __future__ import annotations

import uuid

import pytest
from bson.datetime_ms import DatetimeMS

from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import StoreUnsupported
from parzen.shared.home import StoreAddress
from parzen.shared.mongo import connect, open_store
from parzen.shared.records import Study, Uid


@pytest.fixture
def fresh_uri(mongod_uri):
    name = f"test_{uuid.uuid4().hex}"
    uri = mongod_uri.replace("/parzen?", f"/{name}?")
    yield uri
    with connect(uri, prepare=True) as store:
        store.db.client.drop_database(name)


def test_a_database_that_was_never_prepared_names_the_command(fresh_uri):
    named = r"is not set up for parzen .*run `parzen doctor --init"
    with pytest.raises(StoreUnsupported, match=named):
        connect(fresh_uri)


def test_a_prepared_database_is_only_looked_at(fresh_uri):
    connect(fresh_uri, prepare=True).close()

    with open_store(StoreAddress(store=fresh_uri)) as store:
        assert store.catalog.all_studies() == []
        assert store.warnings == ()


def test_a_store_shows_its_address_and_no_secret(fresh_uri):
    secret = fresh_uri.partition("://")[2].partition("@")[0].partition(":")[2]

    with connect(fresh_uri, prepare=True) as store:
        shown = repr(store)
        assert store.where in shown
        assert store.db.name in shown
        for view in (store, store.queue, store.ledger, store.catalog):
            assert secret not in repr(view)


def test_closing_ends_the_watches(fresh_uri):
    store = connect(fresh_uri, prepare=True)
    watch = store.queue.watch_work()

    store.close()

    assert not watch.wait(600.0)
    assert not watch._thread.is_alive()


def test_a_date_beyond_pythons_years_is_clamped(fresh_uri):
    line = (Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0),)
    with connect(fresh_uri, prepare=True) as store:
        store.catalog.create(Study(name="far", uid=Uid("1"), dimensions=line), b"")
        store.catalog.create(Study(name="near", uid=Uid("2"), dimensions=line), b"")
        store.db.studies.update_one(
            {"_id": "far"}, {"$set": {"created_at": DatetimeMS(1_001_809_728_000_000)}}
        )

        found = {study.name: study for study in store.catalog.all_studies()}

    assert set(found) == {"far", "near"}
    assert found["far"].created_at.year == 9999
    assert found["far"].created_at.tzinfo is not None
