import math
import os
import pickle
import threading

import numpy as np
import pytest

from parzen.shared.errors import InvalidInput
from parzen.worker.context import About, LocalTrial, TrialFailed, TrialPruned, device


@pytest.fixture
def trial(tmp_path):
    return LocalTrial(About(number=3, attempt=1, params={"x": 0.5}, workdir=tmp_path))


def test_what_a_trial_is_can_be_read(trial, tmp_path):
    assert (trial.number, trial.attempt, trial.params) == (3, 1, {"x": 0.5})
    assert (trial.workdir, trial.previous_workdir) == (tmp_path, None)
    assert (trial.device, trial.user, trial.shared) == ("cpu", {}, None)


def test_reports_and_attachments_are_kept(trial):
    trial.report(0, 0.5)
    trial.report(np.int64(1), np.float32(0.25))
    trial.attach("curve", bytearray(b"abc"))
    assert trial.measurements == [(0, 0.5), (1, 0.25)]
    assert trial.attachments == {"curve": b"abc"}


@pytest.mark.parametrize("step", [-1, 0.5, "1", True, None, 1 << 63])
def test_a_step_is_an_integer_from_0(trial, step):
    with pytest.raises(InvalidInput, match="step"):
        trial.report(step, 0.5)


@pytest.mark.parametrize("value", [None, "0.5", True, 1j, [0.5]])
def test_a_measurement_is_a_real_number(trial, value):
    with pytest.raises(InvalidInput, match="expected a real number"):
        trial.report(0, value)


@pytest.mark.parametrize("name", ["", None, "x" * 201, "a\0b", "a\udc80", "a\nb"])
def test_an_attachment_has_a_name(trial, name):
    with pytest.raises(InvalidInput, match="name"):
        trial.attach(name, b"")


@pytest.mark.parametrize("data", ["text", None, 3, [1, 2]])
def test_an_attachment_is_bytes(trial, data):
    with pytest.raises(InvalidInput, match="expected bytes"):
        trial.attach("name", data)


def test_pruning_says_the_same_as_stopping_for_now(tmp_path):
    stop = threading.Event()
    trial = LocalTrial(About(number=0, attempt=1, params={}, workdir=tmp_path), stop)
    assert not trial.should_stop()
    assert not trial.should_prune()
    stop.set()
    assert trial.should_stop()
    assert trial.should_prune()
    assert isinstance(trial.pruned(), TrialPruned)


def test_a_trial_that_failed_says_why_and_what_it_found(trial):
    failed = trial.failed("diverged", result={"grad_norm": math.inf})
    assert isinstance(failed, TrialFailed)
    assert (str(failed), failed.result) == ("diverged", {"grad_norm": math.inf})
    assert trial.failed("diverged").result == {}
    copy = pickle.loads(pickle.dumps(failed))
    assert (str(copy), copy.result) == (str(failed), failed.result)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((None,), "the message is None, expected a text"),
        ((ValueError("no"),), "expected a text"),
        (("no", [("a", 1)]), "expected a dict"),
        (("no", 1e9), "the result is 1000000000.0, expected a dict"),
    ],
)
def test_why_a_trial_failed_is_a_text_and_what_it_found_a_dict(trial, arguments, said):
    with pytest.raises(InvalidInput, match=said):
        trial.failed(*arguments)


def test_a_forked_process_cannot_report(trial):
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            trial.report(0, 0.5)
        except InvalidInput as error:
            os.write(write, str(error).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(write)
    with os.fdopen(read) as source:
        assert "expected the trial's own process" in source.read()


def test_the_device_is_cuda_where_it_may_see_a_gpu(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert device() == "cpu"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert device() == "cuda"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert device() == "cpu"
