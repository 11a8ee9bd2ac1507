import asyncio
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from parzen.client import Float, Study, local
from parzen.shared.errors import ParzenError
from parzen.shared.home import StoreAddress

STAND_IN = """
import os, signal, sys, time
role = sys.argv[1]
behaviour = os.environ.get(f"STAND_IN_{role.upper()}", "serve")
print(f"{role} {' '.join(sys.argv[2:])} {os.environ['OMP_NUM_THREADS']}", flush=True)
if behaviour == "break":
    sys.exit(f"{role} has no memory left")
if behaviour == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if behaviour == "tell":
    def leave(*_):
        time.sleep(0.2 if role == "worker" else 0)  # a worker gives its trials back
        with open(os.environ["STAND_IN_ENDS"], "a") as ends:
            print(role, file=ends)
        sys.exit()
    signal.signal(signal.SIGTERM, leave)
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def background(tmp_path, monkeypatch):
    """Two workers and a coordinator for the study "s", played by a stand-in."""
    (tmp_path / "stand_in_parzen.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(local, "MODULE", "stand_in_parzen")
    where = StoreAddress(store="mongodb://me:secret@host/db", data_dir=tmp_path / "home")
    return local.Background("s", where, workers=2)


def told(background, name):
    """Wait until the process has said that it is ready or is gone; what it said."""
    file = background.logs / f"{name}.log"
    [process] = [p for p in background._processes if p.name == name]  # which log belongs to which
    while "ready" not in file.read_text() and process.popen.poll() is None:
        time.sleep(0.01)
    return file.read_text()


def test_a_coordinator_and_workers_are_started_and_ended(background, a_study):
    with background:
        said = [told(background, name) for name in ("coordinator", "worker-1", "worker-2")]
        background.check(a_study(), [])
        children = [psutil.Process(p.popen.pid) for p in background._processes]
    assert "--exit-when-done --studies s" in said[0]
    assert "--slots 1 --studies s" in said[1]
    assert [p.popen.returncode for p in background._processes] == [-signal.SIGTERM] * 3
    assert not any(child.is_running() for child in children)


def test_the_coordinator_outlives_the_workers(background, monkeypatch, tmp_path):
    monkeypatch.setenv("STAND_IN_ENDS", str(tmp_path / "ends"))
    monkeypatch.setenv("STAND_IN_COORDINATOR", "tell")
    monkeypatch.setenv("STAND_IN_WORKER", "tell")
    with background:
        for name in ("coordinator", "worker-1", "worker-2"):
            told(background, name)
    assert (tmp_path / "ends").read_text().split() == ["worker", "worker", "coordinator"]


def test_a_study_that_none_of_them_can_run_is_given_up(background, a_study, a_worker):
    unable = {"quarantined": {"u1": "No module named 'torch'"}}
    with background:
        pids = [process.popen.pid for process in background._processes[1:]]
        first, second = (a_worker(f"n{pid}", pid=pid, **unable) for pid in pids)
        before = a_worker("of-a-run-before", pid=-1, **unable)
        background.check(a_study(), [before, first])
        background.check(a_study(), [first, second, a_worker("elsewhere")])
        with pytest.raises(ParzenError) as error:
            background.check(a_study(), [first, second])
    assert str(error.value) == ("none of the 2 workers can run study 's': No module named 'torch'")


def test_a_run_of_an_objective_that_is_nowhere_ends(store_uri, home, capsys):
    study = Study("s", space={"x": Float(0, 1)}, objective="no_such_module:f", max_trials=3)

    async def within():  # where a loop runs, and in another thread than the main one
        await asyncio.to_thread(study.run, workers=1)

    with pytest.raises(ParzenError, match=r"none of the 1 worker.*no_such_module"):
        asyncio.run(within())
    assert [w for w in psutil.Process().children() if "parzen.client.cli" in w.cmdline()] == []


def test_the_address_does_not_stand_among_the_arguments(background):
    with background:
        arguments = [psutil.Process(p.popen.pid).cmdline() for p in background._processes]
    assert "secret" not in str(arguments)


def test_the_terminals_ctrl_c_does_not_reach_them(background):
    with background:
        groups = {os.getpgid(p.popen.pid) for p in background._processes}
    assert os.getpgrp() not in groups


@pytest.mark.parametrize(("role", "name"), [("COORDINATOR", "coordinator"), ("WORKER", "worker-1")])
def test_one_that_breaks_down_is_named_with_its_last_words(
    background, monkeypatch, a_study, role, name
):
    monkeypatch.setenv(f"STAND_IN_{role}", "break")
    with background:
        for process in background._processes:
            if process.name.startswith(role.lower()):
                process.popen.wait()
        with pytest.raises(ParzenError) as error:
            background.check(a_study(), [])
    said = str(error.value)
    assert f"the {name} ended with code 1" in said
    assert f"{role.lower()} has no memory left" in said
    assert str(background.logs / f"{name}.log") in said


def test_a_stubborn_one_is_killed_after_the_grace(background, monkeypatch):
    monkeypatch.setenv("STAND_IN_WORKER", "stubborn")
    monkeypatch.setattr(local, "GRACE_S", 0.1)
    with background:
        told(background, "worker-1")
        told(background, "worker-2")
    assert [p.popen.returncode for p in background._processes[1:]] == [-signal.SIGKILL] * 2


def test_a_second_ctrl_c_cuts_the_grace_short(background, monkeypatch):
    monkeypatch.setenv("STAND_IN_WORKER", "stubborn")
    background.start()
    told(background, "worker-1")
    told(background, "worker-2")
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        background.stop()
    assert [p.popen.returncode for p in background._processes[1:]] == [-signal.SIGKILL] * 2


def test_the_cores_are_shared_among_the_workers_unless_somebody_said_otherwise(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    where = StoreAddress(data_dir=None)
    child = local.environment(where, {"MKL_NUM_THREADS": "7", "PARZEN_STORE": "x"}, workers=3)
    assert (child["OMP_NUM_THREADS"], child["MKL_NUM_THREADS"]) == ("2", "7")
    assert "PARZEN_STORE" not in child
    assert child["PARZEN_HOME"] == str(where.home)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_unwinds_the_stack(number):
    code = (
        "import os\n"
        "from parzen.client.local import ending_on_signals\n"
        "with ending_on_signals():\n"
        f"    try: os.kill(os.getpid(), {int(number)})\n"
        "    finally: print('stopped what it started')"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert out.returncode == 128 + number
    assert out.stdout == "stopped what it started\n"


def test_signals_are_as_they_were_afterwards():
    before = signal.getsignal(signal.SIGTERM)
    with local.ending_on_signals():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
