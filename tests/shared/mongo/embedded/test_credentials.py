from __future__ import annotations

import os
import stat

import pytest
from pymongo.uri_parser import parse_uri

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded.credentials import (
    Credentials,
    ensure_credentials,
    read_credentials,
)
from parzen.shared.mongo.embedded.directory import Directory


@pytest.fixture
def directory(tmp_path):
    made = Directory(tmp_path / "mongo")
    made.make()
    return made


def test_before_the_first_start_there_are_none(directory):
    assert read_credentials(directory) is None


def test_they_are_made_once(directory):
    made = ensure_credentials(directory)
    key = directory.key_file.read_text()
    assert ensure_credentials(directory) == made == read_credentials(directory)
    assert directory.key_file.read_text() == key
    assert len(made.password) >= 32


def test_two_servers_share_neither_key_nor_password(directory, tmp_path):
    other = Directory(tmp_path / "other")
    other.make()
    assert ensure_credentials(directory).password != ensure_credentials(other).password
    assert directory.key_file.read_text() != other.key_file.read_text()


@pytest.mark.parametrize("name", ["key_file", "credentials"])
def test_files_that_others_can_read_are_not_used(directory, name):
    ensure_credentials(directory)
    for path in (directory.key_file, directory.credentials):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path = getattr(directory, name)
    path.chmod(0o644)
    with pytest.raises(EmbeddedError, match=rf"mode 0644.*chmod 600 {path}"):
        ensure_credentials(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_files_of_somebody_else_are_not_used(directory):
    ensure_credentials(directory)
    os.chown(directory.credentials, 12345, -1)
    with pytest.raises(EmbeddedError, match="belongs to another user"):
        read_credentials(directory)


@pytest.mark.parametrize("damaged", ["", "[]", '{"user": "parzen"}', "null"])
def test_a_damaged_file_is_named(directory, damaged):
    directory.credentials.touch(mode=0o600)
    directory.credentials.write_text(damaged)
    with pytest.raises(EmbeddedError, match=r"credentials.json' is damaged"):
        ensure_credentials(directory)


def test_the_uri_takes_any_password():
    parsed = parse_uri(Credentials("me@here", "p:/?#@% é").uri(27017))
    assert (parsed["username"], parsed["password"]) == ("me@here", "p:/?#@% é")
    assert parsed["nodelist"] == [("127.0.0.1", 27017)]
    assert parsed["database"] == "parzen"


def test_a_password_is_not_shown_by_accident():
    assert "hush" not in repr(Credentials("me", "hush"))
