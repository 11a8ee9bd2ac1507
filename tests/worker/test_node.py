import subprocess

import pytest

from parzen.shared.errors import InvalidInput
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
    assert lab.states() == ["complete", "waiting"]
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

    def prepare(self, claim, real=Workdirs.prepare):
        if failing:
            raise failing.pop()
        return real(self, claim)

    monkeypatch.setattr(Workdirs, "prepare", prepare)
    agent = new_agent()
    until(lambda: lab.states() == ["complete"])
    assert [a.outcome for a in lab.trial().attempts] == ["released", "complete"]
    assert not agent.agent.worker.quarantined


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
