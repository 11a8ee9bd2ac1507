from __future__ import annotations

import dataclasses
import hashlib

import pytest

from parzen.shared import bundle
from parzen.shared.records import Direction
from parzen.shared.space import Float, Space
from parzen.worker.executor.process import ProcessExecutor
from parzen.worker.executor.protocol import Done, Gone, Job, Returned


class Rig:
    """Children for one objective, and a way to run a trial in one."""

    def __init__(self, folder, objective, setup):
        self.folder = folder
        built = bundle.build(objective, Space({"x": Float(0, 1)}), setup=setup)
        self.bundle = folder / "bundle.zip"
        self.bundle.write_bytes(built.data)
        self.log = folder / "trial.log"
        self.executor = ProcessExecutor(folder / "children")
        self.children = []

    def spawn(self):
        self.children.append(self.executor.spawn())
        return self.children[-1]

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


@pytest.fixture
def new_rig(tmp_path):
    rigs = []

    def make(objective, setup=None):
        rigs.append(Rig(tmp_path, objective, setup))
        return rigs[-1]

    yield make
    for rig in rigs:
        rig.close()
