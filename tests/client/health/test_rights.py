from __future__ import annotations

import pytest

from parzen.client.health import rights
from parzen.client.health.checking import Absent
from parzen.shared.errors import StoreDenied
from parzen.shared.mongo.rights import Identity
from parzen.shared.mongo.roles import PRIVILEGES, Role


def granted(role, **others):
    """Somebody with all rights of a role, and the role's name."""
    privileges = [
        {"resource": {"db": "db", "collection": name}, "actions": list(actions)}
        for name, actions in PRIVILEGES[role].items()
    ]
    return Identity(
        users=("ann@db",), roles=((role.stored, "db"),), privileges=tuple(privileges), **others
    )


def told(who):
    return {f.name: (f.verdict.value, f.said) for f in rights.roles(who, "db")}


def test_a_viewer_is_told_what_the_others_may():
    (user,) = rights.user(granted(Role.VIEWER))
    assert user.said == "ann@db, with parzenViewer@db"
    found = told(granted(Role.VIEWER))
    assert found["may be"] == ("ok", "viewer")
    assert found["coordinator"][0] == "skipped"
    assert "update studies" in found["coordinator"][1]


def test_everybody_may_do_everything_where_nobody_is_asked():
    who = Identity(unguarded=True)
    assert "everybody" in next(iter(rights.user(who))).said
    assert told(who) == {"may be": ("ok", ", ".join(role.value for role in Role))}


def test_a_role_of_an_older_version_is_doubtful():
    who = granted(Role.WORKER)
    kept = [p for p in who.privileges if p["resource"]["collection"] != "jobs"]
    found = told(Identity(users=who.users, roles=who.roles, privileges=tuple(kept)))
    assert found["worker"] == (
        "warning", "the role parzenWorker is another version's: it may not update jobs"
    )  # fmt: skip


def test_who_may_not_even_look_is_told_whom_to_ask():
    with pytest.raises(StoreDenied, match=r"may not even look into 'db'.*create-user NAME --role"):
        list(rights.roles(Identity(users=("ann@db",)), "db"))


def test_an_administrator_need_not_look():
    may = {"resource": {"db": "db", "collection": ""}, "actions": ["createIndex"]}
    with pytest.raises(Absent, match="may administer"):
        list(rights.roles(Identity(users=("adm@db",), privileges=(may,)), "db"))
