"""The disk under the database fills up in the middle of a study, and there is room again later."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from engines.patience import until

from parzen.client import Float, Study
from parzen.shared.errors import EmbeddedError
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.mongo import connect
from parzen.shared.mongo.embedded import Embedded

DISK = "1500m"
"""More than what the embedded server wants to see free before it starts."""


@pytest.fixture
def disk(tmp_path):
    """A small disk of the database's own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "parzen-test", str(folder)],
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"only root may mount a small disk: {made.stderr.decode().strip()}")
    yield folder
    Embedded(folder).down()
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def start(tmp_path):
    running = []

    def one(room, uri):
        command = [sys.executable, "-m", "parzen.client.cli", room, "--data-dir", str(tmp_path)]
        environ = {**os.environ, "PARZEN_STORE": uri}
        with (tmp_path / f"{room}.log").open("w") as log:
            running.append(subprocess.Popen(command, env=environ, stderr=log))
        return tmp_path / f"{room}.log"

    yield one
    for process in running:
        process.kill()
        process.wait(30)


def write_on(sink, block):
    while True:
        sink.write(block)


def fill(disk):
    """Take all the room that there is, to the last page."""
    with (disk / "filler").open("wb", buffering=0) as sink:
        for size in (1 << 20, 4096):
            with pytest.raises(OSError, match="No space left on device"):
                write_on(sink, bytes(size))


def objective(params, trial):
    import time as clock  # noqa: PLC0415 - it travels

    clock.sleep(0.05)
    trial.attach("bulk", bytes(1 << 18))  # what fills disks
    return params["x"]


def test_a_full_disk_loses_nothing_and_the_study_goes_on_when_there_is_room(disk, start):
    uri = Embedded(disk).up().uri
    port = Embedded(disk).running().port
    study = Study("full", space={"x": Float(0, 1)}, objective=objective, max_trials=60)
    with study.submit(uri) as handle:
        logs = [start(room, uri) for room in ("coordinator", "worker")]
        until(lambda: len(handle.trials(states=["complete"], slim=True)) >= 5)
    fill(disk)
    until(lambda: Embedded(disk).running() is None)
    with pytest.raises(EmbeddedError, match=r"has 0 MB free.*make room"):
        Embedded(disk).up(port)
    (disk / "filler").unlink()
    Embedded(disk).up(port)

    with connect(uri) as store:
        until(lambda: store.catalog.study("full").status.ended)
        ended = store.catalog.study("full")
        trials = list(store.catalog.trials(ended, slim=False))

    assert (ended.status, ended.status_reason) == (StudyStatus.COMPLETE, "reached max_trials = 60")
    assert [t.number for t in trials] == list(range(60))
    for trial in trials:
        assert trial.state is TrialState.COMPLETE
        assert [a.outcome for a in trial.attempts].count("complete") == 1
        assert trial.value == trial.params["x"]
    for log in logs:
        said = log.read_text()
        assert "Traceback" not in said
        assert said.count("does not answer") <= 2, said
