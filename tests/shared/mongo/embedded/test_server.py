from __future__ import annotations

import fcntl
import os
import signal
import socket
import socketserver
import stat
import subprocess
import sys
import threading

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded import server

UP = """
import pathlib, sys
from parzen.shared.mongo.embedded import Embedded
input()
running = Embedded(pathlib.Path(sys.argv[1])).up()
print(running.pid, running.started, running.uri)
"""


def _notes(uri):
    with MongoClient(uri) as client:
        return [note["_id"] for note in client.parzen.notes.find()]


def _note(uri, what):
    with MongoClient(uri) as client:
        client.parzen.notes.replace_one({"_id": what}, {}, upsert=True)


def _home(embedded):
    return embedded._directory.root.parent  # what the fixture was made with


@pytest.fixture
def taken():
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_two_commands_at_once_share_one_server_that_outlives_both(keep, tmp_path):
    keep(tmp_path)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", UP, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for one in both:
        one.stdin.write("\n")
        one.stdin.flush()
    said = [one.communicate(timeout=60)[0].split() for one in both]
    (pid, _, uri), (other_pid, _, other_uri) = said
    assert (pid, uri) == (other_pid, other_uri)
    assert sorted(started for _, started, _ in said) == ["False", "True"]
    assert _notes(uri) == []


def test_threads_share_one_server_too(steady):
    found = []
    threads = [threading.Thread(target=lambda: found.append(steady.up())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {running.pid for running in found} == {steady.running().pid}


def test_a_server_that_runs_is_used_again(steady):
    running = steady.up()
    assert running == steady.running()
    assert steady.address() == running.uri
    assert not running.started
    assert steady.up(running.port) == running


def test_one_that_runs_is_not_moved_under_its_users(steady):
    port = steady.up().port
    with pytest.raises(EmbeddedError, match=f"already runs on port {port}, not on 1: run parzen d"):
        steady.up(1)


def test_the_secrets_are_the_owners_alone(steady):
    steady.up()
    root = _home(steady) / "mongo"
    for path in [root, *root.iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_the_password_is_not_shown_by_accident(steady):
    running = steady.up()
    assert running.uri.split(":")[2].split("@")[0] not in repr(running)
    assert "uri" not in repr(running)


def test_before_the_first_start_nothing_runs_and_nothing_is_made(keep, tmp_path):
    embedded = keep(tmp_path / "none")
    assert embedded.running() is embedded.address() is None
    assert not embedded.down()
    assert not (tmp_path / "none").exists()


def test_its_own_address_is_told_from_others(steady):
    running = steady.up()
    assert steady.port_in(running.uri) == running.port
    for own, another in (
        (f":{running.port}/", ":1/"),
        ("127.0.0.1", "db.lab"),
        ("parzen:", "worker:"),
        ("@", "x@"),
    ):
        assert steady.port_in(running.uri.replace(own, another)) is None


def test_its_own_address_is_known_while_it_is_down(shaken):
    running = shaken.up()
    shaken.down()
    assert shaken.port_in(running.uri) == running.port


def test_it_is_stopped_and_started_again_on_the_same_port(shaken):
    before = shaken.up()
    _note(before.uri, "stopped")
    assert shaken.down()
    assert shaken.running() is None
    assert not shaken.down()
    after = shaken.up()
    assert after.started
    assert (after.port, after.uri) == (before.port, before.uri)
    assert "stopped" in _notes(after.uri)


def test_it_comes_back_after_a_kill_with_what_was_acknowledged(shaken):
    before = shaken.up()
    _note(before.uri, "killed")
    os.kill(before.pid, signal.SIGKILL)
    after = shaken.up()
    assert after.started
    assert after.port == before.port
    assert "killed" in _notes(after.uri)


class _HangsUp(socketserver.TCPServer):
    allow_reuse_address = True


def test_it_moves_where_its_port_was_taken_meanwhile(shaken):
    before = shaken.up()
    _note(before.uri, "moved")
    shaken.down()
    with _HangsUp(("127.0.0.1", before.port), socketserver.BaseRequestHandler) as other:
        threading.Thread(target=other.serve_forever, args=(0.01,)).start()
        try:
            after = shaken.up()
        finally:
            other.shutdown()
        assert after.port != before.port
        assert "moved" in _notes(after.uri)
        with MongoClient(after.uri) as client:  # majority writes need the reconfigured set
            client.parzen.notes.insert_one({"_id": "new place"})
            hello = client.admin.command("hello")
        assert hello["hosts"] == [f"127.0.0.1:{after.port}"]


def test_lost_credentials_are_replaced_and_the_data_stay(shaken):
    before = shaken.up()
    _note(before.uri, "kept")
    (_home(shaken) / "mongo" / "credentials.json").unlink()
    assert shaken.running() is None
    after = shaken.up()
    assert "kept" in _notes(after.uri)
    with pytest.raises(OperationFailure, match="Authentication failed"):
        _notes(before.uri)


def test_a_first_start_killed_before_its_user_existed_is_taken_up(keep, tmp_path):
    embedded = keep(tmp_path)
    first = embedded.up()
    with MongoClient(first.uri) as client:  # as if it had been killed just before
        client.admin.command("dropUser", "parzen")
    os.kill(first.pid, signal.SIGKILL)
    (tmp_path / "mongo" / "state.json").unlink()
    assert embedded.up().started
    assert embedded.running() is not None


def test_a_taken_port_is_named_and_nothing_is_started(keep, tmp_path, taken):
    embedded = keep(tmp_path)
    with pytest.raises(EmbeddedError, match=f"port {taken} is taken by another program: choose"):
        embedded.up(taken)
    assert embedded.running() is None


def test_a_port_taken_at_the_last_moment_is_named_too(keep, tmp_path, taken, monkeypatch):
    monkeypatch.setattr(server, "_free", lambda _: True)
    with pytest.raises(EmbeddedError, match=f"port {taken} is taken"):
        keep(tmp_path).up(taken)


def test_without_a_wish_the_next_free_port_is_tried(keep, tmp_path, taken, monkeypatch):
    ports = iter([taken, server._any_free_port()])
    monkeypatch.setattr(server, "_any_free_port", lambda: next(ports))
    assert keep(tmp_path).up().port != taken


def test_data_that_another_mongod_holds_are_left_alone(keep, tmp_path):
    lock = tmp_path / "mongo" / "data" / "mongod.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(EmbeddedError, match=r"data' is in use by another mongod, perhaps on"):
            keep(tmp_path).up()


def test_a_full_disk_starts_nothing(keep, tmp_path, monkeypatch):
    monkeypatch.setattr("parzen.shared.mongo.embedded.directory.LEAST_FREE_BYTES", 2**70)
    with pytest.raises(EmbeddedError, match=r"MB free .* make room"):
        keep(tmp_path).up()
    assert not (tmp_path / "mongo" / "mongod.log").exists()


def test_a_missing_library_is_named(keep, tmp_path, program):
    program("echo $0: error while loading shared libraries: libcurl.so.4: gone >&2; exit 127")
    with pytest.raises(EmbeddedError, match=r"shared library libcurl.so.4.*libcurl4.*--store"):
        keep(tmp_path).up()


def test_only_what_was_said_this_time_counts(keep, tmp_path, program):
    (tmp_path / "mongo").mkdir()
    log = tmp_path / "mongo" / "mongod.log"
    log.write_text('{"s": "F", "msg": "No space left on device"}\n')
    program(f"""echo '{{"s": "E", "msg": "today"}}' >> '{log}'; exit 14""")
    with pytest.raises(EmbeddedError, match="ended with status 14 and said 'today'"):
        keep(tmp_path).up()


def test_one_that_does_not_get_ready_is_quoted(keep, tmp_path, program):
    log = tmp_path / "mongo" / "mongod.log"
    program(f"""echo '{{"s": "W", "msg": "still thinking"}}' >> '{log}'; exec sleep 600""")
    with pytest.raises(EmbeddedError, match=r"not ready within 0 s and said 'still thinking'.*log"):
        keep(tmp_path, start_timeout_s=0.4).up()
