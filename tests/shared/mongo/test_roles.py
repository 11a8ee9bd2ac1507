"""What each role may do and what not, against a real server with authentication."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from engines.accounts import accounts
from pymongo.errors import OperationFailure

from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.errors import Conflict, StoreDenied
from parzen.shared.mongo import connect
from parzen.shared.mongo.connection import open_connection
from parzen.shared.mongo.roles import (
    EVERYWHERE,
    PRIVILEGES,
    Role,
    make_roles,
    make_user,
    role_commands,
)
from parzen.shared.mongo.schema import INDEXES
from parzen.shared.records import (
    Completed,
    Directive,
    Limits,
    Measurement,
    Order,
    Piece,
    Proposed,
    Study,
    Uid,
    Verdict,
    Want,
    Worker,
)
from parzen.shared.steering import Draft
from parzen.shared.store import Proposal

WRITES = ("insert", "update", "remove")
UNAUTHORIZED = 13
WORKER = Worker(id="w", host="h", pid=1, slots=1)
LEADER = Worker(id="c", host="h", pid=1, role="coordinator")
PROPOSED = Proposed(sampler="random")
LINE = Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0)


@pytest.fixture(scope="module")
def people(mongod_uri):
    """A user for each role, in a prepared database of this file's own."""
    uri = mongod_uri.replace("/parzen?", f"/roles_{os.getpid()}?")
    with connect(uri, prepare=True) as admin, accounts(uri) as made:
        yield made
        admin.db.client.drop_database(made.database)


def tried(collection, write):
    if write == "insert":
        collection.insert_one({"schema": 1})
    elif write == "update":
        collection.update_many({}, {"$set": {"forged": True}})
    else:
        collection.delete_many({})


FORBIDDEN_WRITES = [
    (role, collection, write)
    for role in Role
    for collection in INDEXES
    for write in WRITES
    if write not in PRIVILEGES[role].get(collection, ())
]


@pytest.mark.parametrize(("role", "collection", "write"), FORBIDDEN_WRITES)
def test_what_is_not_in_the_table_is_refused(people, role, collection, write):
    with pytest.raises(OperationFailure) as raised:
        tried(people.store(role).db[collection], write)

    assert raised.value.code == UNAUTHORIZED


@pytest.mark.parametrize(
    ("role", "collection", "writes"),
    [
        (Role.VIEWER, name, WRITES) for name in INDEXES
    ] + [
        (Role.WORKER, "studies", WRITES),
        (Role.WORKER, "objectives.files", WRITES),
        (Role.WORKER, "objectives.chunks", WRITES),
        (Role.WORKER, "jobs", ("insert", "remove")),
        (Role.CLIENT, "jobs", WRITES),
        (Role.CLIENT, "measurements", WRITES),
        (Role.COORDINATOR, "objectives.files", WRITES),
        (Role.COORDINATOR, "objectives.chunks", WRITES),
        (Role.COORDINATOR, "studies", ("insert", "remove")),
        (Role.COORDINATOR, "jobs", ("remove",)),
    ],
)  # fmt: skip
def test_the_table_itself_grants_none_of_these(role, collection, writes):
    assert not set(writes) & set(PRIVILEGES[role].get(collection, ()))
    assert not set(writes) & set(PRIVILEGES[role][EVERYWHERE])


COMMANDS = {
    "create an index": {"createIndexes": "jobs", "indexes": [{"key": {"x": 1}, "name": "x"}]},
    "drop the indexes": {"dropIndexes": "jobs", "index": "*"},
    "hide an index": {"collMod": "jobs", "index": {"name": "uid_number", "hidden": True}},
    "lift a validator": {"collMod": "jobs", "validator": {}},
    "drop a collection": {"drop": "jobs"},
    "empty by renaming": {"renameCollection": "jobs", "to": "jobs2"},
    "make a collection": {"create": "mine"},
    "make a view": {"create": "view", "viewOn": "jobs"},
    "drop the database": {"dropDatabase": 1},
    "write elsewhere": {"insert": "mine", "documents": [{}]},
    "write by a pipeline": {"aggregate": "jobs", "pipeline": [{"$out": "mine"}], "cursor": {}},
    "merge by a pipeline": {
        "aggregate": "jobs",
        "pipeline": [{"$set": {"state": "complete"}}, {"$merge": {"into": "attachments.files"}}],
        "cursor": {},
    },
    "make a role": {"createRole": "mine", "privileges": [], "roles": []},
    "make a user": {"createUser": "me", "pwd": "x", "roles": []},
    "take a role": {"grantRolesToUser": "viewer", "roles": ["dbOwner"]},
    "change a password": {"updateUser": "worker", "pwd": "y"},
}


@pytest.mark.parametrize("what", COMMANDS)
@pytest.mark.parametrize("role", list(Role))
def test_nobody_may_administer(people, role, what):
    with pytest.raises(OperationFailure) as raised:
        people.store(role).db.command(COMMANDS[what])

    assert raised.value.code == UNAUTHORIZED


@pytest.mark.parametrize("role", list(Role))
def test_nobody_sees_another_database_or_shuts_the_server_down(people, role):
    client = people.store(role).db.client
    with pytest.raises(OperationFailure, match="not authorized"):
        client["other"]["jobs"].find_one()
    with pytest.raises(OperationFailure, match="not authorized"):
        client.admin.command("shutdown")
    with pytest.raises(OperationFailure, match="not authorized"):
        client["local"]["oplog.rs"].find_one()


@pytest.mark.parametrize("role", list(Role))
def test_everybody_may_look_wait_for_news_and_check(people, role):
    store = people.store(role)
    store.check()
    store.prepare()  # what stands needs no right to be made
    for name in INDEXES:
        store.db[name].find_one()
    store.queue.watch_work().close()


def round_of(people, name):
    """One study from its submission to its results, everybody with no more than one role."""
    client, worker, coordinator = map(people.store, (Role.CLIENT, Role.WORKER, Role.COORDINATOR))
    declared = Study(name=name, uid=Uid(name), dimensions=(LINE,))
    study = client.catalog.create(declared, b"")
    client.catalog.wish(study.name, Want.RUN, Limits(max_trials=3))
    file = client.catalog.files.put_bundle(study.name, b"bundle")
    client.catalog.files.drop_bundle(file)
    follow(client, study)

    coordinator.ledger.beat(LEADER)
    lead = coordinator.ledger.lead(study.uid, "me", 30.0)
    proposals = [Proposal(number=n, params={"x": 0.5}, proposed=PROPOSED) for n in range(2)]
    assert list(coordinator.ledger.insert(lead, proposals)) == [0, 1]
    coordinator.ledger.expire(lead)

    worker.queue.beat(WORKER)
    worker.queue.beat(WORKER)
    (claim,) = worker.queue.claim(WORKER, worker.queue.studies([name]))
    for value in (0.5, 0.75):
        m = Measurement(uid=study.uid, number=claim.trial.number, step=1, value=value, attempt=1)
        assert list(worker.queue.renew([claim], [m])) == [Directive.CONTINUE]
    worker.queue.attach(claim, "model", b"weights")
    worker.queue.attach(claim, "model", b"better weights")
    print_something(worker.queue, claim)
    assert list(worker.queue.report([(claim, Completed(value=0.5))])) == [Verdict.ACCEPTED]
    worker.queue.leave(WORKER.id)

    assert coordinator.ledger.cancel_waiting(lead) == [1]
    coordinator.ledger.yield_lead(lead)
    coordinator.ledger.beat(LEADER)
    coordinator.ledger.leave(LEADER.id)
    viewer = people.store(Role.VIEWER).catalog
    assert viewer.attachment(study, claim.trial.number, "model") == b"better weights"
    assert [m.value for m in viewer.measurements(study, claim.trial.number)] == [0.75]
    operate(people, study)


def follow(store, study):
    """Say twice that somebody follows a trial."""
    for _ in range(2):
        store.catalog.follow(study, 0)


def print_something(queue, claim):
    """Ship two pieces of output, and let go of one."""
    queue.followed([claim])
    uid, number = claim.key
    for offset in (0, 4):
        queue.keep_output(
            Piece(uid=uid, number=number, attempt=1, token=claim.token, offset=offset, data=b"said")
        )
    queue.drop_output(claim.token, [0])


def operate(people, study):
    """What an operator does beyond a client, to the end of the study that the others carried."""
    operator = people.store(Role.OPERATOR)
    own = replace(study, name=f"{study.name}-2", uid=Uid(f"{study.uid}-2"))
    operator.catalog.create(own, b"")
    file = operator.catalog.files.put_bundle(own.name, b"bundle")
    operator.catalog.files.drop_bundle(file)
    assert list(operator.catalog.append(study, [Draft(params={"x": 0.1})])) == [2]
    operator.catalog.annotate(study, 2, "by hand")
    for data in (b"a plot", b"a better plot"):
        operator.catalog.attach(study, 2, "plot.png", data)
    operator.catalog.amend(study, {"priority": 3})
    follow(operator, own)
    operator.catalog.ask(WORKER.id, Order.DRAIN)
    gone = operator.catalog.delete(study)
    assert gone == {
        "studies": 1, "jobs": 3, "measurements": 1, "logs": 1, "followers": 1, "attachments": 2
    }  # fmt: skip


def lessened(people, role, collection, action):
    """Take one right away from ``role``, until the roles are made again."""
    steps = {s.command["updateRole"]: s for s in role_commands(people.database, update=True)}
    command = steps[role.stored].command
    for privilege in command["privileges"]:
        if privilege["resource"]["collection"] == collection:
            privilege["actions"].remove(action)
    command["privileges"] = [p for p in command["privileges"] if p["actions"]]
    people.link.db.command(command)


def test_a_round_needs_no_more_than_the_table(people):
    round_of(people, "enough")


@pytest.mark.parametrize(
    ("role", "collection", "action"),
    [
        (role, collection, action)
        for role in Role
        for collection, actions in PRIVILEGES[role].items()
        for action in actions
        if collection != EVERYWHERE
    ],
)
def test_a_round_needs_no_less_than_the_table(people, role, collection, action):
    lessened(people, role, collection, action)
    try:
        with pytest.raises(StoreDenied, match="not authorized"):
            round_of(people, f"{role.value}-{collection}-{action}")
    finally:
        make_roles(people.link)
        people.link.db["workers"].delete_many({})


@pytest.mark.parametrize("action", ["find", "changeStream", "listCollections", "listIndexes"])
def test_nobody_may_look_with_less(people, action):
    """Opening a store and waiting for news takes these (dbStats: only of a standalone server)."""
    lessened(people, Role.VIEWER, EVERYWHERE, action)
    try:
        with pytest.raises(StoreDenied):
            look(people.uri(Role.VIEWER))
    finally:
        make_roles(people.link)


def look(uri):
    with connect(uri, prepare=True) as store:
        store.check()
        store.queue.watch_work().close()


def test_a_refusal_says_what_was_refused_and_not_what_was_to_be_written(people):
    queue = people.store(Role.VIEWER).queue
    with pytest.raises(
        StoreDenied, match=r'command findAndModify "workers"\).*the role that this needs'
    ) as raised:
        queue.beat(WORKER)

    assert "lsid" not in str(raised.value)
    assert "signature" not in str(raised.value)


def test_making_roles_again_brings_them_to_todays_table(people):
    people.link.db.command("updateRole", "parzenViewer", privileges=[], roles=[])
    make_roles(people.link)

    found = people.link.db.command("rolesInfo", "parzenViewer", showPrivileges=True)
    (privilege,) = found["roles"][0]["privileges"]
    assert set(privilege["actions"]) == set(PRIVILEGES[Role.VIEWER][EVERYWHERE])


def test_a_user_who_exists_is_left_alone_or_replaced(people):
    with pytest.raises(Conflict, match="exists already"):
        make_user(people.link, "viewer", [Role.CLIENT], password="x", replace=False)
    assert make_user(people.link, "spare", [Role.VIEWER], password="x", replace=True)
    assert not make_user(people.link, "spare", [Role.CLIENT], password="y", replace=True)

    link = open_connection(people.uri(Role.VIEWER, "y").replace("viewer:", "spare:"))
    assert link.db["objectives.chunks"].insert_one({"n": 0}).acknowledged
    link.client.close()


def test_who_may_not_make_roles_is_told_whom_to_ask(people):
    link = people.store(Role.COORDINATOR)._link
    with pytest.raises(StoreDenied, match=r"has the role userAdmin .* `parzen roles --print`"):
        make_roles(link)


def test_the_printed_commands_are_those_that_are_run(people):
    admin = people.link.client["printed"]
    try:
        for step in role_commands("printed"):
            admin.client[step.database].command(step.command)
        names = {role["role"] for role in admin.command("rolesInfo", 1)["roles"]}
        assert names == {role.stored for role in Role}
    finally:
        admin.command("dropAllRolesFromDatabase")


def test_another_versions_validator_keeps_nobody_from_starting(people, caplog):
    people.link.db.command("collMod", "workers", validator={})
    people.store(Role.COORDINATOR).prepare()

    assert "the validator of" in caplog.text
    assert "run `parzen doctor --init" in caplog.text
    connect(people.admin_uri, prepare=True).close()
    caplog.clear()
    people.store(Role.COORDINATOR).prepare()
    assert not caplog.text


def test_what_is_missing_is_still_missed(people):
    people.link.db["workers"].drop_index("seen")
    try:
        with pytest.raises(StoreDenied, match="may not set up the database"):
            people.store(Role.CLIENT).prepare()
    finally:
        connect(people.admin_uri, prepare=True).close()
