from __future__ import annotations

import os
import shutil
import stat
import threading

import pytest

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded.directory import Directory


@pytest.fixture
def directory(tmp_path):
    made = Directory(tmp_path / "mongo")
    made.make()
    return made


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_enters(directory):
    assert _mode(directory.root) == 0o700


def test_a_folder_that_stood_open_is_closed(directory):
    directory.root.chmod(0o755)
    directory.make()
    assert _mode(directory.root) == 0o700


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedError, match=r"cannot write the data directory '.*file/mongo'"):
        Directory(tmp_path / "file" / "mongo").make()


def test_somebody_elses_folder_is_refused(directory, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(EmbeddedError, match="belongs to another user"):
        directory.make()


def test_a_private_file_is_private_whatever_the_umask(directory):
    before = os.umask(0)
    try:
        directory.write_private(directory.credentials, "secret")
    finally:
        os.umask(before)
    assert _mode(directory.credentials) == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_no_other(directory):
    directory.write_private(directory.credentials, "old")
    with pytest.raises(UnicodeEncodeError):
        directory.write_private(directory.credentials, "\udcff")
    assert directory.credentials.read_text() == "old"
    assert [path.name for path in directory.root.iterdir() if path.is_file()] == [
        "credentials.json"
    ]


def test_a_disk_without_room_is_refused_with_what_is_free(directory, monkeypatch):
    usage = shutil.disk_usage(directory.root)._replace(free=123 * 1024**2)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(EmbeddedError, match=r"mongo' has 123 MB free .* needs 500 MB"):
        directory.check_room()


def test_only_one_holds_the_lock(directory):
    with (
        directory.locked(1.0),
        pytest.raises(EmbeddedError, match=r"another parzen command .* still holds '.*lock'"),
        directory.locked(0.0),
    ):
        raise AssertionError


def test_the_lock_passes_to_who_waits(directory):
    held, passed = threading.Event(), threading.Event()

    def second():
        held.wait()
        with directory.locked(30.0):
            passed.set()

    waiter = threading.Thread(target=second)
    waiter.start()
    with directory.locked(1.0):
        held.set()
        assert not passed.is_set()
    waiter.join()
    assert passed.is_set()


def test_the_last_start_is_remembered(directory):
    assert directory.recall() == {}
    directory.remember(4711)
    assert directory.recall()["port"] == 4711


@pytest.mark.parametrize("torn", ["", "{", "[1]"])
def test_a_torn_note_is_no_note(directory, torn):
    directory.remember(4711)
    (directory.root / "state.json").write_text(torn)
    assert directory.recall() == {}
