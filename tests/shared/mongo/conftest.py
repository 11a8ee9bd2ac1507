from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from pymongo.monitoring import CommandListener

from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.mongo import connect, connection
from parzen.shared.records import Study, Uid, Worker

INTERNAL = {
    "lsid", "$clusterTime", "$db", "txnNumber", "writeConcern", "readConcern", "maxTimeMS"
}  # fmt: skip
HANDSHAKE = {"hello", "saslStart", "saslContinue", "endSessions", "buildInfo"}


@dataclass
class Commands(CommandListener):
    """What was sent to the server; ``before`` may act just before a command goes out."""

    sent: list = field(default_factory=list)
    before: dict[str, Callable[[], None]] = field(default_factory=dict)

    @property
    def names(self):
        return [name for name, _ in self.sent]

    def started(self, event):
        if event.command_name in HANDSHAKE:
            return
        self.sent.append((event.command_name, dict(event.command)))
        action = self.before.pop(event.command_name, None)
        if action is not None:
            action()

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


@dataclass(frozen=True)
class Plan:
    """How the server carries a command out."""

    stages: list
    indexes: list
    keys: int
    documents: int
    returned: int


def explain(db, command):
    """The plan of one recorded command, with what it examined; nothing is changed."""
    asked = {name: value for name, value in command.items() if name not in INTERNAL}
    found = db.command("explain", asked, verbosity="executionStats")
    stats = found["executionStats"]
    stages, indexes, queue = [], [], [found["queryPlanner"]["winningPlan"]]
    while queue:
        node = queue.pop()
        stages += [node["stage"]] if "stage" in node else []
        indexes += [node["indexName"]] if "indexName" in node else []
        for child in node.values():
            queue += [child] if isinstance(child, dict) else []
            queue += [c for c in child if isinstance(c, dict)] if isinstance(child, list) else []
    return Plan(
        stages,
        indexes,
        stats["totalKeysExamined"],
        stats["totalDocsExamined"],
        stats.get("nReturned", 0),
    )


@pytest.fixture
def plans():
    """Explains each recorded command: one plan for each statement of a bulk."""

    def make(db, commands):
        found = []
        sent, commands.sent = commands.sent, []
        for name, command in sent:
            if name == "update":
                ones = [{**command, "updates": [u]} for u in command["updates"]]
            else:
                ones = [command]
            found += [explain(db, one) for one in ones]
        return found

    return make


@contextmanager
def recording(mongod_uri):
    commands = Commands()
    listening = functools.partial(connection._Client, event_listeners=[commands])
    name = f"test_{uuid.uuid4().hex}"
    uri = mongod_uri.replace("/parzen?", f"/{name}?")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "_Client", listening)
        opened = connect(uri, prepare=True)
    with opened:
        commands.sent.clear()
        yield opened, commands
        opened.db.client.drop_database(name)


@pytest.fixture
def recorded(mongod_uri):
    """A store whose commands are recorded, on a database of the test's own."""
    with recording(mongod_uri) as found:
        yield found


@pytest.fixture(scope="module")
def recorded_for_all(mongod_uri):
    """The same, for all tests of a module."""
    with recording(mongod_uri) as found:
        yield found


@pytest.fixture(scope="session")
def new_study():
    """Makes and stores a study of a fresh name."""

    def make(store, **fields):
        study = Study(
            name=f"study-{uuid.uuid4().hex[:8]}",
            uid=Uid(uuid.uuid4().hex),
            dimensions=(Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0),),
            **fields,
        )
        return store.catalog.create(study, b"")

    return make


@pytest.fixture
def worker():
    return Worker(id="w", host="node", pid=7)
