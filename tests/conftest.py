from __future__ import annotations

import os
import subprocess
import sys
import uuid

import pytest

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
        patch.delenv("PARZEN_STORE", raising=False)
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


@pytest.fixture
def store(mongod_uri):
    """An open, prepared store on a database of the test's own."""
    from parzen.shared.mongo import connect

    name = f"test_{uuid.uuid4().hex}"
    with connect(mongod_uri.replace("/parzen?", f"/{name}?"), prepare=True) as opened:
        yield opened
        opened.db.client.drop_database(name)
