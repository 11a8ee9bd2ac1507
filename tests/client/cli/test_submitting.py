import subprocess
import sys

import pytest

from parzen.client.handle import StudyHandle
from parzen.shared import bundle
from parzen.shared.keyfiles import make_pair
from parzen.shared.lifecycle import StudyStatus

PARZEN = [sys.executable, "-m", "parzen.client.cli"]
FILE = """
from parzen.client import Float, Study
from beside import square

study = Study("declared", space={"x": Float(0, 1)}, objective=square, max_trials=3)
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "beside.py").write_text("def square(params): return params['x'] ** 2\n")
    (tmp_path / "only_here.py").write_text(FILE)
    return tmp_path / "only_here.py"


@pytest.fixture
def submit(store_uri):
    def run(*words):
        command = [*PARZEN, "submit", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


def test_a_file_that_only_the_laptop_has_is_submitted_with_what_lies_beside(submit, file, store):
    limits = ("--max-trials", 7, "--max-consecutive-failures", 9)
    out = submit(f"{file}:study", "--name", "mine", *limits)
    assert (out.returncode, out.stdout) == (0, "mine\n"), out.stderr
    assert "note: no live coordinator" in out.stderr
    assert "note: no live worker" in out.stderr
    assert "status mine" in out.stderr
    stored = store.catalog.study("mine")
    assert stored.status is StudyStatus.ACTIVE
    assert (stored.limits.max_trials, stored.limits.max_consecutive_failures) == (7, 9)
    assert "beside.py" in bundle.read_manifest(store.queue.bundle(stored)).modules


def test_a_signed_study_says_by_which_key(submit, file, store, tmp_path):
    pair = make_pair(tmp_path / "k")
    out = submit(f"{file}:study", "--sign-key", pair.private)
    assert out.returncode == 0, out.stderr
    assert f"note: study 'declared' is signed by {pair.key_id}" in out.stderr
    assert store.catalog.study("declared").objective.signed_by == pair.key_id


def test_what_cannot_be_submitted_is_one_sentence(submit, file, store):
    out = submit(f"{file}:study", "--name", "a b")
    assert (out.returncode, out.stdout) == (2, "")
    assert out.stderr.startswith("parzen: 'a b' cannot be a study's name")
    assert store.catalog.all_studies() == []


def test_ctrl_c_ends_the_waiting_and_not_the_study(call, file, store, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(StudyHandle, "wait", interrupted)
    code, out, err = call("submit", f"{file}:study", "--wait")
    assert (code, out) == (130, "declared\n")
    first, watch, cancel = err.splitlines()
    assert first == "study 'declared' goes on in the cluster; only the waiting has ended"
    assert "status declared" in watch
    assert "cancel declared" in cancel
    assert store.catalog.study("declared").status is StudyStatus.ACTIVE
