import os
import select
import subprocess
import sys
import threading

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
