import subprocess
import sys

import psutil
import pytest

from parzen.worker.executor.adoption import family
from parzen.worker.executor.tree import Tree

DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"

FAMILY = f"""
import subprocess, sys, time, os
{DEAF}
def start(**how):
    code = "{DEAF}; import time; print(0, flush=True); time.sleep(300)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, **how)
    child.stdout.readline()  # it is deaf by now
    return child.pid
pids = [start(), start(start_new_session=True), start(env={{}})]
print(*pids, os.getpid(), flush=True)
time.sleep(300)
"""

ORPHAN = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(300)
    os._exit(0)
os.wait()
time.sleep(300)
"""


@pytest.fixture
def plant(monkeypatch):
    """Start code that leads a session and bears the mark; its tree, and the pids that it prints."""
    leaders = []

    def make(code):
        monkeypatch.setenv("PARZEN_TEST_MARK", "here")
        leader = family.start(
            lambda: subprocess.Popen(
                [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
            )
        )
        monkeypatch.delenv("PARZEN_TEST_MARK")
        leaders.append(leader)
        pids = [int(word) for word in leader.stdout.readline().split()]
        return Tree(leader.pid, ("PARZEN_TEST_MARK", "here")), pids

    yield make
    for leader in leaders:
        leader.kill()
        family.wait(leader)
        leader.stdout.close()


def running(pids):
    return [p for p in pids if psutil.pid_exists(p) and psutil.Process(p).status() != "zombie"]


def test_a_deaf_family_ends_those_in_other_sessions_too(plant):
    tree, pids = plant(FAMILY)
    assert len(running(pids)) == 4
    tree.kill()
    assert running(pids) == []


def test_an_orphan_in_another_session_is_found_by_the_mark(plant):
    tree, pids = plant(ORPHAN)
    assert len(running(pids)) == 1
    tree.kill()
    assert running(pids) == []


def test_killing_what_has_ended_does_nothing(plant):
    tree, _ = plant("print(0, flush=True)")
    tree.kill()
    tree.kill()
    assert tree.living() == []
