from __future__ import annotations

from pathlib import Path

import pytest

from parzen.worker.launch.slurm.request import Agents, Request


@pytest.fixture
def new_request():
    def make(**fields):
        given = {"nodes": 2, "time": "12:00:00", "warning_s": 80, "output": Path("/logs"),
                 "chdir": Path("/here")}  # fmt: skip
        return Request(**{**given, **fields})

    return make


@pytest.fixture
def new_agents():
    def make(*words, **fields):
        given = {"python": "/venv/bin/python", "store_file": Path("/home/ann/store.uri"),
                 "shown": "mongodb://db/tuning"}  # fmt: skip
        return Agents(words=words, **{**given, **fields})

    return make
