"""Agents that are killed, stopped and woken as processes of their own: nothing counts twice."""

import ctypes
import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from parzen.shared.lifecycle import FailureKind


def expire(lab):
    """What the coordinator does each turn: trials whose lease ran out go back."""
    lab.store.ledger.expire(lab.lead())


def pid_of(lab, number=0):
    last = lab.trial(number).last
    return last and last[0]


def waits_once(params, trial):
    trial.report(os.getpid(), 0.0)
    while trial.attempt == 1:
        time.sleep(0.01)
    return 0.5


@pytest.mark.parametrize("whom", ["agent", "all"])
def test_a_zombie_that_comes_back_is_fenced_out(new_lab, new_worker, until, whom):
    lab = new_lab(waits_once)
    zombie = new_worker("--lease", "2", "--max-trials", "1", "--studies", lab.study.name)
    child = psutil.Process(until(lambda: pid_of(lab)))
    below = [zombie.pid, *(p.pid for p in psutil.Process(zombie.pid).children(recursive=True))]
    stopped = below if whom == "all" else below[:1]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    until(lambda: expire(lab) or lab.states() == ["waiting"])
    heir = new_worker("--lease", "30", "--max-trials", "1", "--studies", lab.study.name)
    until(lambda: lab.states() == ["complete"])
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    assert zombie.wait(60) == 0
    assert heir.wait(60) == 0
    assert not child.is_running()
    trial = lab.trial()
    assert (trial.loss, [a.outcome for a in trial.attempts]) == (0.5, ["lost", "complete"])


def test_agents_killed_at_any_moment_lose_nothing(new_lab, new_worker, until, tracks):
    journal = str(tracks.folder / "journal")

    def objective(params, trial):
        with Path(journal).open("a") as notes:
            notes.write(f"{trial.number} {trial.attempt}\n")
        return float(trial.number)

    lab = new_lab(objective, trials=30)
    moments = random.Random(1)
    words = ("--lease", "2", "--slots", "2", "--studies", lab.study.name)
    for _ in range(3):
        process = new_worker(*words)
        done = lab.states().count("complete")
        until(lambda done=done: expire(lab) or lab.states().count("complete") > done or _all(lab))
        time.sleep(moments.random() / 20)  # the moment is the test's own input
        process.kill()
        process.wait()
    new_worker(*words)
    until(lambda: expire(lab) or _all(lab), within_s=60.0)
    trials = [lab.trial(n) for n in range(30)]
    assert [trial.loss for trial in trials] == [float(n) for n in range(30)]
    runs = Counter(tracks.lines("journal"))
    assert all(count == 1 for count in runs.values())
    for trial in trials:
        assert [a.outcome for a in trial.attempts[:-1]] == ["lost"] * (len(trial.attempts) - 1)


def _all(lab):
    return set(lab.states()) == {"complete"}


def test_a_signal_to_every_process_of_a_node_is_a_preemption(new_lab, new_worker, until):
    def objective(params, trial):
        trial.report(os.getpid(), 0.0)
        time.sleep(300)

    lab = new_lab(objective)
    process = new_worker("--studies", lab.study.name)
    until(lambda: pid_of(lab))
    family = psutil.Process(process.pid).children(recursive=True)
    for one in (*family[::-1], process):
        one.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    trial = lab.trial()
    assert (trial.state.value, trial.failures) == ("waiting", {FailureKind.PREEMPTED: 1})


def test_a_hang_in_c_that_holds_the_interpreter_ends_at_its_time(new_lab, run_all):
    def objective(params):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        ctypes.PyDLL(None).sleep(300)

    lab = new_lab(objective, trial_timeout_s=0.5)
    run_all(1, grace_s=0.2)
    assert lab.trial().attempts[0].error.kind is FailureKind.TIMEOUT


@pytest.fixture
def small_memory():
    """A memory control group of 300 MiB; what is written to its ``join`` file belongs to it."""
    root = Path("/sys/fs/cgroup/memory")
    inner = next(
        (line.split(":", 2)[2] for line in Path("/proc/self/cgroup").read_text().splitlines()
         if line.split(":", 2)[1] == "memory"), None,
    )  # fmt: skip
    if inner is None or not os.access(root, os.W_OK):
        pytest.skip("no memory control group (version 1) can be made here")
    group = Path(f"{root}{inner}") / f"parzen-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(300 << 20))
    except OSError as error:
        pytest.skip(f"no memory control group can be made here: {error}")
    yield group
    subprocess.run(["rmdir", str(group)], check=False)


def test_a_kill_by_the_kernel_for_memory_is_told_and_tried_once_more(
    new_lab, new_worker, until, small_memory
):
    def objective(params, trial):
        return float(len(b"x" * (1 << 30)))

    lab = new_lab(objective)
    process = new_worker("--max-trials", "2", "--studies", lab.study.name)
    (small_memory / "cgroup.procs").write_text(str(process.pid))
    until(lambda: lab.trial().failures)
    until(lambda: lab.store.ledger.queue_due(lab.lead()))
    assert process.wait(60) == 0
    trial = lab.trial()
    assert trial.state.value == "failed"
    assert trial.failures == {FailureKind.OUT_OF_MEMORY: 2}
    assert "for memory" in trial.attempts[0].error.message
