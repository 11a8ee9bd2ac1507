import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from parzen.shared.records import Completed
from parzen.worker.executor.messages import Message
from parzen.worker.executor.protocol import Done, Gone, Measured, Started


def test_a_warm_child_loads_once_and_sets_up_once(new_rig):
    def setup():
        sys.stdout.write("setting up\n")
        return {"pid": os.getpid()}

    def objective(params, trial):
        assert trial.shared["pid"] == os.getpid()
        return {"loss": 0.0, "pid": os.getpid()}

    rig = new_rig(objective, setup)
    child = rig.spawn()
    pids = {rig.run(child, n)[-1].outcome.result["pid"] for n in range(3)}
    assert pids == {child.pid}
    assert rig.log.read_text() == "setting up\n"


def test_a_kill_by_the_kernel_for_memory_is_told_by_its_counter(new_rig, monkeypatch):
    counts = iter([4, 5])
    monkeypatch.setattr("parzen.worker.executor.kernel.oom_kills", lambda: next(counts))
    rig = new_rig(lambda params: os.kill(os.getpid(), signal.SIGKILL))
    assert rig.run(rig.spawn())[-1] == Gone(signal="SIGKILL", out_of_memory=True)


@pytest.mark.parametrize("ending", ["return 999.0", "raise ValueError", "raise SystemExit(3)"])
def test_a_forked_copy_of_the_objective_does_not_report_in_its_place(new_rig, ending):
    def objective(params):
        names = {}
        exec(f"def end():\n    {ending}", names)
        copy = os.fork()
        if copy == 0:
            return names["end"]()
        os.waitpid(copy, 0)
        return 1.0

    rig = new_rig(objective)
    child = rig.spawn()
    for n in range(2):
        assert rig.run(child, n) == [Started(), Done(Completed(value=1.0))]


def test_a_forked_copy_of_a_setup_runs_no_trial(new_rig):
    def setup():
        copy = os.fork()
        if copy:
            os.waitpid(copy, 0)

    rig = new_rig(lambda params, trial: 1.0, setup)
    assert rig.run(rig.spawn()) == [Started(), Done(Completed(value=1.0))]


def test_a_message_too_many_ends_the_child_before_another_trial_hears_it(new_rig, until):
    def objective(params, trial):
        trial._line.send(Message("done", {"outcome": "completed", "value": 7.0, "result": {}}))
        return 1.0

    rig = new_rig(objective)
    child = rig.spawn()
    child.run(rig.job())
    events = []
    while not any(isinstance(event, Done) for event in events):
        events += child.receive(30.0)
    assert events[1] == Done(Completed(value=7.0))
    until(lambda: not child.usable())


def test_descriptors_beyond_a_thousand_are_heard(new_rig):
    with contextlib.ExitStack() as many:
        for _ in range(1100):
            many.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        rig = new_rig(lambda params: 1.0)
        child = rig.spawn()
        assert child._line.fileno() > 1024
        assert rig.run(child) == [Started(), Done(Completed(value=1.0))]


def test_a_terminals_interrupt_does_not_reach_a_trial(new_rig):
    rig = new_rig(lambda params: {"loss": 0.0, "own": os.getsid(0) == os.getpgrp() == os.getpid()})
    assert rig.run(rig.spawn())[-1].outcome.result == {"own": True}


def test_a_stop_reaches_the_objective_and_does_not_outlast_its_trial(new_rig):
    def objective(params, trial):
        trial.report(0, 0.0)
        waited = 0
        while trial.number == 0 and not trial.should_stop():
            time.sleep(0.01)
            waited += 1
        return {"loss": 0.0, "stopped": trial.should_stop(), "pruned": trial.should_prune()}

    rig = new_rig(objective)
    child = rig.spawn()
    child.run(rig.job(0))
    events = []
    while Measured(0, 0.0) not in events:
        events += child.receive(30.0)
    child.ask_to_stop()
    assert rig.rest(child)[-1].outcome.result == {"stopped": True, "pruned": True}
    child.ask_to_stop()  # too late for that trial, and not meant for the next
    assert rig.run(child, 1)[-1].outcome.result == {"stopped": False, "pruned": False}


@pytest.mark.parametrize(
    ("leaving", "what"),
    [
        ("import os; os.chdir('/')", "the working directory /"),
        ("import os; os.environ['PATH'] = ''", "PATH"),
        ("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)", "SIGTERM"),
        (
            "import threading; threading.Thread(target=threading.Event().wait, daemon=1).start()",
            "thread",
        ),
        ("import builtins; builtins.held = open('kept', 'w')", "an open file"),
        ("import subprocess; subprocess.Popen(['sleep', '60'], env={})", "a child process"),
        ("import os; os.close(0)", "stdin"),
        ("import os; os.close(1)", "stdout"),
        ("import os; os.dup2(0, 2)", "stderr"),
        ("import sys; sys.stdout.close()", "stdout"),
        ("import signal; signal.alarm(60)", "a timer"),
        ("import sys; sys.setprofile(print)", "profile"),
        (
            "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (3, 3))",
            "the limit RLIMIT_NOFILE",
        ),
        ("import os; os.fork() or __import__('time').sleep(60)", "a child process"),
    ],
)
def test_a_leftover_replaces_the_child(new_rig, leaving, what):
    def objective(params):
        exec(leaving)
        return 0.0

    rig = new_rig(objective)
    child = rig.spawn()
    done = rig.run(child)[-1]
    assert isinstance(done.outcome, Completed)
    assert what in done.replace
    child.retire()
    assert not psutil.pid_exists(child.pid)


@pytest.mark.parametrize("which", ["trial.workdir", "Path(os.environ['HOME_OF_CHILD'])"])
def test_a_trial_that_deletes_its_directories_keeps_its_result(new_rig, which):
    def setup():
        os.environ["HOME_OF_CHILD"] = str(next((Path.cwd().parent / "children").iterdir()))

    def objective(params, trial):
        shutil.rmtree(eval(which))
        return 1.0

    rig = new_rig(objective, setup)
    child = rig.spawn()
    done = rig.run(child)[-1]
    assert done.outcome == Completed(value=1.0)
    assert "gone" in done.replace


def test_a_setup_that_closes_standard_output_leaves_the_log_open(new_rig):
    def objective(params, trial):
        os.system("echo shell")
        return 0.0

    rig = new_rig(objective, lambda: os.close(1))
    child = rig.spawn()
    for n in range(2):
        assert isinstance(rig.run(child, n)[-1].outcome, Completed)
    assert "shell" in rig.log.read_text()


def test_folders_of_agents_that_were_killed_are_swept_away(new_rig, tmp_path):
    host, dead = os.uname().nodename, subprocess.Popen(["true"])
    dead.wait()
    names = {
        "dead": f"child-{host}-{dead.pid}-abc",
        "number of another": f"child-{host}-{os.getpid()}-old",
        "alive": f"child-{host}-{os.getpid()}-abc",
        "elsewhere": f"child-{host}x-{dead.pid}-abc",
        "not ours": "child-notes",
    }
    for name in names.values():
        (tmp_path / "children" / name / "inner").mkdir(parents=True)
    os.utime(tmp_path / "children" / names["number of another"], (0, 0))
    new_rig(lambda params: 0.0)
    left = {path.name for path in (tmp_path / "children").iterdir()}
    assert left == {names[key] for key in ("alive", "elsewhere", "not ours")}


def test_a_childs_folder_names_its_agent(new_rig, tmp_path):
    rig = new_rig(lambda params: 0.0)
    rig.spawn()
    (folder,) = (tmp_path / "children").iterdir()
    new_rig(lambda params: 0.0)  # another agent starts
    assert folder.name.startswith(f"child-{os.uname().nodename}-{os.getpid()}-")
    assert folder.is_dir()


def test_a_child_that_died_while_it_waited_is_not_usable(new_rig, until):
    rig = new_rig(lambda params: 0.0)
    child = rig.spawn()
    rig.run(child)
    assert child.usable()
    os.kill(child.pid, signal.SIGKILL)
    until(lambda: not child.usable())


def test_a_child_that_cannot_begin_says_why_in_its_first_trials_output(new_rig, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    monkeypatch.setattr("parzen.worker.executor.process.CHILD", "no_such_module")
    rig = new_rig(lambda params: 0.0)
    assert rig.run(rig.spawn()) == [Gone(exit_code=1)]
    assert "no_such_module" in rig.log.read_text()
