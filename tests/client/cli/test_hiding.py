"""An address with a password leaves the arguments, which every user of the machine can read."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parzen.client import cli
from parzen.client.cli.hiding import parted

PASSWORD = "S3cr3tZ"
URI = f"mongodb://ann:{PASSWORD}@127.0.0.1:1/db"
PROGRAMS = [
    [sys.executable, "-m", "parzen.client.cli"],
    [sys.executable, "-X", "dev", "-W", "ignore", "-m", "parzen.client.cli"],
    [str(Path(sys.executable).with_name("parzen"))],
]


@pytest.mark.parametrize(
    ("words", "rest", "address"),
    [
        (["studies", "--store", URI, "--json"], ["studies", "--json"], URI),
        (["studies", f"--store={URI}"], ["studies"], URI),
        (["studies", "--store", "mongodb://a", "--store", URI], ["studies"], URI),
        (["studies"], ["studies"], None),
        (["status", "--", "--store", URI], ["status", "--", "--store", URI], None),
        (["studies", "--store-file", "f", "--store", URI],
         ["studies", "--store-file", "f", "--store", URI], None),
        (["down", "--store", URI], ["down", "--store", URI], None),
    ],
)  # fmt: skip
def test_the_address_is_taken_out_where_that_hides_no_mistake(words, rest, address):
    assert parted(words) == (rest, address)


def environ(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PARZEN_STORE")}
    return {**kept, **more}


@pytest.mark.parametrize("program", PROGRAMS, ids=["module", "options", "script"])
def test_a_running_process_does_not_show_it(program, mongod_uri, until_shown):
    words = ["coordinator", "--store", mongod_uri, "--studies", "nobody's"]
    running = subprocess.Popen([*program, *words], env=environ(), stderr=subprocess.PIPE, text=True)
    with running:
        said = until_shown(running.stderr, "serves nobody's on")
        arguments = Path(f"/proc/{running.pid}/cmdline").read_bytes().split(b"\0")
        variables = Path(f"/proc/{running.pid}/environ").read_bytes().split(b"\0")
        running.kill()
        said += running.stderr.read()
    secret = mongod_uri.split(":")[2].partition("@")[0]
    assert not [word for word in arguments if secret.encode() in word]
    assert b"nobody's" in arguments
    assert f"PARZEN_STORE={mongod_uri}".encode() in variables
    assert secret not in said
    assert said.startswith("parzen: the password in --store could be read by every user")


@pytest.fixture
def until_shown():
    def read(stream, text, within_s=60):
        said, deadline = "", time.monotonic() + within_s
        while text not in said:
            line = stream.readline()
            assert line, said
            assert time.monotonic() < deadline, said
            said += line
        return said

    return read


def test_the_exit_code_and_the_sentence_are_those_of_the_command():
    done = subprocess.run(
        [*PROGRAMS[0], "studies", "--store", "mongodb://ann:S3cr3tZ@h/?tls=maybe"],
        env=environ(PARZEN_STORE_FILE="/nowhere"),  # the option is meant, whatever stands there
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "cannot be read" in done.stderr
    assert PASSWORD not in done.stderr + done.stdout


def test_a_terminal_stays_one():
    """A person is asked for a password without an echo, after the start over, too."""
    main, theirs = pty.openpty()
    words = ["roles", "create-user", "bob", "--role", "viewer", "--password-file", "-"]
    running = subprocess.Popen(
        [*PROGRAMS[0], *words, "--store", URI],
        env=environ(), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    with running:
        said = b""
        while b"Password:" not in said:
            said += os.read(main, 4096)
        running.kill()
    os.close(main)
    assert b"could be read by every user" in said


def test_an_address_without_a_password_stays_where_it_is():
    done = subprocess.run(
        [*PROGRAMS[0], "studies", "--store", "mongodb://127.0.0.1:1/?directConnection=true", "--x"],
        env=environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "could be read" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["studies", URI],
        ["--stor", URI],
        [URI],
        ["studies", f"--stor={URI}"],
        ["trials", "x", "--sort", URI],
        ["worker", "--slots", URI],
        ["down", "--store", URI],
        ["submit", URI],
    ],
)
def test_an_address_in_the_wrong_place_is_not_said_again(words, capsys):
    assert cli.run(words) != 0
    captured = capsys.readouterr()
    assert captured.err
    assert PASSWORD not in captured.err + captured.out
