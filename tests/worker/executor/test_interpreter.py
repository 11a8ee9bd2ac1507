"""What one trial does to its process, the next one in the same slot does not feel."""

import os
import signal

import pytest

from parzen.shared.records import Completed

PROBE = """
import gc, json, locale, os, random, socket, sys, threading, time, warnings
state = [
    json.dumps({"a": [1.5]}), time.monotonic() > 0, len([1]), os.getpriority(0, 0),
    sys.getrecursionlimit(), sys.getswitchinterval(), socket.getdefaulttimeout(),
    locale.setlocale(locale.LC_ALL), gc.isenabled(), sys.excepthook is sys.__excepthook__,
    threading.excepthook is threading.__excepthook__, "json" in sys.modules,
    list(map(str, warnings.filters)), sys.stdout is sys.__stdout__, os.umask(63),
    len(os.sched_getaffinity(0)), open("/proc/self/status").read().split("NoNewPrivs:")[1][:3],
]
os.umask(state[14])
"""


def look(params, trial):
    names = {}
    exec(trial.user["does"], names)
    exec(trial.user["probe"], names)
    return {"loss": 0.0, "state": repr(names["state"]), "drawn": names["random"].random()}


UNDONE = [
    "import sys; sys.setrecursionlimit(5000)",
    "import sys; sys.setswitchinterval(1.0)",
    "import socket; socket.setdefaulttimeout(3)",
    "import locale; locale.setlocale(locale.LC_ALL, 'C')",
    "import gc; gc.disable()",
    "import warnings; warnings.simplefilter('error')",
    "import os; os.umask(0o777)",
    "import io, sys; sys.stdout = io.StringIO()",
]

REPLACED = [
    ("import json; json.dumps = None", "another json.dumps"),
    ("import time; time.monotonic = lambda: -1.0", "another time.monotonic"),
    ("import builtins; builtins.len = builtins.isinstance = builtins.zip = None", "builtins.len"),
    ("import builtins; del builtins.open, builtins.dict, builtins.map", "another builtins.open"),
    ("import socket, select; socket.socket = select.poll = None", "another socket.socket"),
    ("import os; os.getpid = os.fstat = os.chdir = None", "another os.getpid"),
    ("import sys; sys.excepthook = print", "another sys.excepthook"),
    ("import threading; threading.excepthook = print", "another threading.excepthook"),
    ("import sys; del sys.modules['json'], sys.modules['os']", "another module"),
    ("import os; os.nice(3)", "another priority"),
    ("import ctypes; ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)", "other rights"),
    ("import os; os.closerange(3, 1024)", None),
]


def probed(rig, child, number, does):
    done = rig.run(child, number, user={"does": does, "probe": PROBE})[-1]
    assert isinstance(done.outcome, Completed), done
    return done


def test_what_can_be_undone_is_and_the_child_stays(new_rig):
    rig = new_rig(look)
    child = rig.spawn()
    fresh = probed(rig, child, 0, "").outcome.result["state"]
    for n, does in enumerate(UNDONE):
        changed = probed(rig, child, 1, does)
        assert changed.replace is None, does
        assert changed.outcome.result["state"] != fresh, does
        assert probed(rig, child, 2, "").outcome.result["state"] == fresh, (n, does)


@pytest.mark.parametrize(("does", "what"), REPLACED)
def test_what_cannot_be_relied_on_replaces_the_child_and_the_result_counts(new_rig, does, what):
    def objective(params, trial):
        exec(does)
        return 1.0

    rig = new_rig(objective)
    done = rig.run(rig.spawn())[-1]
    assert done.outcome == Completed(value=1.0)
    assert what is None or what in done.replace


def test_no_trials_random_numbers_depend_on_the_trial_before(new_rig):
    rig = new_rig(look)
    child = rig.spawn()
    drawn = set()
    for _ in range(3):
        probed(rig, child, 0, "import random; random.seed(0)")
        drawn.add(probed(rig, child, 1, "").outcome.result["drawn"])
    assert len(drawn) == 3


def test_who_closes_every_file_is_told_so(new_rig):
    def objective(params):
        os.closerange(0, 1 << 16)
        signal.pause()

    rig = new_rig(objective)
    gone = rig.run(rig.spawn())[-1]
    assert "it closed a file that it had not opened" in gone.garbled
