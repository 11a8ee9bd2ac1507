"""A real objective on each slot of a machine with real GPUs: make test-gpu."""

import importlib.util
import time
from pathlib import Path

import pytest

from parzen.shared.records import Requires
from parzen.worker.gpus.driver import DriverError
from parzen.worker.gpus.nvml import Nvml

pytestmark = pytest.mark.gpu

SIZE = 1 << 28
HERE = str(Path(__file__).with_name("cuda.py"))


@pytest.fixture(scope="module")
def found():
    """The GPUs and MIG instances of this machine."""
    try:
        listed = Nvml(pytest.importorskip("pynvml")).devices()
    except DriverError as error:
        pytest.skip(f"no GPU is here: {error}")
    if not listed:
        pytest.skip("the driver shows no GPU")
    return listed


def computing(params, trial):
    spec = importlib.util.spec_from_file_location("cuda", HERE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cuda = module.Cuda()
    values = [cuda.filled(n, SIZE, 40 + n) for n in range(cuda.count)]
    until = time.monotonic() + 3
    while time.monotonic() < until:  # long enough for the agent to look at it
        cuda.filled(0, 1 << 20, 1)
        time.sleep(0.1)
    seen = [cuda.uuid(n) for n in range(cuda.count)]
    return {"loss": 0.0, "seen": seen, "values": values, "devices": list(trial.devices)}


def results(lab, until):
    until(lambda: set(lab.states()) <= {"complete", "failed"}, 110.0)
    trials = list(lab.store.catalog.trials(lab.study, slim=False))
    assert [trial.state.value for trial in trials] == ["complete"] * len(trials), trials
    return trials


def test_each_slot_computes_on_a_gpu_of_its_own(new_lab, new_agent, until, found):
    lab = new_lab(computing, trials=len(found), requires=Requires(gpus=1, gpu_memory_gb=0.5))
    new_agent()
    trials = results(lab, until)
    for trial in trials:
        [mine] = trial.result["devices"]
        [seen] = trial.result["seen"]
        assert mine.endswith(seen) or mine.startswith("MIG-")
        assert trial.result["values"] == [40]
        [use] = trial.attempts[-1].devices
        assert use.uuid == mine
        assert use.peak_gb >= SIZE / 1e9
    assert {trial.result["devices"][0] for trial in trials} == {one.uuid for one in found}


def test_several_gpus_are_seen_by_one_trial(new_lab, new_agent, until, found):
    whole = [one for one in found if not one.mig]
    if len(whole) < 2:
        pytest.skip("this machine has fewer than two whole GPUs")
    lab = new_lab(computing, trials=1, requires=Requires(gpus=2))
    new_agent()
    [trial] = results(lab, until)
    assert len(trial.result["seen"]) == 2
    assert trial.result["values"] == [40, 41]


def test_a_trial_that_requires_none_sees_none(new_lab, new_agent, until, found):
    def blind(params):
        spec = importlib.util.spec_from_file_location("cuda", HERE)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        try:
            return float(module.Cuda().count)
        except OSError:
            return 0.0

    lab = new_lab(blind)
    new_agent()
    assert [trial.loss for trial in results(lab, until)] == [0.0]
