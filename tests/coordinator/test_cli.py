from __future__ import annotations

import signal
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from engines.patience import until

from parzen.coordinator.cli import coordinator
from parzen.shared.lifecycle import TrialState

COMMAND = "from parzen.coordinator.cli import coordinator; coordinator()"


class Process:
    """A real coordinator process and what it says."""

    def __init__(self, uri, *options):
        self.child = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "--store", uri, "--lease", "1", *options],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.child.stderr:
            self.said += line

    def end(self, number=None):
        """Signal it, or wait for it; its exit code."""
        if number is not None:
            self.child.send_signal(number)
        code = self.child.wait(20)
        self._reader.join(20)
        self.child.stderr.close()
        return code


@pytest.fixture
def new_process(store, mongod_uri):
    uri = mongod_uri.replace("/parzen?", f"/{store.db.name}?")
    made = []

    def make(*options):
        made.append(Process(uri, *options))
        return made[-1]

    yield make
    for process in made:
        if process.child.returncode is None:
            process.end(signal.SIGKILL)


def test_it_serves_until_it_is_told_to_stop(store, mongod_uri, new_study, new_process):
    new_study()
    process = new_process()
    until(lambda: store.catalog.study("study").lease)
    assert process.end(signal.SIGTERM) == 0
    assert store.catalog.workers() == []
    assert "serves all studies on mongodb://" in process.said
    assert "leading study 'study'" in process.said
    assert process.said.index("SIGTERM received: stopping") < process.said.index("has stopped")
    assert urlsplit(mongod_uri).password not in process.said


def test_killed_and_started_again_it_goes_on_with_nothing_lost(
    store, new_study, new_hand, new_process
):
    study = new_study(max_trials=60)
    hand = new_hand(slots=2)
    process = new_process()
    until(lambda: hand.work(study, 4) * 0 or len(list(store.catalog.trials(study))) > 20)
    assert process.end(signal.SIGKILL) == -signal.SIGKILL
    hand.work(study, 4)
    again = new_process("--exit-when-done", "--studies", "study,another")
    until(lambda: hand.work(study, 4) * 0 or again.child.poll() is not None)
    assert again.end() == 0
    trials = list(store.catalog.trials(study))
    assert [trial.number for trial in trials] == list(range(60))
    assert {trial.state for trial in trials} == {TrialState.COMPLETE}
    assert "taken over from" in again.said
    assert "study 'study' is complete: reached max_trials = 60; best loss" in again.said


def test_done_with_nothing_to_do_it_quits(new_process):
    assert new_process("--exit-when-done").end() == 0


def test_a_study_that_is_not_there_yet_is_asked_about(new_study, new_process):
    new_study("chat")
    process = new_process("--studies", "chatty", "--exit-when-done")
    assert process.end() == 0
    assert "nothing to serve yet under one of the names: there is no study 'chatty'" in process.said
    assert "did you mean 'chat'?" in process.said


def test_a_lease_that_is_too_short_is_refused():
    found = CliRunner().invoke(coordinator, ["--lease", "0.1"])
    assert found.exit_code == 2
    assert "0.1 is not in the range 1<=x" in found.output
