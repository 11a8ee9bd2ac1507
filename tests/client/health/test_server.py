from __future__ import annotations

import pytest

from parzen.client.health import server
from parzen.shared.mongo.inspection import Clock, Member, Server, Topology
from parzen.shared.mongo.rights import Identity
from parzen.shared.mongo.schema import Missing

NOW = Clock(0.0, 0.001)
ANN = Identity(users=("ann@db",))


def verdict(finding):
    return finding.verdict.value


def a_server(*hosts, topology=Topology.REPLICA_SET):
    return Server(
        version="7.0.1", topology=topology, clock=NOW, name="rs0", hosts=hosts, primary="a:1"
    )


def topology(found, members=(), *, direct=False):
    (finding,) = server.topology(found, members, direct=direct)
    return finding


def up(host, state="secondary", ahead_s=0.0):
    return Member(host=host, state=state, clock=Clock(ahead_s, 0.001))


@pytest.mark.parametrize(
    ("number", "embedded", "expected"),
    [
        ("8.0.1", False, "ok"),
        ("7.0.0-rc1", False, "ok"),
        ("6.0.5", False, "warning"),
        ("6.0.5", True, "ok"),
    ],
)
def test_versions(number, embedded, expected):
    assert verdict(server.version(number, embedded=embedded)) == expected


def test_a_slow_answer_is_a_warning():
    assert verdict(server.answered("h:1", "db", 0.001)) == "ok"
    assert verdict(server.answered("h:1", "db", 0.4)) == "warning"


def test_a_standalone_server_is_told_to_become_a_set():
    found = topology(a_server(topology=Topology.STANDALONE))
    assert verdict(found) == "warning"
    assert "--replSet" in found.advice
    assert verdict(topology(a_server(topology=Topology.SHARDED))) == "ok"


def test_a_whole_set_is_well():
    found = topology(a_server("a:1", "b:1"), [up("a:1", "primary"), up("b:1")])
    assert (verdict(found), "2 members, primary a:1" in found.said) == ("ok", True)
    assert "no fail-over" in topology(a_server("a:1"), [up("a:1", "primary")]).said


def test_a_member_that_is_away_is_named():
    found = topology(
        a_server("a:1", "b:1", "c:1"),
        [up("a:1", "primary"), Member(host="b:1"), up("c:1", "neither primary nor secondary")],
    )
    assert verdict(found) == "warning"
    assert "b:1 cannot be reached from here; c:1 is neither" in found.said
    assert "2 of 3" in found.advice


def test_an_address_of_one_member_follows_no_fail_over():
    members = [up("a:1", "primary"), up("b:1")]
    found = topology(a_server("a:1", "b:1"), members, direct=True)
    assert (verdict(found), "replicaSet=rs0" in found.advice) == ("warning", True)


def test_clocks_that_agree_and_that_do_not():
    one, two = server.clocks(NOW, [up("a:1"), up("b:1", ahead_s=0.01)])
    assert {verdict(one), verdict(two)} == {"ok"}
    one, two = server.clocks(Clock(-3600.0, 0.001), [up("a:1"), up("b:1", ahead_s=30.0)])
    assert one.said == "the server's clock is 3,600 s behind this machine's"
    assert two.said == "b:1 is 30 s ahead of a:1"
    assert {verdict(one), verdict(two)} == {"warning"}


def test_a_difference_within_its_doubt_is_none():
    (only,) = server.clocks(Clock(5.0, 4.0), [])
    assert verdict(only) == "ok"


@pytest.mark.parametrize(
    ("where", "tls", "expected"),
    [
        ("127.0.0.1:1", False, "ok"),
        ("db.example.org:27017", False, "warning"),
        ("127.0.0.1:1, db.example.org:27017", False, "warning"),
        ("db.example.org:27017", True, "ok"),
    ],
)
def test_tls(where, tls, expected):
    first, second = server.guarded(where, ANN, tls=tls)
    assert (verdict(first), verdict(second)) == (expected, "ok")


def test_a_server_that_asks_nobody_is_doubtful():
    _, authentication = server.guarded("127.0.0.1:1", Identity(unguarded=True), tls=False)
    assert verdict(authentication) == "warning"


def test_what_was_made_is_counted():
    missing = Missing(collections=("jobs",), indexes=("jobs.a", "jobs.b"))
    assert server.made(missing, "db").said == "made 1 collection, 2 indexes in 'db'"
    assert "already" in server.made(Missing(), "db").said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.00031, "0.31 ms"), (0.047, "47 ms"), (1.23, "1,230 ms")]
)
def test_milliseconds(seconds, said):
    assert server.milliseconds(seconds) == said
