import os
import select
import shutil
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from parzen.shared import lifeline

HELD = """
import signal
from parzen.shared import lifeline
lifeline.hold()
print(lifeline.NAME in __import__("os").environ, flush=True)
signal.pause()
"""

STARTER = f"""
import subprocess, sys, time, os
from parzen.shared import lifeline
held = subprocess.Popen([sys.executable, "-c", {HELD!r}], stdin=-1, stdout=-1,
                        env=lifeline.thrown(os.environ), start_new_session=True)
assert held.stdout.readline() == b"False\\n"
print(held.pid, flush=True)
time.sleep(300)
"""


def test_a_process_ends_with_its_starter_that_was_killed():
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=-1) as starter:
        pid = int(starter.stdout.readline())
        watched = os.pidfd_open(pid)
        starter.kill()
    with os.fdopen(watched) as ended:
        assert select.select([ended], [], [], 30.0)[0]


def test_nobody_waits_where_no_lifeline_was_thrown(monkeypatch):
    monkeypatch.delenv(lifeline.NAME, raising=False)
    lifeline.hold()
    assert "parzen-lifeline" not in {thread.name for thread in threading.enumerate()}


FIRST = """
import logging, click, time
from parzen.shared.commandline import log_options

@click.command()
@log_options
def wait():
    print("waiting", flush=True)
    time.sleep(100)

wait()
"""


def test_the_first_process_of_a_container_ends_when_it_is_told_to():
    unshare = ["unshare", "--pid", "--fork", "--kill-child"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*unshare, "true"], check=False).returncode
    ):
        pytest.skip("no process can be the first one of anything here")
    command = [*unshare, sys.executable, "-c", FIRST]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waiting\n"
        [first] = psutil.Process(process.pid).children()
        first.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM


BEGUN = """
from parzen.shared import lifeline
lifeline.hold()
print("begun")
"""


@pytest.mark.parametrize(("let_go", "code", "said"), [(True, 0, b"begun\n"), (False, 1, b"")])
def test_a_process_on_a_leash_begins_once_it_is_let_go(let_go, code, said):
    with subprocess.Popen(
        [sys.executable, "-c", BEGUN], stdin=-1, stdout=-1, stderr=-1,
        env=lifeline.leashed(os.environ),
    ) as process:  # fmt: skip
        if let_go:
            lifeline.let_go(process.stdin)
        else:
            process.stdin.close()  # as its starter's end does
        assert process.stdout.read() == said
        assert process.wait(30) == code
