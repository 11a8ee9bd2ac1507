"""In processes of their own: adopting changes the whole process."""

import subprocess
import sys

import pytest

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")

START = """
import os, subprocess, sys, time
from parzen.worker.executor.adoption import family
ORPHAN = "import os, sys, time\\nif os.fork() == 0:\\n  time.sleep(float(sys.argv[1]))"
def orphan(seconds):
    child = family.start(lambda: subprocess.Popen([sys.executable, "-c", ORPHAN, str(seconds)]))
    family.wait(child)
def until(met):
    patience = time.monotonic() + 20
    while not met():
        assert time.monotonic() < patience
        time.sleep(0.01)
def children():
    return open(f"/proc/self/task/{os.getpid()}/children").read().split()
"""


def tried(code):
    done = subprocess.run(
        [sys.executable, "-c", START + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@linux
def test_orphans_are_adopted_and_ended():
    tried("""
family.adopt()
orphan(300)
until(lambda: len(family.adopted()) == 1)
family.end_adopted()
assert family.adopted() == [] and children() == []
""")


@linux
def test_orphans_that_end_by_themselves_leave_no_zombie():
    tried("""
family.adopt()
orphan(0)
until(lambda: not family.adopted() and not children())
""")


@linux
def test_children_of_others_are_nobodys_orphans():
    tried("""
before = subprocess.Popen(["false"])
family.adopt()
mine = family.start(lambda: subprocess.Popen(["false"]))
time.sleep(0.2)  # they are zombies by now, which a careless look would collect
assert family.adopted() == []
assert before.wait() == 1 and family.wait(mine) == 1
""")


def test_without_adopting_there_are_none():
    tried("""
orphan(0.1)
assert family.adopted() == []
""")
