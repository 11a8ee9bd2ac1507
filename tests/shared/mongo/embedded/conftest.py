from __future__ import annotations

import contextlib

import pytest

from parzen.shared.mongo.embedded import Embedded


@contextlib.contextmanager
def _stopped_at_the_end():
    made = []

    def make(home, **options):
        made.append(Embedded(home, **options))
        return made[-1]

    try:
        yield make
    finally:
        for embedded in made:
            embedded.down()


@pytest.fixture
def keep():
    """Make an Embedded whose server is stopped at the end, whatever the test did to it."""
    with _stopped_at_the_end() as make:
        yield make


@pytest.fixture(scope="session")
def steady(tmp_path_factory):
    """An embedded server that its tests look at and do not stop; its home's name is awkward."""
    with _stopped_at_the_end() as make:
        embedded = make(tmp_path_factory.mktemp("a hóme"))
        embedded.up()
        yield embedded


@pytest.fixture(scope="session")
def shaken(tmp_path_factory):
    """An embedded server that its tests stop, kill and move; each brings it up first."""
    with _stopped_at_the_end() as make:
        yield make(tmp_path_factory.mktemp("shaken"))


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Put a shell script in the place of mongod."""

    def make(body):
        script = tmp_path / "mongod"
        script.write_text(f"#!/bin/sh\n{body}\n")
        script.chmod(0o755)
        monkeypatch.setenv("PARZEN_MONGOD", str(script))
        return script

    return make
