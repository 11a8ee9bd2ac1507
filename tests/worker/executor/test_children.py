"""What every executor's children do: a process's, and with a Docker engine a container's."""

import atexit
import hashlib
import math
import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from parzen.shared.lifecycle import FailureKind
from parzen.shared.records import Completed, Failed, Failure, Pruned
from parzen.worker.executor.protocol import Attached, Done, Gone, Measured, Returned, Started


def test_a_trial_says_what_happens_in_order(any_rig):
    def objective(params, trial):
        trial.report(1, 0.25)
        trial.attach("raw", b"\0\xff")
        return {"loss": params["x"], "note": b"\1"}

    rig = any_rig(objective)
    assert rig.run(rig.spawn()) == [
        Started(),
        Measured(1, 0.25),
        Attached("raw", b"\0\xff"),
        Done(Completed(value=0.5, result={"note": b"\1"}), replace=rig.replaces),
    ]


def test_each_trial_starts_in_its_own_directory_with_its_own_output(any_rig, tmp_path):
    def objective(params, trial):
        sys.stdout.write(f"python {Path.cwd()} {trial.workdir}\n")
        os.system("echo shell")
        sys.stderr.write("error\n")
        return 0.0

    rig = any_rig(objective)
    child = rig.spawn()
    for n in range(2):
        child = rig.ready(child)
        rig.run(child, n, log=tmp_path / f"{n}.log")
        said = (tmp_path / f"{n}.log").read_text().splitlines()
        assert said == [f"python {tmp_path}/work-{n} {tmp_path}/work-{n}", "shell", "error"]


def test_the_objective_imports_nothing_of_the_store(any_rig):
    def objective(params):
        heavy = {"pymongo", "bson", "scipy", "click"} & {m.split(".")[0] for m in sys.modules}
        return {"loss": 0.0, "heavy": sorted(heavy)}

    rig = any_rig(objective)
    assert rig.run(rig.spawn())[-1].outcome.result == {"heavy": []}


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (ValueError("bad luck"), FailureKind.EXCEPTION),
        (MemoryError(), FailureKind.OUT_OF_MEMORY),
        (SystemExit(3), FailureKind.KILLED),
        (KeyboardInterrupt(), FailureKind.EXCEPTION),
    ],
)
def test_what_an_objective_raises_fails_it_and_replaces_its_child(any_rig, raised, kind):
    def objective(params):
        raise raised

    rig = any_rig(objective)
    done = rig.run(rig.spawn())[-1]
    assert isinstance(done.outcome, Failed)
    assert (done.outcome.error.kind, done.replace) == (kind, "its trial failed")
    if kind is not FailureKind.OUT_OF_MEMORY:
        assert "in objective" in done.outcome.error.traceback
        assert "executor/child.py" not in done.outcome.error.traceback


@pytest.mark.parametrize("returned", [None, "text", float("nan"), {"loss": None}, {"x": object}])
def test_what_is_no_loss_is_an_invalid_result(any_rig, returned):
    rig = any_rig(lambda params: returned)
    error = rig.run(rig.spawn())[-1].outcome.error
    assert error.kind is FailureKind.INVALID_RESULT


def test_pruned_is_no_failure_and_keeps_the_child(any_rig):
    def objective(params, trial):
        raise trial.pruned()

    rig = any_rig(objective)
    assert rig.run(rig.spawn())[-1] == Done(Pruned(), replace=rig.replaces)


def test_a_trial_that_says_that_it_failed_keeps_what_it_found_and_the_child(any_rig):
    def objective(params, trial):
        raise trial.failed("diverged", result={"norm": float("inf")})

    rig = any_rig(objective)
    error = Failure(kind=FailureKind.EXCEPTION, type="TrialFailed", message="diverged")
    done = Done(Failed(error=error, result={"norm": math.inf}), replace=rig.replaces)
    assert rig.run(rig.spawn())[-1] == done


def test_a_setup_that_raises_fails_the_trial(any_rig):
    def setup():
        raise FileNotFoundError("no data here")

    rig = any_rig(lambda params, trial: 0.0, setup)
    done = rig.run(rig.spawn())[-1]
    assert (done.outcome.error.type, done.outcome.error.message) == (
        "FileNotFoundError",
        "no data here",
    )


def test_a_bundle_that_cannot_be_loaded_is_incompatible(any_rig, tmp_path):
    rig = any_rig(lambda params: 0.0)
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"no zip")
    digest = hashlib.sha256(bad.read_bytes()).hexdigest()
    error = rig.run(rig.spawn(), bundle=bad, digest=digest)[-1].outcome.error
    assert error.kind is FailureKind.INCOMPATIBLE
    assert "bundle" in error.message


@pytest.mark.parametrize(
    ("ending", "gone"),
    [
        (lambda: os._exit(7), Gone(exit_code=7)),
        (os.abort, Gone(signal="SIGABRT")),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), Gone(signal="SIGSEGV")),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), Gone(signal="SIGKILL")),
    ],
)
def test_a_process_that_ends_without_a_word(any_rig, ending, gone):
    rig = any_rig(lambda params: ending())
    assert rig.run(rig.spawn())[-1] == gone


def test_a_process_that_keeps_the_line_open_does_not_hide_the_end(any_rig):
    def objective(params):
        if os.fork() == 0:
            time.sleep(60)  # it holds a copy of the line
        os._exit(3)

    rig = any_rig(objective)
    child = rig.spawn()
    assert rig.run(child)[-1] == Gone(exit_code=3)


def test_nonsense_on_the_line_is_not_believed(any_rig):
    def objective(params, trial):
        trial._line._socket.sendall(b"\xff" * 64)
        time.sleep(60)

    rig = any_rig(objective)
    gone = rig.run(rig.spawn())[-1]
    assert isinstance(gone, Gone)
    assert "frame" in gone.garbled


def test_an_interrupt_wakes_the_one_who_waits(any_rig):
    rig = any_rig(lambda params: 0.0)
    child = rig.spawn()
    ringing = threading.Timer(0.05, child.interrupt)
    ringing.start()
    assert list(child.receive(30.0)) == []
    ringing.join()


def test_a_fault_of_the_child_itself_does_not_wait_for_threads(any_rig):
    def objective(params, trial):
        threading.Thread(target=time.sleep, args=(60,)).start()
        trial._line._socket.close()
        return 1.0

    rig = any_rig(objective)
    assert rig.run(rig.spawn())[-1] == Gone(exit_code=1)


def test_a_child_that_retires_runs_its_exit_handlers(any_rig, tmp_path):
    def objective(params, trial):
        atexit.register((trial.workdir / "left").touch)
        return 0.0

    rig = any_rig(objective)
    child = rig.spawn()
    rig.run(child)
    assert rig.folder_of(child).exists()
    child.retire()
    assert (tmp_path / "work-0" / "left").exists()
    assert not rig.folder_of(child).exists()


def test_after_a_trial_that_took_its_time_its_return_is_told_before_its_end(any_rig):
    def objective(params):
        time.sleep(0.03)
        return 0.0

    rig = any_rig(objective)
    child = rig.spawn()
    for _ in range(2):
        child = rig.ready(child)
        child.run(rig.job())
        done = Done(Completed(value=0.0), replace=rig.replaces)
        assert rig.rest(child) == [Started(), Returned(), done]


def test_a_stop_reaches_the_objective(any_rig):
    def objective(params, trial):
        trial.report(0, 0.0)
        while not trial.should_stop():
            time.sleep(0.01)
        return {"loss": 0.0, "stopped": True}

    rig = any_rig(objective)
    child = rig.spawn()
    child.run(rig.job())
    events = []
    while Measured(0, 0.0) not in events:
        events += child.receive(30.0)
    child.ask_to_stop()
    assert rig.rest(child)[-1].outcome.result == {"stopped": True}


def test_a_stop_before_it_has_begun_reaches_it_too(any_rig):
    rig = any_rig(lambda params, trial: {"loss": 0.0, "stopped": trial.should_stop()})
    child = rig.spawn()
    child.run(rig.job())
    child.ask_to_stop()
    assert rig.rest(child)[-1].outcome.result in ({"stopped": True}, {"stopped": False})


@pytest.mark.parametrize(("grace_s", "saved"), [(20.0, True), (0.0, False)])
def test_one_that_is_killed_has_its_grace_to_save_itself(any_rig, tmp_path, grace_s, saved):
    def objective(params, trial):
        def save(*_):
            (trial.workdir / "saved").touch()
            os._exit(0)

        signal.signal(signal.SIGTERM, save)
        trial.report(0, 0.0)
        time.sleep(60)

    rig = any_rig(objective)
    child = rig.spawn()
    child.run(rig.job())
    events = []
    while Measured(0, 0.0) not in events:
        events += child.receive(30.0)
    child.kill(grace_s)
    assert (tmp_path / "work-0" / "saved").exists() == saved
    assert not rig.folder_of(child).exists()
    child.kill(grace_s)  # again, and nothing happens


def test_what_the_agent_gives_is_there_before_anything_of_the_bundle(any_rig):
    def setup():
        return os.environ["CUDA_VISIBLE_DEVICES"], sorted(os.sched_getaffinity(0))

    rig = any_rig(lambda params, trial: {"loss": 0.0, "had": list(trial.shared)}, setup)
    done = rig.run(rig.spawn(), environ={"CUDA_VISIBLE_DEVICES": "GPU-1"}, cpus=(0,))[-1]
    assert done.outcome.result == {"had": ["GPU-1", [0]]}
