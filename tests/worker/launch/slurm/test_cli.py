"""``parzen launch slurm`` on a real Slurm, with a real store."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engines.slurm import NoSlurm, a_slurm

from parzen.shared.lifecycle import FailureKind
from parzen.worker.slurm import Deadline, allocation

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(400)]

WORDS = ("--time", "30", "--cpus-per-node", "2", "--gpus-per-node", "2")


@pytest.fixture(scope="module")
def slurm():
    """A Slurm with one node of four GPUs; where none is to be had, the tests are skipped."""
    try:
        with a_slurm() as found:
            yield found
    except NoSlurm as error:
        pytest.skip(str(error))


class Site:
    """A user of the cluster, with a home of its own."""

    def __init__(self, slurm, store, uri, folder):
        self.slurm, self.store, self.home = slurm, store, folder / "shared home"
        self.environ = {**slurm.environ, "PARZEN_STORE": uri, "PARZEN_HOME": str(self.home)}

    def call(self, *words, **environ):
        return subprocess.run(
            [sys.executable, "-m", "parzen.client.cli", "launch", "slurm", *words],
            env={**self.environ, **environ}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def launch(self, *words):
        """Submit; the array's id."""
        done = self.call(*words)
        assert done.returncode == 0, done.stderr
        return re.match(r"submitted (\d+): ", done.stdout)[1]

    def listed(self):
        done = self.call("--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["items"]

    def alive(self, job=""):
        """Those (of ``job``) that wait or run: Slurm remembers what failed in other tests."""
        of = [one for one in self.listed() if job in ("", one["task"].split("_")[0])]
        return [one for one in of if one["state"] != "FAILED"]

    def log(self, job, task=0):
        [path] = (self.home / "slurm" / "logs").glob(f"*-{job}_{task}.log")
        return path.read_text()

    def ended(self, job):
        return not self.slurm.states(job)


@pytest.fixture
def site(slurm, store, mongod_uri, tmp_path):
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
    made = Site(slurm, store, uri, tmp_path)
    yield made
    made.call("--cancel", "all")


def meets(folder):
    """An objective that ends once agents of two tasks have begun one, and says what Slurm gave."""

    def objective(params, trial):
        names = ("SLURM_ARRAY_TASK_ID", "SLURM_JOB_GPUS", "SLURM_CPUS_ON_NODE")
        Path(folder, f"met-{os.environ['SLURM_ARRAY_TASK_ID']}").touch()
        while len(list(Path(folder).glob("met-*"))) < 2:
            time.sleep(0.02)
        secrets = [name for name in os.environ if name.startswith("PARZEN_STORE")]
        return {"loss": params["x"], "secrets": secrets, "env": [os.environ[n] for n in names]}

    return objective


def hopes(params, trial):
    """An objective that ends once it has been given more time; says what it was given at first."""
    given = allocation()
    deadline = Deadline(given)
    deadline.ask()
    first = deadline.left_s()
    while (left := deadline.left_s()) < 3600:
        trial.report(0, left)
        time.sleep(0.2)
        deadline.ask()
    return {"loss": 0.0, "first": first, "then": left, "margin": given.margin_s, "job": given.job}


def saves(folder):
    """An objective that saves itself when it is told to stop, and goes on when the gate is open."""

    def objective(params, trial):
        before = trial.previous_workdir
        trial.report(trial.attempt, 0.0)
        while not Path(folder, "gate").exists():
            if trial.should_stop():
                (trial.workdir / "saved").write_text("so far")
                return None
            time.sleep(0.02)
        return {"loss": 0.5, "resumed": before is not None and (before / "saved").exists()}

    return objective


def deaf(params, trial):
    """An objective that never looks whether it should stop."""
    trial.report(0, 0.0)
    time.sleep(600)


def outcomes(lab, number=0):
    """What became of each attempt; nothing but preemptions may have ended one."""
    trial = lab.trial(number)
    assert set(trial.failures) <= {FailureKind.PREEMPTED}
    return [attempt.outcome for attempt in trial.attempts]


def starts(site, task):
    """How often an agent has begun in a task: its log goes on when it is requeued."""
    job, n = task.split("_")
    return len(re.findall(rf"worker slurm-{task}:\S+ with ", site.log(job, n)))


def test_an_array_runs_a_study_on_the_gpus_that_slurm_assigns(site, new_lab, tmp_path, until):
    lab = new_lab(meets(str(tmp_path)), trials=6)
    job = site.launch("--nodes", "2", *WORDS, "--", "--studies", lab.study.name)
    until(lambda: lab.states() == ["complete"] * 6, 90)

    said = [lab.trial(n).result for n in range(6)]
    assert {tuple(result["env"]) for result in said} <= {
        ("0", "0,1", "2"), ("0", "2,3", "2"), ("1", "0,1", "2"), ("1", "2,3", "2")}  # fmt: skip
    assert len({result["env"][1] for result in said}) == 2
    assert all(result["secrets"] == [] for result in said)

    agents = {agent["task"]: agent for agent in site.alive(job)}
    assert set(agents) == {f"{job}_0", f"{job}_1"}
    for task, agent in agents.items():
        assert agent["state"] == "RUNNING"
        assert agent["worker"].startswith(f"slurm-{task}:")
        assert agent["busy"] == "0/1"
    assert all(0 < worker.time_left_s < 1800 for worker in site.store.queue.workers())

    assert site.call("--cancel", f"{job}_1").returncode == 0
    until(lambda: set(site.slurm.states(job)) == {f"{job}_0"}, 60)
    assert site.call("--cancel", "all").returncode == 0
    until(lambda: site.ended(job), 60)
    assert list(site.store.queue.workers()) == []


def test_an_agent_knows_its_time_and_hears_of_more(site, new_lab, until):
    lab = new_lab(hopes)
    job = site.launch(*WORDS)
    until(lambda: lab.trial().last, 60)
    site.slurm.said("scontrol", "update", f"JobId={job}_0", "TimeLimit=90")
    until(lambda: lab.states() == ["complete"], 60)
    result = lab.trial().result
    assert (result["job"], result["margin"]) == (f"{job}_0", 140)
    assert 1500 < result["first"] <= 30 * 60 - 140
    assert 3600 <= result["then"] <= 90 * 60 - 140


def test_cancelling_gives_a_running_trial_back_at_once(site, new_lab, tmp_path, until):
    lab = new_lab(saves(str(tmp_path)))
    job = site.launch(*WORDS, "--", "--grace", "60")
    until(lambda: lab.trial().last, 60)
    other = site.slurm.said(
        "sbatch", "--parsable", "--output=/dev/null", "--wrap", "sleep 60"
    ).strip()
    assert site.call("--cancel", "all").returncode == 0
    until(lambda: site.ended(job), 60)
    assert lab.states() == ["waiting"]
    assert outcomes(lab) == ["released"]
    assert "back into the queue" not in site.log(job)
    assert site.slurm.states(other)  # nobody asked for that
    assert site.call("--cancel", other).returncode == 3
    site.slurm.said("scancel", other)


def test_a_trial_that_will_not_stop_is_given_back_before_slurm_kills(site, new_lab, until):
    lab = new_lab(deaf)
    job = site.launch(*WORDS, "--", "--grace", "60")
    until(lambda: lab.trial().last, 60)
    assert site.call("--cancel", job).returncode == 0
    until(lambda: site.ended(job), 60)
    assert lab.states() == ["waiting"]
    assert outcomes(lab) == ["released"]
    assert site.log(job).count("SIGTERM received: stopping") == 2


def test_the_warning_gives_trials_back_and_its_job_alone_queues_again(
    site, new_lab, tmp_path, until
):
    lab = new_lab(saves(str(tmp_path)), trials=2)
    job = site.launch("--nodes", "2", *WORDS)
    until(lambda: lab.trial(0).last and lab.trial(1).last, 60)
    # the one task whose own id is the array's
    [warned] = [agent["task"] for agent in site.alive() if agent["job"] == job]
    [other] = {f"{job}_0", f"{job}_1"} - {warned}
    site.slurm.said("scancel", "--signal=USR1", "--batch", warned)
    until(lambda: starts(site, warned) == 2, 60)
    until(lambda: lab.states() == ["running", "running"], 60)
    (tmp_path / "gate").touch()
    until(lambda: lab.states() == ["complete", "complete"], 60)
    assert starts(site, other) == 1
    ended = sorted((outcomes(lab, n) for n in range(2)), key=len)
    assert ended == [["complete"], ["released", "complete"]]
    assert sorted(lab.trial(n).result["resumed"] for n in range(2)) == [False, True]
    assert "time is nearly over" in site.log(job, warned[-1])
    assert set(site.slurm.states(job)) == {warned, other}


def test_an_administrator_may_requeue_it(site, new_lab, tmp_path, until):
    lab = new_lab(saves(str(tmp_path)))
    job = site.launch(*WORDS)
    until(lambda: lab.trial().last, 60)
    site.slurm.said("scontrol", "requeue", f"{job}_0")
    until(lambda: (lab.trial().last or (0,))[0] == 2, 120)
    (tmp_path / "gate").touch()
    until(lambda: lab.states() == ["complete"], 60)
    assert outcomes(lab) == ["released", "complete"]


def test_a_time_limit_that_is_reached_costs_nothing(site, new_lab, tmp_path, until):
    lab = new_lab(saves(str(tmp_path)))
    words = ("--time", "2", "--warning", "25", "--cpus-per-node", "2", "--no-requeue")
    job = site.launch(*words, "--", "--grace", "5")
    until(lambda: lab.trial().last, 60)
    until(lambda: site.ended(job), 200)
    assert lab.states() == ["waiting"]
    assert outcomes(lab) == ["released"]
    assert "time is nearly over" in site.log(job)


def test_an_agent_that_has_nothing_to_do_ends_its_job(site, until):
    job = site.launch(*WORDS, "--", "--idle-timeout", "1")
    until(lambda: site.ended(job), 60)
    assert "has quit" in site.log(job)
    assert "queue" not in site.log(job)
    assert "ExitCode=0:0" in site.slurm.said("scontrol", "show", "job", job)


def test_agents_that_fail_at_once_are_listed_with_their_logs(site, until):
    job = site.launch(*WORDS, "--python", "/no/such/python")
    until(lambda: site.ended(job), 60)
    [agent] = [one for one in site.listed() if one["task"] == f"{job}_0"]
    assert agent["state"] == "FAILED"
    done = site.call("--list")
    log = f"{site.home}/slurm/logs/parzen-{job}_0.log"
    assert f"note: {job}_0 ended as FAILED: see {log}\n" in done.stderr
    assert "/no/such/python" in Path(log).read_text()
    assert site.call("--cancel", job).returncode == 3


def test_another_agent_takes_the_place_of_one_that_was_killed(site, new_lab, tmp_path, until):
    lab = new_lab(saves(str(tmp_path)))
    job = site.launch(*WORDS)
    until(lambda: lab.trial().last, 60)
    [worker] = site.store.queue.workers()
    os.kill(worker.pid, signal.SIGKILL)
    until(lambda: starts(site, f"{job}_0") == 2, 60)
    assert "its agent was killed: starting another one (1 of 3)" in site.log(job)
    assert set(site.slurm.states(job).values()) == {"RUNNING"}
    (tmp_path / "gate").touch()


def test_odd_names_arrive_as_they_were_given(site, until, tmp_path):
    folder = tmp_path / "it's 100% $HOME (logs)"
    comment = "a \"b\" 'c' $HOME `d` \\ #e | f"
    job = site.launch(
        *WORDS, "--job-name", "my job's $x", "--comment", comment, "--output", str(folder),
        "--activate", "export ODD='it'\\''s'", "--", "--idle-timeout", "1", "--labels", "$HOME 'x'",
    )  # fmt: skip
    said = site.slurm.said("squeue", "--array", "--noheader", "--format=%k|%j")
    assert f"{comment} (parzen agents)|my job's $x" in said
    [agent] = site.alive(job)
    assert agent["name"] == "my job's $x"
    until(lambda: site.ended(job), 60)
    [log] = folder.iterdir()
    assert log.name == f"my job's $x-{job}_0.log"
    assert "has quit" in log.read_text()


def test_what_sbatch_refuses_is_told_with_what_to_do(site):
    done = site.call("--time", "30", "--gpus-per-node", "9")
    assert done.returncode == 2
    assert "sbatch refused the job" in done.stderr
    assert "Requested node configuration is not available" in done.stderr
    assert "`sinfo" in done.stderr
    assert not list((site.home / "slurm").glob("*.sh"))


def test_a_store_that_does_not_answer_here_is_told_and_is_no_hindrance(site):
    nowhere = "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=200"
    done = site.call(*WORDS, PARZEN_STORE=nowhere)
    assert done.returncode == 0
    assert "no MongoDB answered" in done.stderr
    done = site.call("--json", PARZEN_STORE=nowhere)
    assert "this is only what Slurm knows" in done.stderr
    assert "RUNNING" in done.stdout or "PENDING" in done.stdout


def test_the_password_stands_in_one_private_file(site, mongod_uri):
    password = mongod_uri.split("@")[0].split(":")[-1]
    job = site.launch(*WORDS, "--", "--idle-timeout", "600")
    site.launch(*WORDS)
    assert password not in site.slurm.said("scontrol", "show", "job", job)
    holding = [
        p for p in site.home.rglob("*") if p.is_file() and password in p.read_text("latin-1")
    ]
    assert [path.name for path in holding] == ["store.uri"]
    assert holding[0].stat().st_mode & 0o777 == 0o600
