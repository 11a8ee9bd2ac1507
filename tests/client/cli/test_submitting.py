import subprocess
import sys

import pytest

from parzen.client.handle import StudyHandle
from parzen.shared import bundle
from parzen.shared.keyfiles import make_pair
from parzen.shared.lifecycle import StudyStatus
from parzen.shared.records import Completed

PARZEN = [sys.executable, "-m", "parzen.client.cli"]
FILE = """
from parzen.client import Float, Study
from beside import square

study = Study("declared", space={"x": Float(0, 1)}, objective=square, max_trials=3)
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "only_here", raising=False)
    monkeypatch.delitem(sys.modules, "beside", raising=False)
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


def test_a_study_is_started_with_points_and_with_other_studies(call, file, store, worked):
    for name in ("one", "two"):
        worked(Completed(value=0.25), name=name, uid=name)
    points = file.with_name("points.csv")
    points.write_text("x\n0.5\n0.25\n")
    given = ("--points", points, "--warm-start", "one", "--warm-start", "two")
    code, out, err = call("submit", f"{file}:study", *given)
    assert (code, out) == (0, "declared\n"), err
    assert "note: took over 1 of 1 complete trial of 'one': 1 of 1 parameter in common" in err
    assert "note: took over 1 of 1 complete trial of 'two'" in err
    study = store.catalog.study("declared")
    assert [s["study"] for s in study.sampler.options["sources"]] == ["one", "two"]
    assert [t.params["x"] for t in store.catalog.trials(study)] == [0.5, 0.25]
    code, out, _ = call("show", "declared")
    assert (code, "warm started from 'one' (1 trial) and 'two' (1 trial)" in out) == (0, True)
    assert "losses" not in out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--warm-start", "nothing"], 3, "there is no study 'nothing'"),
        (["--warm-start", "empty"], 2, "study 'empty' has no complete trial to start from"),
        (["--points", "many.json"], 2, "4 points cannot be tried with max_trials=3"),
        (["--points", "wrong.json"], 2, "parzen: "),
    ],
)
def test_what_a_study_cannot_be_started_with_is_one_sentence(
    call, file, store, worked, monkeypatch, words, code, says
):
    worked(name="empty")
    monkeypatch.chdir(file.parent)
    file.with_name("many.json").write_text('[{"x": 0.1}, {"x": 0.2}, {"x": 0.3}, {"x": 0.4}]')
    file.with_name("wrong.json").write_text('[{"x": 7}]')
    found, out, err = call("submit", f"{file}:study", *words)
    assert (found, out) == (code, "")
    assert err.startswith("parzen: ")
    assert says in err
    assert err.count("\n") == 1
    assert [study.name for study in store.catalog.all_studies()] == ["empty"]
