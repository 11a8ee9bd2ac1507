from __future__ import annotations

import dataclasses
import hashlib
import uuid

import pytest

from parzen.shared import bundle
from parzen.shared.records import Claim, Direction, Image, Study, Trial, Uid
from parzen.shared.space import Float, Space
from parzen.worker.containers.host import Containers
from parzen.worker.executor.container import ONE_EACH
from parzen.worker.executor.process import ProcessExecutor
from parzen.worker.executor.protocol import Done, Gone, Job, Returned


class Rig:
    """Children for one objective, and a way to run a trial in one."""

    replaces = None
    """Why a child is replaced after a trial with which nothing was wrong."""

    def __init__(self, folder, objective, setup):
        self.folder = folder
        built = bundle.build(objective, Space({"x": Float(0, 1)}), setup=setup)
        self.bundle = folder / "bundle.zip"
        self.bundle.write_bytes(built.data)
        self.log = folder / "trial.log"
        self.executor = ProcessExecutor(folder / "children")
        self.children = []

    def spawn(self):
        self.children.append(self.make())
        return self.children[-1]

    def make(self):
        return self.executor.spawn()

    def ready(self, child):
        """It, if it may run another trial."""
        return child if child.usable() else self.spawn()

    @staticmethod
    def folder_of(child):
        return child._folder

    def job(self, number=0, **fields):
        workdir = self.folder / f"work-{number}"
        workdir.mkdir(exist_ok=True)
        job = Job(
            bundle=self.bundle,
            digest=hashlib.sha256(self.bundle.read_bytes()).hexdigest(),
            direction=Direction.MINIMIZE,
            params={"x": 0.5},
            number=number,
            attempt=1,
            workdir=workdir,
            log=self.log,
        )
        return dataclasses.replace(job, **fields)

    def run(self, child, number=0, **fields):
        """All events of a trial but that it has returned, which is told after long ones only."""
        child.run(self.job(number, **fields))
        return [event for event in self.rest(child) if not isinstance(event, Returned)]

    def rest(self, child):
        events = []
        while not (events and isinstance(events[-1], (Done, Gone))):
            events += child.receive(30.0)
        return events

    def close(self):
        for child in self.children:
            child.kill(0.0)


class ContainedRig(Rig):
    """Children in containers, by a real engine."""

    replaces = ONE_EACH

    def __init__(self, folder, objective, setup, image, **fields):
        super().__init__(folder, objective, setup)
        self.image = Image(name=image, **fields)
        self.containers = Containers(folder / "children")
        self.containers.begin()
        assert self.containers.able

    def make(self):
        study = Study(name="s", uid=Uid("u"), dimensions=(), image=self.image)
        trial = Trial(study="s", uid=study.uid, number=0, params={})
        return self.containers.spawn(Claim(study, trial, uuid.uuid4().hex, 60.0))

    def job(self, number=0, **fields):
        made = super().job(number, **fields)
        made.log.touch()  # as the agent does
        return made

    @staticmethod
    def folder_of(child):
        return child._berth.folder

    def close(self):
        super().close()
        self.containers.close()


@pytest.fixture
def contained_rig(tmp_path, monkeypatch, engine, base):
    """Make a rig whose trials run in containers of the base image."""
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    rigs = []

    def make(objective, setup=None, image=base, **fields):
        rigs.append(ContainedRig(tmp_path, objective, setup, image, **fields))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()
    assert engine.docker("ps", "--all", "--quiet", "--filter", "label=parzen.trial") == ""


@pytest.fixture(params=["process", pytest.param("container", marks=pytest.mark.docker)])
def any_rig(request):
    """A rig for each kind of child."""
    return request.getfixturevalue({"process": "new_rig"}.get(request.param, "contained_rig"))


@pytest.fixture
def new_rig(tmp_path):
    rigs = []

    def make(objective, setup=None):
        rigs.append(Rig(tmp_path, objective, setup))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()
