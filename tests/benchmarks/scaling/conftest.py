from __future__ import annotations

import pytest
from dispatching.server import Served

from parzen.shared.mongo import connect


@pytest.fixture
def served(mongod_uri, tmp_path):
    """The tests' server as a benchmark sees one; make databases of your own on it."""
    with connect(mongod_uri, prepare=True) as store:
        pid = store.db.command("serverStatus")["pid"]
    return Served(uri=mongod_uri, home=tmp_path, pid=pid)
