import contextlib
import os
import resource
import subprocess
from pathlib import Path

import pytest

from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import Retries
from parzen.worker.agent import Agent
from parzen.worker.node import Node
from parzen.worker.options import Options
from parzen.worker.workdirs import Workdirs


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 100 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=100m", "none", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small file system to fill")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_becomes_full_ends_the_claiming_until_there_is_room(
    new_lab, new_agent, until, small_disk, caplog
):
    def objective(params, trial):
        if trial.number == 0:
            (trial.workdir.parents[2] / "large").write_bytes(bytes(60 << 20))
        return 0.0

    lab = new_lab(objective, trials=2)
    new_agent(workdir=small_disk)
    until(lambda: "cannot run trials, and claims none" in caplog.text)
    until(lambda: lab.states() == ["complete", "waiting"])
    assert "expected at least 64" in caplog.text
    assert lab.trial(1).attempt == 0
    (small_disk / "large").unlink()
    until(lambda: lab.states() == ["complete", "complete"])
    assert "can run trials again" in caplog.text


def test_what_cannot_be_started_goes_back_at_no_cost(
    new_lab, new_agent, until, monkeypatch, tmp_path
):
    lab = new_lab(lambda params: 0.0)
    failing = [OSError(28, "No space left on device")]

    def prepare(self, claim, spare=None, real=Workdirs.prepare):
        if failing:
            raise failing.pop()
        return real(self, claim, spare)

    monkeypatch.setattr(Workdirs, "prepare", prepare)
    agent = new_agent()
    until(lambda: lab.states() == ["complete"])
    assert [a.outcome for a in lab.trial().attempts] == ["released", "complete"]
    assert not agent.agent.worker.quarantined


@pytest.fixture
def hoard(monkeypatch):
    """Let the first trial find only so many free descriptors; the second finds enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken, left = [], []

    def take():
        highest = max(int(path.name) for path in Path("/dev/fd").iterdir())
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 9, hard))
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(left.pop()):
            os.close(taken.pop())

    def give_back():
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        while taken:
            os.close(taken.pop())

    def prepare(self, claim, spare=None, real=Workdirs.prepare):
        give_back()
        place = real(self, claim)
        if left:
            take()
        return place

    monkeypatch.setattr(Workdirs, "prepare", prepare)
    yield left.append
    give_back()


@pytest.mark.parametrize("free", [1, 3, 5, 8])
def test_a_trial_without_descriptors_for_its_child_goes_back_at_no_cost(
    new_lab, run_all, caplog, hoard, free, monkeypatch
):
    monkeypatch.setattr("parzen.worker.agent.WARM", 0)
    lab = new_lab(lambda params: 0.0)
    hoard(free)
    run_all(2)
    assert [a.outcome for a in lab.trial().attempts] == ["released", "complete"]
    assert "claims none until it can: [Errno 24] Too many open files" in caplog.text


def test_a_full_disk_does_not_put_a_study_in_quarantine(new_lab, new_agent, until, monkeypatch):
    def objective(params):
        return 0.0

    lab = new_lab(objective)
    lab.store.db["objectives.chunks"].update_one({}, {"$set": {"data": b"short"}})
    checked = []

    def probe(self):
        checked.append(1)
        if len(checked) > 1:
            raise OSError(28, "No space left on device")
        self.root.mkdir(parents=True)

    monkeypatch.setattr(Workdirs, "probe", probe)
    agent = new_agent()
    until(lambda: lab.trial().attempts and lab.trial().attempts[-1].outcome == "released")
    assert not agent.agent.worker.quarantined


def test_a_work_directory_that_cannot_be_one_is_refused_at_the_start(store, tmp_path):
    file = tmp_path / "file"
    file.touch()
    agent = Agent(store, Options(home=tmp_path / "home", workdir=file / "work"))
    with pytest.raises(InvalidInput, match=r"trials cannot live in .*file/work.*--workdir"):
        agent.run()
    assert list(store.queue.workers()) == []


def test_trouble_is_told_once(tmp_path, caplog):
    node = Node(Workdirs(tmp_path / "work"))
    node.require()
    for _ in range(3):
        node.failed("no process could be started")
    node.worked()
    node.worked()
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_a_disk_without_room_costs_what_was_claimed_ahead_nothing(
    new_lab, new_agent, until, monkeypatch
):
    real, left = Workdirs.prepare, [60]

    def prepare(self, claim, spare=None):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        return real(self, claim, spare)

    lab = new_lab(lambda params: 0.0, trials=120, retries=Retries(preempted=0))
    monkeypatch.setattr(Workdirs, "prepare", prepare)
    agent = new_agent()
    until(lambda: lab.states().count("failed") and "running" not in lab.states())
    agent.agent.stop()
    agent.join()
    assert lab.states().count("failed") <= 3  # a look at the disk each, and no more
    assert lab.states().count("waiting") >= 57
