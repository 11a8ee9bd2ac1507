from __future__ import annotations

import dataclasses

import pytest

from parzen.shared.mongo import inspection
from parzen.shared.mongo.connection import open_connection
from parzen.shared.mongo.inspection import Member, Topology


@pytest.fixture
def uri(store, mongod_uri):
    return mongod_uri.replace("/parzen?", f"/{store.db.name}?")


@pytest.fixture
def link(uri):
    opened = open_connection(uri)
    yield opened
    opened.client.close()


def test_a_server_and_its_members_tell_who_they_are(link, uri, monkeypatch):
    found = inspection.server(link)
    assert found.topology is Topology.REPLICA_SET
    assert found.hosts == (found.primary,) == (link.where,)
    assert found.version[:2] in ("5.", "6.", "7.", "8.")
    assert abs(found.clock.ahead_s) < 60  # it is this machine
    assert inspection.ping_s(link) > 0

    monkeypatch.setattr(inspection, "MEMBER_S", 0.5)
    away = dataclasses.replace(found, hosts=(*found.hosts, "127.0.0.1:1"))
    first, second = inspection.members(away, uri)
    assert (first.host, first.state) == (link.where, "primary")
    assert first.clock is not None
    assert second == Member(host="127.0.0.1:1")
    assert inspection.members(dataclasses.replace(found, hosts=()), uri) == []


def test_sizes_and_documents_of_other_versions(link, new_study, store):
    new_study(store)
    found = inspection.room(link)
    assert (found.documents, found.data > 0) == (1, True)
    assert 0 < found.disk_used < found.disk_total

    assert inspection.foreign_shapes(link) == {}
    extra = {"uid": "u", "number": 0, "step": 0, "value": 1.0}
    store.db.measurements.insert_one({**extra, "schema": 7})
    store.db.measurements.insert_one({**extra, "schema": 7, "step": 1})
    assert inspection.foreign_shapes(link) == {"measurements": [("7", 2)]}


def test_looking_changes_nothing(mongod_uri):
    link = open_connection(mongod_uri.replace("/parzen?", "/untouched?"))
    try:
        inspection.room(link)
        inspection.foreign_shapes(link)
        assert link.db.list_collection_names() == []
    finally:
        link.client.close()
