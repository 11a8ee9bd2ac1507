"""Files with secrets: read only where nobody else can read them."""

from __future__ import annotations

import os
import stat
import threading

import pytest

from parzen.shared import private
from parzen.shared.errors import InvalidInput
from parzen.shared.private import check_private, read_private, write_private


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    path.write_text("hidden\n")
    return path


def test_the_owners_own_file_is_read(file):
    assert read_private(file, "the key") == "hidden\n"
    file.chmod(0o400)
    check_private(file, "the key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o610, 0o620, 0o602, 0o777])
def test_a_file_that_is_open_to_others_is_refused_with_what_to_run(file, mode):
    file.chmod(mode)
    for look in (read_private, check_private):
        with pytest.raises(InvalidInput, match=f"the key .*mode {mode:04o}.*chmod 600 {file}"):
            look(file, "the key")


def test_a_link_counts_as_what_it_leads_to(file, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(file)
    assert read_private(link, "the key") == "hidden\n"
    file.chmod(0o644)
    with pytest.raises(InvalidInput, match="mode 0644"):
        read_private(link, "the key")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_somebody_elses_file_is_refused(file):
    os.chown(file, 12345, -1)
    with pytest.raises(InvalidInput, match="belongs to another user"):
        check_private(file, "the key")


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o640])
def test_what_root_has_mounted_for_a_group_is_taken(file, mode, monkeypatch):
    os.chown(file, 0, -1) if os.geteuid() == 0 else pytest.skip("only root makes root's files")
    file.chmod(mode)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    check_private(file, "the key")

    file.chmod(mode | 0o004)
    with pytest.raises(InvalidInput, match="open to others"):
        check_private(file, "the key")


@pytest.fixture
def secret(tmp_path, monkeypatch):
    """A secret as a container's engine mounts it, open to all that see the file."""
    folder = tmp_path / "run" / "secrets"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    monkeypatch.setattr(private, "SECRETS", folder)
    path = folder / "worker.uri"
    path.write_text("hidden\n")
    path.chmod(0o644)
    return path


def test_a_containers_secret_is_taken_whoevers_it_is(secret, file):
    assert read_private(secret, "the store's file") == "hidden\n"
    if os.geteuid() == 0:
        os.chown(secret, 12345, -1)
    check_private(secret, "the store's file")

    link = secret.with_name("link")
    file.chmod(0o644)
    link.symlink_to(file)
    with pytest.raises(InvalidInput, match="open to others"):
        check_private(link, "the store's file")


def test_where_others_could_have_put_a_secret_it_is_judged_as_any_file(secret):
    secret.parent.chmod(0o777)
    with pytest.raises(InvalidInput, match="open to others"):
        check_private(secret, "the store's file")


def test_a_containers_secret_that_its_user_cannot_read_says_what_to_do(secret, monkeypatch):
    def refuse(*_args):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(private.Path, "open", refuse)
    with pytest.raises(InvalidInput, match=f"let user {os.geteuid()} of this container .*644"):
        read_private(secret, "the store's file")


def test_a_pipe_of_the_shell_is_read(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o666)
    writer = threading.Thread(target=pipe.write_text, args=("hidden",))
    writer.start()
    assert read_private(pipe, "the key") == "hidden"
    writer.join()


def test_what_is_no_such_file_is_one_sentence(tmp_path):
    for path, match in [
        (tmp_path / "none", "No such file"),
        (tmp_path, "directory"),
    ]:
        with pytest.raises(InvalidInput, match=match):
            read_private(path, "the key")
        with pytest.raises(InvalidInput, match=match):
            check_private(path, "the key")


def test_another_kind_of_file_is_not_read_whole(file):
    file.write_bytes(b"x" * 70_000)
    with pytest.raises(InvalidInput, match="longer than"):
        read_private(file, "the key")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="is no text"):
        read_private(file, "the key")


def test_a_new_file_is_private_from_the_first_moment_and_never_overwrites(tmp_path):
    path = tmp_path / "new"
    write_private(path, "the key", "hidden")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(InvalidInput, match="is there already"):
        write_private(path, "the key", "other")
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_private(tmp_path / "none" / "new", "the key", "other")
    assert path.read_text() == "hidden"
