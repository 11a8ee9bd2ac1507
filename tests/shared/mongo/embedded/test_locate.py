from __future__ import annotations

import sys

import pytest

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded import locate
from parzen.shared.mongo.embedded.locate import find_mongod


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch):
    monkeypatch.delenv("PARZEN_MONGOD", raising=False)


def _executable(path):
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_wheels_program_is_found_without_importing_the_wheel():
    found = find_mongod()
    assert found.name == "mongod"
    assert "fiftyone" in found.parts
    assert not [name for name in sys.modules if name.startswith("fiftyone")]


def test_what_the_user_names_goes_first(tmp_path, monkeypatch):
    mine = _executable(tmp_path / "mine")
    monkeypatch.setenv("PARZEN_MONGOD", str(mine))
    assert find_mongod() == mine


def test_without_the_extra_the_path_is_searched(tmp_path, monkeypatch):
    on_path = _executable(tmp_path / "mongod")
    monkeypatch.setattr(locate, "WHEELS", ("no-such-wheel",))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_mongod() == on_path


def test_without_any_program_the_sentence_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setattr(locate, "WHEELS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedError, match=r"parzen\[embedded\].*PARZEN_MONGOD.*--store"):
        find_mongod()


def test_a_named_program_must_exist(tmp_path, monkeypatch):
    monkeypatch.setenv("PARZEN_MONGOD", str(tmp_path / "gone"))
    with pytest.raises(EmbeddedError, match=r"PARZEN_MONGOD names '.*gone', which is no file"):
        find_mongod()


def test_a_named_program_must_be_executable(tmp_path, monkeypatch):
    plain = tmp_path / "plain"
    plain.write_text("")
    monkeypatch.setenv("PARZEN_MONGOD", str(plain))
    with pytest.raises(EmbeddedError, match=r"may not be executed: run chmod \+x"):
        find_mongod()
