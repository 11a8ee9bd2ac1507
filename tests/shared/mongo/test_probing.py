from __future__ import annotations

import pytest

from parzen.shared.mongo import probing
from parzen.shared.mongo.rights import Identity
from parzen.shared.mongo.roles import PRIVILEGES, Role


def somebody(role):
    privileges = tuple(
        {"resource": {"db": "db", "collection": name}, "actions": list(actions)}
        for name, actions in PRIVILEGES[role].items()
    )
    return Identity(users=("x@db",), privileges=privileges)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.VIEWER])
def test_each_role_that_writes_has_a_place_to_try_it(role):
    assert probing.place(somebody(role), "db") in probing.PLACES
    assert probing.place(somebody(role), "other") is None


def test_a_viewer_has_none():
    assert probing.place(somebody(Role.VIEWER), "db") is None


def test_a_write_is_heard_of_and_leaves_nothing_that_matters(store):
    probing.open_stream(store._link)
    for place in probing.PLACES:
        assert probing.write_s(store._link, place) > 0
        assert probing.news_s(store._link, place) > 0
        assert store.db[place].count_documents({}) == 0

    # what is not taken back is listed by nobody, and swept
    for name, make in probing.PLACES.items():
        store.db[name].insert_one(make())
    assert store.catalog.workers() == []
    kinds = {orphans.kind for orphans in store.orphans(-60.0)}
    assert kinds == {"objectives pieces", "attachments pieces"}
