"""Who a connection is, against a real server with authentication."""

from __future__ import annotations

import os

import pytest
from engines.accounts import accounts

from parzen.shared.mongo import connect
from parzen.shared.mongo.connection import open_connection
from parzen.shared.mongo.rights import Identity, in_words, whoami
from parzen.shared.mongo.roles import EVERYWHERE, PRIVILEGES, Role


@pytest.fixture(scope="module")
def people(mongod_uri):
    uri = mongod_uri.replace("/parzen?", f"/rights_{os.getpid()}?")
    with connect(uri, prepare=True) as admin, accounts(uri) as made:
        yield made
        admin.db.client.drop_database(made.database)


@pytest.mark.parametrize("role", list(Role))
def test_a_user_lacks_nothing_of_the_role_that_was_granted(people, role):
    who = whoami(people.store(role)._link)
    assert who.users == (f"{role.value}@{people.database}",)
    assert who.holds(role, people.database)
    assert not who.unguarded
    assert who.lacks(role, people.database) == {}
    assert who.lacks(role, "another")[EVERYWHERE] == PRIVILEGES[role][EVERYWHERE]


def test_what_another_role_may_is_missed(people):
    lacking = whoami(people.store(Role.VIEWER)._link).lacks(Role.COORDINATOR, people.database)
    expected = {c: a for c, a in PRIVILEGES[Role.COORDINATOR].items() if c != EVERYWHERE}
    assert lacking == expected


def test_an_administrator_of_the_server_may_play_every_role(people):
    who = whoami(people.link)
    assert not any(who.lacks(role, people.database) for role in Role)


def test_without_a_user_one_is_nobody(people):
    host = people.admin_uri.rpartition("@")[2].partition("/")[0]
    link = open_connection(f"mongodb://{host}/{people.database}?directConnection=true")
    try:
        assert whoami(link) == Identity()
    finally:
        link.client.close()


def privileged(resource, *actions):
    return Identity(users=("x@y",), privileges=({"resource": resource, "actions": list(actions)},))


@pytest.mark.parametrize(
    ("resource", "may"),
    [
        ({"db": "db", "collection": "jobs"}, True),
        ({"db": "db", "collection": ""}, True),
        ({"db": "", "collection": ""}, True),
        ({"db": "", "collection": "jobs"}, True),
        ({"anyResource": True}, True),
        ({"db": "db", "collection": "studies"}, False),
        ({"db": "other", "collection": ""}, False),
        ({"cluster": True}, False),
    ],
)
def test_what_a_privilege_covers(resource, may):
    assert privileged(resource, "find").may("db", "jobs", "find") is may
    assert privileged(resource, "anyAction").may("db", "jobs", "find") is may
    assert not privileged(resource, "update").may("db", "jobs", "find")


def test_a_right_in_one_collection_is_none_in_all():
    assert not privileged({"db": "db", "collection": "jobs"}, "find").may("db", EVERYWHERE, "find")


def test_where_nobody_is_asked_everything_may_be_done():
    assert Identity(unguarded=True).lacks(Role.WORKER, "db") == {}


def test_what_is_lacking_in_words():
    lacking = {"": ("find",), "logs": ("insert", "remove"), "followers": ("insert", "remove")}
    assert in_words(lacking) == "find anything; insert/remove logs, followers"
