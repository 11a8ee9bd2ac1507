"""``parzen launch local`` as its user has it: real agents, a real store, real signals."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from parzen.worker.launch.local.register import Started, enter, folder


def waits(folder):
    """An objective that ends when the gate is open, or when it is told to stop."""

    def objective(params, trial):
        trial.report(0, 0.0)
        while not Path(folder, "gate").exists():
            if trial.should_stop():
                return None
            time.sleep(0.02)
        return params["x"]

    return objective


def test_agents_survive_the_command_and_run_trials_until_they_are_stopped(
    here, new_lab, until, tmp_path
):
    lab = new_lab(waits(str(tmp_path)), trials=2)
    done = here.call("-n", "2", "--", "--studies", lab.study.name)
    assert done.returncode == 0, done.stderr
    assert "the store has seen them all" in done.stdout
    pids = {one.pid for one in here.running}
    assert len(pids) == 2
    for one in here.running:
        assert os.getsid(one.pid) == one.pid
        assert f"started agent {one.pid}, " in done.stdout
        assert one.log in done.stdout
        assert Path(one.log).stat().st_mode & 0o077 == 0

    until(lambda: lab.states() == ["running", "running"])

    def busy():
        listed = json.loads(here.call("--json").stdout)["items"]
        return {item["pid"]: item["busy"] for item in listed}

    until(lambda: busy() == dict.fromkeys(pids, "1/1"))

    done = here.call("--stop", str(min(pids)))
    assert done.returncode == 0, done.stderr
    assert {one.pid for one in here.running} == pids - {min(pids)}
    assert sorted(lab.states()) == ["running", "waiting"]
    assert here.call("--stop", "all").returncode == 0
    assert lab.states() == ["waiting", "waiting"]
    assert here.call("--list").stdout.splitlines() == ["pid\tsince\tbusy\tlog\tstore"]


def test_draining_finishes_what_runs(here, new_lab, until, tmp_path):
    lab = new_lab(waits(str(tmp_path)), trials=2)
    assert here.call().returncode == 0
    until(lambda: "running" in lab.states())
    assert "finish what runs" in here.call("--stop", "all", "--drain").stdout
    log = Path(here.running[0].log)
    until(lambda: "SIGUSR1 received: draining" in log.read_text())
    (tmp_path / "gate").touch()
    until(lambda: not here.running)
    assert sorted(lab.states()) == ["complete", "waiting"]


def test_an_agent_that_dies_is_told_with_its_last_words(here, mongod_uri):
    done = here.call("--", "--workdir", "/dev/null/nowhere")
    assert done.returncode == 1
    assert "ended with code" in done.stderr
    assert "/dev/null/nowhere" in done.stderr
    assert mongod_uri.split("@")[0].split(":")[-1] not in done.stdout + done.stderr
    assert not here.running


def test_an_agent_with_nothing_to_do_has_quit_and_that_is_no_mistake(here):
    done = here.call("--", "--idle-timeout", "0")
    assert done.returncode == 0, done.stderr


def test_without_its_store_nothing_is_started(here):
    done = here.call(PARZEN_STORE="mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200")
    assert done.returncode == 5
    assert not folder(here.home).exists()


def test_a_dry_run_starts_nothing_and_shows_no_password(here, mongod_uri):
    done = here.call("-n", "2", "--dry-run", "--", "--slots", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("worker --slots 3\n") == 2
    assert mongod_uri.split("@")[0].split(":")[-1] not in done.stdout
    assert not here.home.exists()


@pytest.fixture
def stranger():
    """Somebody else's process."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("words", [("--stop", "all"), ("--stop", "PID"), ("--list",)])
def test_whoever_has_an_agents_number_now_is_left_alone(here, stranger, words):
    folder(here.home).mkdir(parents=True)
    created = psutil.Process(stranger.pid).create_time()
    host = os.uname().nodename
    enter(here.home, Started(pid=stranger.pid, created=created, started_s=1e9, host=host, store="",
                             log="", words=()))  # fmt: skip
    done = here.call(*(str(stranger.pid) if word == "PID" else word for word in words))
    assert done.returncode == (3 if "PID" in words else 0)
    assert "asked" not in done.stdout
    assert stranger.poll() is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--drain"], "--stop all"),
        (["--list", "--stop", "all"], "--list lists the agents"),
        (["--", "--slots", "0"], "does not take"),
        (["--", "--store", "mongodb://h"], "give it to `parzen launch` itself"),
    ],
)
def test_mistakes_are_told(here, words, said):
    done = here.call(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert not here.home.exists()


def test_agents_of_another_store_are_listed_without_asking_it(here, store):
    assert here.call().returncode == 0
    other = "mongodb://127.0.0.1:1/other?serverSelectionTimeoutMS=200"
    done = here.call("--json", PARZEN_STORE=other)
    [item] = json.loads(done.stdout)["items"]
    assert (item["busy"], done.stderr) == (None, "")
    assert here.call("--stop", "all", PARZEN_STORE=other).returncode == 0


def test_help_needs_no_driver():
    code = ("import sys; from parzen.worker.launch.cli import launch; "
            "print('pymongo' in sys.modules or 'numpy' in sys.modules)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
