from __future__ import annotations

import functools
import os
import subprocess
import sys
import uuid
from dataclasses import fields

import pytest
from deploy import images
from deploy.engine import NoEngine, an_engine
from engines.cluster import Cluster

from parzen.shared.dimensions import Dimension, Kind
from parzen.shared.lifecycle import FailureKind
from parzen.shared.mongo import connect
from parzen.shared.records import (
    Completed,
    Failed,
    Failure,
    Limits,
    SamplerSpec,
    Study,
    Uid,
    Verdict,
    Worker,
)

KEEPER = """
import pathlib, shutil, sys
from parzen.shared.mongo.embedded import Embedded
home = pathlib.Path(sys.argv[1])
print(Embedded(home).up().uri, flush=True)
sys.stdin.read()  # returns when pytest closes the pipe, or is gone in whatever way
Embedded(home).down()
shutil.rmtree(home)
"""


@pytest.fixture(scope="session", autouse=True)
def _no_test_touches_the_users_own(tmp_path_factory):
    """Whatever a test forgets to say, it does not reach the user's data or store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARZEN_HOME", str(tmp_path_factory.mktemp("home")))
        for name in ("PARZEN_STORE", "PARZEN_STORE_FILE"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data directory of the test's own, which ``PARZEN_HOME`` names."""
    folder = tmp_path / "parzen-home"
    monkeypatch.setenv("PARZEN_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def mongod_uri(tmp_path_factory):
    """The URI of a real replica set of one with authentication; one for each xdist worker.

    A process that outlives pytest keeps it, so that it is stopped even after a kill -9.
    """
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(tmp_path_factory.mktemp("mongod"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV_")},
    )
    with keeper:
        uri = keeper.stdout.readline().strip()
        assert uri, "the embedded MongoDB did not start; its reason stands above"
        yield uri


@pytest.fixture(scope="session")
def _one_cluster():
    with Cluster() as made:
        yield made


@pytest.fixture
def cluster(_one_cluster):
    """Three real mongods as one replica set, whole at the start of each test, without users.

    One for each xdist worker that asks: keep the tests that do in few modules.
    """
    _one_cluster.mend()
    yield _one_cluster
    _one_cluster.mend()


@pytest.fixture
def store(mongod_uri):
    """An open, prepared store on a database of the test's own."""
    name = f"test_{uuid.uuid4().hex}"
    with connect(mongod_uri.replace("/parzen?", f"/{name}?"), prepare=True) as opened:
        yield opened
        opened.db.client.drop_database(name)


@pytest.fixture
def new_study(store):
    """Make studies without an objective: ``new_study("name", max_trials=5, sampler=…)``."""
    limit_names = {field.name for field in fields(Limits)}

    def make(name="study", **options):
        limits = Limits(**{k: options.pop(k) for k in limit_names & set(options)})
        line = Dimension(name="x", kind=Kind.FLOAT, low=0, high=1)
        given = {
            "dimensions": (line,),
            "sampler": SamplerSpec(name="random", seed=1),
            "limits": limits,
            **options,
        }
        return store.catalog.create(Study(name=name, uid=Uid(uuid.uuid4().hex), **given), b"")

    return make


class Hand:
    """A worker played by the test: it claims and reports when it is told to."""

    def __init__(self, store, *, slots=2, name="hand", lease_s=60.0):
        self.queue = store.queue
        self.worker = Worker(id=name, host="test", pid=os.getpid(), slots=slots, lease_s=lease_s)
        self.queue.beat(self.worker)

    def claim(self, study, count=1):
        return list(self.queue.claim(self.worker, [study], count))

    def finish(self, claims, value=None):
        """Report a value for each: ``value``, or what the parameter ``x`` is."""
        done = [
            (c, Completed(value=c.trial.params["x"] if value is None else value)) for c in claims
        ]
        assert all(v is Verdict.ACCEPTED for v in self.queue.report(done))

    def fail(self, claims, message="no such file"):
        error = Failure(kind=FailureKind.EXCEPTION, type="ValueError", message=message)
        self.queue.report([(c, Failed(error=error)) for c in claims])

    def work(self, study, count=2, value=None):
        """Claim and finish up to ``count`` trials; how many there were."""
        claims = self.claim(study, count)
        if claims:
            self.finish(claims, value)
        return len(claims)


@pytest.fixture
def new_hand(store):
    """Make workers played by the test: ``new_hand(slots=2, name="a", lease_s=1)``."""
    return functools.partial(Hand, store)


@pytest.fixture(scope="session")
def engine():
    """A Docker engine; where none is to be had, the tests that ask for it are skipped."""
    try:
        with an_engine() as found:
            yield found
    except NoEngine as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def base(engine):
    """A base image whose Python is that of these tests: objectives travel between equal ones."""
    try:
        name = images.base(engine)
    except NoEngine as error:
        pytest.skip(str(error))
    found, own = images.python_of(engine, name), f"{sys.version_info[0]}.{sys.version_info[1]}"
    if found != own:
        pytest.skip(f"{name} has Python {found} and these tests run on {own}: PARZEN_TEST_BASE")
    return name
