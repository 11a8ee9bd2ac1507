"""What every store must do: a store to try it on, and hands to work it with.

To try another store, give ``any_store`` another parameter.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from itertools import count

import pytest

from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.mongo import connect
from parzen.shared.records import Study, Uid, Worker
from parzen.shared.store import Proposal, Proposed

LOST_AT_ONCE = -1.0
"""A lease that has run out when it is granted: no test has to wait for one."""

names = (f"study-{n}" for n in count())


@dataclass
class Lab:
    """A study of one's own in a store, its leader, and a worker."""

    store: object
    study: Study
    worker: Worker
    holder: str = "leader"

    @property
    def lead(self):
        return self.store.ledger.lead(self.study.uid, self.holder, 60.0)

    def insert(self, *numbers, **params):
        proposals = [
            Proposal(number=n, params=params or {"x": 0.5}, proposed=Proposed(sampler="random"))
            for n in numbers
        ]
        return self.store.ledger.insert(self.lead, proposals)

    def claim(self, count=1, *, lost=False):
        worker = replace(self.worker, lease_s=LOST_AT_ONCE) if lost else self.worker
        return self.store.queue.claim(worker, [self.study], count)

    def report(self, *done):
        return list(self.store.queue.report(done))

    def trial(self, number):
        return self.store.catalog.trial(self.study, number)

    def states(self):
        return {t.number: t.state.value for t in self.store.ledger.history(self.study.uid)}


@pytest.fixture(scope="session", params=["replica set", "standalone"])
def any_store(request):
    name = f"conformance_{uuid.uuid4().hex}"
    if request.param == "standalone":
        uri = request.getfixturevalue("standalone_uri") + name
    else:
        uri = request.getfixturevalue("mongod_uri").replace("/parzen?", f"/{name}?")
    with connect(uri, prepare=True) as opened:
        yield opened
        opened.db.client.drop_database(name)


@pytest.fixture
def new_lab(any_store):
    """Makes a study of a fresh name in the store, with a worker and a leader."""

    def make(**fields):
        name = next(names)
        study = Study(
            name=name,
            uid=Uid(uuid.uuid4().hex),
            dimensions=(Dimension(name="x", kind=Kind.FLOAT, low=0.0, high=1.0),),
            **fields,
        )
        worker = Worker(id=f"worker-of-{name}", host="node", pid=7)
        return Lab(any_store, any_store.catalog.create(study, b""), worker)

    return make


@pytest.fixture
def lab(new_lab):
    return new_lab()
