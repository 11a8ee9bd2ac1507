from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from parzen.shared.errors import EmbeddedError
from parzen.shared.mongo.embedded import process
from parzen.shared.mongo.embedded.directory import Directory
from parzen.shared.mongo.embedded.process import Mongod


@pytest.fixture
def directory(tmp_path):
    made = Directory(tmp_path / "mongo")
    made.make()
    return made


@pytest.fixture
def found(steady):
    return process.find(Directory(steady.running().data_dir.parent))


@pytest.fixture
def child():
    """A process that ends on SIGTERM, unless the test teaches it otherwise."""
    children = []

    def make(code):
        started = subprocess.Popen(
            [sys.executable, "-c", f"import signal\n{code}\nprint(flush=True)\nsignal.pause()"],
            stdout=subprocess.PIPE,
        )
        children.append(started)
        started.stdout.readline()
        return Mongod(psutil.Process(started.pid), 1)

    yield make
    for started in children:
        started.kill()
        started.communicate()


def test_it_has_a_session_of_its_own_and_is_nobodys_child(found):
    assert os.getsid(found.process.pid) != os.getsid(0)
    assert found.process.ppid() != os.getpid()


def test_it_listens_on_the_loopback_interface_only(found):
    listening = [c for c in found.process.net_connections("all") if c.status == "LISTEN"]
    assert [tuple(c.laddr) for c in listening] == [("127.0.0.1", found.port)]
    assert found.listens
    assert not Mongod(found.process, found.port + 1).listens


def test_nothing_is_found_before_the_first_start(directory):
    assert process.find(directory) is None
    assert not process.anybody_at(directory)


@pytest.mark.parametrize("text", ["", "\n", "x", "4194305"])
def test_a_lock_file_of_the_past_finds_nothing(directory, text):
    (directory.data / "mongod.lock").write_text(text)
    assert process.find(directory) is None


def test_a_recycled_pid_is_not_taken_for_a_server(directory):
    (directory.data / "mongod.lock").write_text(str(os.getpid()))
    assert process.find(directory) is None


def test_the_mongod_of_another_directory_is_not_taken_for_ours(directory, found):
    (directory.data / "mongod.lock").write_text(str(found.process.pid))
    assert process.find(directory) is None


def test_a_process_of_the_directory_is_seen_before_it_says_who_it_is(steady):
    assert process.anybody_at(Directory(steady.running().data_dir.parent))


def test_ending_asks_first(child):
    asked = child("")
    process.end(asked, grace_s=30.0)
    assert not asked.alive


def test_ending_insists(child):
    deaf = child("signal.signal(signal.SIGTERM, signal.SIG_IGN)")
    process.end(deaf, grace_s=0.1)
    assert not deaf.alive


def test_a_program_for_another_processor_is_named(directory, program):
    script = program("")
    script.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(57))
    with pytest.raises(EmbeddedError, match=r"cannot execute '.*mongod' \(Exec format error\)"):
        process.launch(script, directory, 1, 10.0)


def test_a_program_whose_loader_is_missing_is_named(directory, program):
    script = program("")
    script.write_text("#!/no/such/loader\n")
    with pytest.raises(EmbeddedError, match="not a mongod for this system and processor"):
        process.launch(script, directory, 1, 10.0)


def test_a_launch_tells_how_it_ended_and_what_it_said(directory, program):
    launch = process.launch(program("echo one; echo two >&2; exit 3"), directory, 1, 10.0)
    assert (launch.code, launch.output) == (3, "one\ntwo\n")


def test_a_launch_that_hangs_is_ended(directory, program):
    launch = process.launch(program("echo $$; exec sleep 600"), directory, 1, 0.5)
    assert launch.code is None
    assert not psutil.pid_exists(int(launch.output))
