"""``parzen worker`` as a process of its own, with signals."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from parzen.shared import mongo, signing
from parzen.shared.errors import InvalidInput
from parzen.worker import cli
from parzen.worker.cli import worker


def said(tmp_path, n=0):
    return (tmp_path / f"worker-{n}.log").read_text()


def works(params, trial):
    trial.report(0, params["x"])
    return 0.25


def waits(params, trial):
    trial.report(os.getpid(), 0.0)
    while not trial.should_stop():
        time.sleep(0.01)
    raise trial.pruned()


def test_it_says_who_it_is_and_what_became_of_each_trial(new_lab, new_worker, tmp_path, mongod_uri):
    lab = new_lab(works, trials=2)
    process = new_worker("--max-trials", "2", "--slots", "2", "--studies", f"{lab.study.name},b")
    assert process.wait(60) == 0
    assert lab.states() == ["complete", "complete"]
    text = said(tmp_path)
    assert f"with 2 slots serves {lab.study.name}, b on mongodb://" in text
    assert f"trial 0 of {lab.study.name} complete: 0.25 in" in text
    assert "has quit" in text
    secret = mongod_uri.split("@")[0].split(":")[-1]
    assert secret not in text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_gives_running_trials_back(new_lab, new_worker, until, number, tmp_path):
    lab = new_lab(waits)
    process = new_worker("--grace", "30")
    (pid, _) = until(lambda: lab.trial().last)
    process.send_signal(number)
    assert process.wait(60) == 0
    assert lab.states() == ["waiting"]
    assert not psutil.pid_exists(pid)
    assert list(lab.store.queue.workers()) == []
    assert f"{number.name} received: stopping" in said(tmp_path)


def test_sigusr1_finishes_what_runs(new_lab, new_worker, until, tmp_path):
    go = str(tmp_path / "go")

    def objective(params, trial):
        trial.report(0, 0.0)
        while not Path(go).exists():
            time.sleep(0.01)
        return 0.0

    lab = new_lab(objective, trials=2)
    process = new_worker()
    until(lambda: lab.trial().last)
    process.send_signal(signal.SIGUSR1)
    until(lambda: "finishing what runs" in said(tmp_path))
    Path(go).touch()
    assert process.wait(60) == 0
    assert lab.states() == ["complete", "waiting"]
    assert "SIGUSR1 received: draining" in said(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
def test_orphans_of_trials_are_ended_and_no_zombie_stays(new_lab, new_worker, until):
    def objective(params, trial):
        read, write = os.pipe()
        if os.fork() == 0:
            os.setsid()
            pid = os.fork()
            if pid == 0:
                time.sleep(300 * trial.number)  # the first one ends by itself
            else:
                os.write(write, str(pid).encode())
            os._exit(0)
        os.wait()
        return {"loss": 0.0, "orphan": int(os.read(read, 99))}

    lab = new_lab(objective, trials=4)
    process = new_worker()
    until(lambda: lab.states() == ["complete"] * 4)

    def family():
        return psutil.Process(process.pid).children(recursive=True)

    orphans = [lab.trial(n).result["orphan"] for n in range(4)]
    until(lambda: not any(map(psutil.pid_exists, orphans)))
    until(lambda: all(p.status() != psutil.STATUS_ZOMBIE for p in family()))
    until(lambda: len(family()) <= 2)  # the guard, and a warm child, if that
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


ESCAPED = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.closerange(3, 1024)
        print(os.getpid(), flush=True)
        os.dup2(0, 1)
        code = "import os, time; os.fork(); time.sleep(300)"
        os.execve(sys.executable, [sys.executable, "-c", code], {})
    os._exit(0)
os.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
def test_whom_a_killed_keeper_left_ends_at_once_and_nobody_elses(new_lab, new_worker, tmp_path):
    code, note = ESCAPED, str(tmp_path / "left")

    def objective(params, trial):
        done = subprocess.run([sys.executable, "-c", code], stdout=-1, check=True)
        if trial.number == 0:
            Path(note).write_bytes(done.stdout)
            os.kill(os.getppid(), signal.SIGKILL)
            signal.pause()
        while not (Path(note).exists() and (left := Path(note).read_text()).endswith("\n")):
            time.sleep(0.01)
        while Path("/proc", left.strip()).exists():
            time.sleep(0.01)
        os.kill(int(done.stdout), 0)  # its own lives
        return {"loss": 0.0, "left": int(left), "own": int(done.stdout)}

    lab = new_lab(objective, trials=2, trial_timeout_s=30.0)
    process = new_worker("--slots", "2", "--max-trials", "2")
    assert process.wait(60) == 0
    assert lab.states() == ["failed", "complete"]
    assert "its process was killed by SIGKILL" in lab.trial(0).attempts[0].error.message
    assert not psutil.pid_exists(lab.trial(1).result["own"])


def test_a_killed_worker_leaves_its_trial_to_its_lease(new_lab, new_worker, until):
    lab = new_lab(waits)
    process = new_worker("--lease", "2")
    (pid, _) = until(lambda: lab.trial().last)
    process.kill()
    process.wait()
    until(lambda: not psutil.pid_exists(pid))
    until(lambda: list(lab.store.ledger.expire(lab.lead())) == [0])
    assert lab.states() == ["waiting"]


@pytest.mark.parametrize(
    "words",
    [
        ["--slots", "0"],
        ["--lease", "1"],
        ["--grace", "-1"],
        ["--max-trials", "0"],
        ["--idle-timeout", "soon"],
        ["--claim-for", "-1"],
        ["--max-consecutive-failures", "0"],
        ["--store", "nonsense"],
    ],
)
def test_a_wrong_argument_is_refused_at_once(words):
    result = CliRunner().invoke(worker, words)
    assert result.exit_code != 0


@pytest.mark.parametrize(
    ("words", "variable", "why"),
    [
        (["--trust", ""], None, "an empty path names no key"),
        ([], "", "PARZEN_TRUST is set and empty"),
        ([], "/no/such/key.pub", "No such file"),
        (["--trust", "private"], None, "holds a private key"),
        (["--trust", "."], None, "no .pub file"),
        (["--allow-entry", "mylab"], None, "add --no-pickle"),
        (["--no-pickle", "--allow-entry", "my lab"], None, "is no module"),
    ],
)
def test_trust_that_protects_nothing_is_refused_before_anything_is_done(
    words, variable, why, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "private").write_bytes(signing.private_pem(signing.new_signer()))
    monkeypatch.setattr(mongo, "open_store", None)
    if variable is not None:
        monkeypatch.setenv("PARZEN_TRUST", variable)
    result = CliRunner().invoke(worker, words)
    assert why in f"{result.output} {result.exception}"
    assert isinstance(result.exception, (InvalidInput, SystemExit))
    assert result.exit_code != 0


def test_what_is_asked_for_is_what_the_agent_does(monkeypatch):
    asked = []
    monkeypatch.setattr(
        cli, "serve", lambda where, options, wait_s, **_: asked.append(options) or 7
    )
    words = ["--max-trials", "9", "--idle-timeout", "5", "--claim-for", "60"]
    done = CliRunner().invoke(worker, [*words, "--max-consecutive-failures", "3"])
    assert done.exit_code == 7
    (options,) = asked
    assert (options.max_trials, options.idle_timeout_s, options.claim_for_s) == (9, 5.0, 60.0)
    assert (options.max_consecutive_failures, options.alone) == (3, True)


def test_help_needs_no_driver():
    code = "import sys; from parzen.worker.cli import worker; print('pymongo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert "SIGUSR1" in CliRunner().invoke(worker, ["--help"]).output
