import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from parzen.worker.executor.keeper import descendants
from parzen.worker.executor.protocol import Gone, Measured

AGENT = """
import hashlib, sys, time
from pathlib import Path
from parzen.worker.executor.process import ProcessExecutor
from parzen.worker.executor.protocol import Job, Measured
from parzen.shared.records import Direction
folder = Path(sys.argv[1])
child = ProcessExecutor(folder / "children").spawn()
(folder / "work").mkdir()
digest = hashlib.sha256((folder / "bundle.zip").read_bytes()).hexdigest()
child.run(Job(bundle=folder / "bundle.zip", digest=digest, direction=Direction.MINIMIZE,
              params={"x": 0.5}, number=0, attempt=1, workdir=folder / "work", log=folder / "log"))
pids = []
while len(pids) < 5:
    pids += [e.step for e in child.receive(30) if isinstance(e, Measured)]
print(*pids, flush=True)
time.sleep(300)
"""

ESCAPED = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(3, 1024)
        print(os.getpid(), flush=True)
        os.dup2(0, 1)
        os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(300)"], {})
    os._exit(0)
os.wait()
"""


def escape():
    """Start a process without parents, session, or anything in its environment; its number."""
    command = [sys.executable, "-c", ESCAPED]
    return int(subprocess.run(command, stdout=-1, check=True).stdout)


def works_without_a_word(params, trial):
    code = "import time; time.sleep(300)"
    for new_session in (False, True):
        process = subprocess.Popen([sys.executable, "-c", code], start_new_session=new_session)
        trial.report(process.pid, 0)
    for pid in (escape(), os.getppid(), os.getpid()):
        trial.report(pid, 0)
    while True:  # no rest
        pass


def lives(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_an_agent_that_is_killed_leaves_nothing_behind(new_rig, tmp_path, until):
    new_rig(works_without_a_word)
    agent = subprocess.Popen([sys.executable, "-c", AGENT, str(tmp_path)], stdout=-1)
    with agent:
        pids = [int(word) for word in agent.stdout.readline().split()]
        assert len(pids) == 5
        assert all(map(lives, pids))
        agent.send_signal(signal.SIGKILL)
        agent.wait()
    until(lambda: not any(map(psutil.pid_exists, pids)))


def measured(child, count=1):
    """The steps of the first ``count`` measurements."""
    steps = []
    while len(steps) < count:
        steps += [event.step for event in child.receive(30.0) if isinstance(event, Measured)]
    return steps


@pytest.mark.parametrize("end", ["kill", "retire"])
def test_who_escapes_by_every_known_way_ends_with_the_child(new_rig, end):
    def objective(params, trial):
        trial.report(escape(), 0)
        return 0.0

    rig = new_rig(objective)
    child = rig.spawn()
    *_, found, done = rig.run(child)
    assert lives(found.step)
    assert "left its session" in done.replace or "child process" in done.replace
    child.retire() if end == "retire" else child.kill(0.0)
    assert not lives(found.step)


def test_a_grandchild_ends_with_an_objective_that_crashes(new_rig):
    def objective(params, trial):
        trial.report(escape(), 0)
        os.abort()

    rig = new_rig(objective)
    *_, found, gone = rig.run(rig.spawn())
    assert gone == Gone(signal="SIGABRT")
    assert not lives(found.step)


def forks_without_end(params, trial):
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))  # should the test itself go wrong
    trial.report(0, 0)
    while True:
        if len(list(Path("/proc").iterdir())) < LIMIT:
            os.fork()


LIMIT = 500


@pytest.mark.parametrize("grace_s", [0.0, 0.2])
def test_a_fork_bomb_is_ended_faster_than_it_forks(new_rig, until, grace_s):
    rig = new_rig(forks_without_end)
    child = rig.spawn()
    child.run(rig.job())
    measured(child)
    keeper = psutil.Process(child.pid).parent()
    until(lambda: len(list(descendants({keeper.pid}))) > 100)
    child.kill(grace_s)
    assert not keeper.is_running()
    assert list(descendants({keeper.pid})) == []


def test_whoever_hears_sigterm_has_the_grace_to_end_though_its_parent_has_ended(new_rig, tmp_path):
    note = str(tmp_path / "saved")

    def objective(params, trial):
        code = (
            "import os, pathlib, signal, time\n"
            "def save(*_):\n"
            "    while os.getppid() == parent: time.sleep(0.01)\n"
            f"    pathlib.Path({note!r}).touch(); os._exit(0)\n"
            "parent = os.getppid()\n"
            "signal.signal(15, save); print(0, flush=True); time.sleep(300)"
        )
        grandchild = subprocess.Popen([sys.executable, "-c", code], stdout=-1)
        grandchild.stdout.readline()
        trial.report(0, 0)
        signal.pause()

    rig = new_rig(objective)
    child = rig.spawn()
    child.run(rig.job())
    measured(child)
    child.kill(60.0)
    assert Path(note).exists()


def test_a_stopped_family_hears_sigterm_all_the_same(new_rig, tmp_path):
    note = str(tmp_path / "saved")

    def objective(params, trial):
        def save(*_):
            Path(note).touch()
            os._exit(0)

        signal.signal(signal.SIGTERM, save)
        trial.report(0, 0)
        while True:
            signal.pause()

    rig = new_rig(objective)
    child = rig.spawn()
    child.run(rig.job())
    measured(child)
    os.kill(child.pid, signal.SIGSTOP)
    os.kill(psutil.Process(child.pid).ppid(), signal.SIGSTOP)
    child.kill(60.0)
    assert Path(note).exists()


def test_a_killed_keeper_takes_its_child_along(new_rig):
    def objective(params, trial):
        process = subprocess.Popen(["sleep", "300"], start_new_session=True)
        trial.report(process.pid, 0)
        os.kill(os.getppid(), signal.SIGKILL)
        signal.pause()

    rig = new_rig(objective)
    child = rig.spawn()
    *_, found, gone = rig.run(child)
    assert gone == Gone(signal="SIGKILL")
    child.kill(0.0)
    assert not any(map(lives, (child.pid, found.step)))
