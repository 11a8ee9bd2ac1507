from __future__ import annotations

import os
import subprocess
import sys

import pytest

from parzen.worker.launch.local import register


class Here:
    """A data directory of this machine, and a user who calls ``parzen launch local``."""

    def __init__(self, uri, home):
        self.home = home
        self.environ = {**os.environ, "PARZEN_STORE": uri, "PARZEN_HOME": str(home)}

    def call(self, *words, **environ):
        return subprocess.run(
            [sys.executable, "-m", "parzen.client.cli", "launch", "local", *words],
            env={**self.environ, **environ}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    @property
    def running(self):
        return register.running(self.home)


@pytest.fixture
def here(store, mongod_uri, home):
    made = Here(mongod_uri.replace("/parzen?", f"/{store.db.name}?"), home)
    yield made
    for one in made.running:
        one.process.kill()
