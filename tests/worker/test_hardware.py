"""An agent with GPUs that NVIDIA's library says are there, against a real database."""

import json
import os
import time

import pytest
from engines import gpus
from engines.gpus import GB, a_card

from parzen.client import presence
from parzen.shared.errors import InvalidInput
from parzen.shared.lifecycle import FailureKind, TrialState
from parzen.shared.records import Requires
from parzen.worker import slurm
from parzen.worker.agent import Agent
from parzen.worker.options import INHERITED, Options

A, B = "GPU-00000000", "GPU-00000001"


@pytest.fixture(autouse=True)
def cards(monkeypatch, tmp_path):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return gpus.install(monkeypatch, tmp_path, [a_card(0), a_card(1)])


def seen(params, trial):
    """What a trial sees of its node; it waits until as many run as the test wants."""
    (trial.workdir.parents[2] / f"began-{trial.number}").touch()
    while not (trial.workdir.parents[2] / "go").exists():
        if trial.should_stop():
            return None
        time.sleep(0.01)
    return {
        "loss": 0.0,
        "cuda": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "threads": os.environ.get("OMP_NUM_THREADS"),
        "cpus": sorted(os.sched_getaffinity(0)),
        "device": trial.device,
        "devices": list(trial.devices),
    }


def let_go(agent):
    agent.agent.workdirs.root.mkdir(parents=True, exist_ok=True)
    (agent.agent.workdirs.root / "go").touch()


def complete(lab, until):
    until(lambda: set(lab.states()) == {"complete"})
    return [trial.result for trial in lab.store.catalog.trials(lab.study, slim=False)]


def running(lab, count, until):
    until(lambda: lab.states().count("running") == count)


def test_each_slot_has_a_gpu_of_its_own_and_the_attempt_says_what_became_of_it(
    new_lab, new_agent, cards, until
):
    lab = new_lab(seen, trials=3, requires=Requires(gpus=1))
    agent = new_agent()
    running(lab, 2, until)
    record = lab.store.queue.workers()[0]
    assert (record.slots, [d.uuid for d in record.devices]) == (3, [A, B])
    cards.say([a_card(0, used=11 * GB, busy=80), a_card(1, used=7 * GB, busy=40)])
    let_go(agent)
    found = complete(lab, until)
    assert {one["cuda"] for one in found[:2]} == {A, B}
    assert all(one["device"] == "cuda" and one["devices"] == [one["cuda"]] for one in found)
    for trial in lab.store.catalog.trials(lab.study, slim=False):
        [attempt] = trial.attempts
        [use] = attempt.devices
        assert attempt.device == use.uuid == trial.result["cuda"]
        assert use.name == "NVIDIA Test 80GB"
        assert use.peak_gb == {A: 11.0, B: 7.0}[use.uuid]
        assert 0 < use.utilisation <= {A: 0.8, B: 0.4}[use.uuid]


def test_a_study_that_requires_none_sees_none(new_lab, new_agent, until):
    lab = new_lab(seen, trials=2)
    let_go(new_agent())
    for one in complete(lab, until):
        assert (one["cuda"], one["device"], one["devices"]) == ("", "cpu", [])


def test_several_gpus_go_to_one_trial_and_nobody_else_runs_there(new_lab, new_agent, until):
    lab = new_lab(seen, trials=2, requires=Requires(gpus=2))
    agent = new_agent()
    running(lab, 1, until)
    until(lambda: lab.store.queue.workers()[0].busy == 2)
    assert lab.states().count("waiting") == 1
    let_go(agent)
    assert [one["cuda"] for one in complete(lab, until)] == [f"{A},{B}"] * 2


def test_who_asks_for_more_than_there_is_is_left_alone(new_lab, new_agent, until):
    big = new_lab(seen, requires=Requires(gpus=3))
    fat = new_lab(seen, requires=Requires(gpus=1, gpu_memory_gb=100.0))
    fits = new_lab(seen, requires=Requires(gpus=1, gpu_memory_gb=79.0))
    let_go(new_agent())
    complete(fits, until)
    assert (big.states(), fat.states()) == (["waiting"], ["waiting"])


def test_cpus_and_threads_are_divided(new_lab, new_agent, until):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one CPU cannot be divided")
    lab = new_lab(seen, trials=2)
    agent = new_agent(slots=2)
    running(lab, 2, until)
    let_go(agent)
    one, two = complete(lab, until)
    assert not set(one["cpus"]) & set(two["cpus"])
    assert set(one["cpus"] + two["cpus"]) == os.sched_getaffinity(0)
    assert {int(one["threads"]), int(two["threads"])} <= {len(one["cpus"]), len(two["cpus"])}


def test_memory_that_a_stranger_holds_is_not_promised(new_lab, new_agent, cards, until):
    cards.say([a_card(0, used=50 * GB), a_card(1, used=50 * GB)])
    lab = new_lab(seen, requires=Requires(gpus=1, gpu_memory_gb=40.0))
    small = new_lab(seen, requires=Requires(gpus=1, gpu_memory_gb=20.0))
    let_go(new_agent())
    complete(small, until)
    assert lab.states() == ["waiting"]
    cards.change(1, used=0)
    assert [one["cuda"] for one in complete(lab, until)] == [B]


def test_a_gpu_is_shared_as_far_as_its_memory_goes(new_lab, new_agent, cards, until):
    lab = new_lab(seen, trials=4, requires=Requires(gpus=1, gpu_memory_gb=30.0))
    agent = new_agent(gpus=("0",), slots_per_gpu=4)
    running(lab, 2, until)
    until(lambda: lab.store.queue.workers()[0].busy == 2)
    assert lab.states().count("waiting") == 2
    let_go(agent)
    complete(lab, until)


def test_a_gpu_that_is_lost_gives_its_trial_back_and_takes_no_other(
    new_lab, new_agent, cards, until, caplog
):
    lab = new_lab(seen, trials=2, requires=Requires(gpus=1))
    agent = new_agent()
    running(lab, 2, until)
    cards.change(0, lost=True)
    until(lambda: lab.states().count("waiting") == 1)
    until(lambda: lab.store.queue.workers()[0].devices[0].trouble)
    let_go(agent)
    assert [one["cuda"] for one in complete(lab, until)] == [B, B]
    trials = list(lab.store.catalog.trials(lab.study, slim=False))
    assert all(not trial.failures.get("exception") for trial in trials)
    [given_back] = [a for trial in trials for a in trial.attempts if a.outcome == "released"]
    assert given_back.error.kind is FailureKind.PREEMPTED
    assert f"GPU {A} is out of service: it has fallen off the bus" in given_back.error.message
    outcomes = [a.outcome for trial in trials for a in trial.attempts]
    assert sorted(outcomes) == ["complete", "complete", "released"]
    assert f"GPU {A} is out of service: it has fallen off the bus" in caplog.text


def broken(params, trial):
    """A CUDA call that fails because the GPU does."""
    file = trial.workdir.parents[3] / "gpus.json"
    said = json.loads(file.read_text())
    if trial.attempt == 1:
        said["cards"][0]["errors"] = 1
        file.write_text(json.dumps(said))
        raise RuntimeError("CUDA error: uncorrectable ECC error encountered")
    return {"loss": 1.0, "cuda": os.environ["CUDA_VISIBLE_DEVICES"]}


def test_a_trial_that_fails_since_its_gpu_does_is_run_elsewhere(new_lab, new_agent, until, cards):
    lab = new_lab(broken, requires=Requires(gpus=1))
    new_agent(workdir=cards.file.parent / "work")
    assert [one["cuda"] for one in complete(lab, until)] == [B]
    [trial] = lab.store.catalog.trials(lab.study, slim=False)
    assert [attempt.outcome for attempt in trial.attempts] == ["released", "complete"]


def test_two_workers_of_a_machine_share_its_gpus(new_lab, new_agent, until):
    lab = new_lab(seen, trials=2, requires=Requires(gpus=1))
    first = new_agent(slots=1, workdir=None)
    until(lambda: len(lab.store.queue.workers()) == 1)
    second = new_agent(slots=1)
    running(lab, 2, until)
    held = [one.agent.worker.devices[0].uuid for one in (first, second)]
    assert held == [A, B]
    let_go(first)
    assert {one["cuda"] for one in complete(lab, until)} == {A, B}


def test_gpus_that_another_worker_hands_out_cannot_be_named(store, new_agent, tmp_path, until):
    new_agent(gpus=("0",))
    until(lambda: len(store.queue.workers()) == 1)
    with pytest.raises(InvalidInput, match="is handed out by another worker"):
        Agent(store, Options(home=tmp_path / "home", gpus=("0",)))


def test_a_trial_of_several_gpus_has_its_turn_among_many_of_one(new_lab, new_agent, until):
    def quick(params):
        return 0.0

    many = new_lab(quick, trials=40, requires=Requires(gpus=1))
    pair = new_lab(quick, trials=3, requires=Requires(gpus=2))
    # as the studies' leader would, who keeps the counts
    counted = {"counts.waiting": 3}
    pair.store.db["studies"].update_one({"uid": pair.study.uid}, {"$set": counted})
    new_agent()
    until(lambda: set(pair.states()) == {"complete"})
    done = {TrialState.COMPLETE.value}
    until(lambda: set(many.states()) == done, 60.0)


def test_a_slurm_jobs_share_bounds_gpus_and_threads(new_lab, new_agent, monkeypatch, until):
    job = {"SLURM_JOB_ID": "7", "SLURMD_NODENAME": "n1", "SLURM_JOB_GPUS": "1"}
    for name, value in {**job, "SLURM_CPUS_ON_NODE": "1"}.items():
        monkeypatch.setenv(name, value)
    lab = new_lab(seen, trials=1, requires=Requires(gpus=1))
    let_go(new_agent())
    [one] = complete(lab, until)
    assert (one["cuda"], one["threads"]) == (B, "1")
    assert set(one["cpus"]) == os.sched_getaffinity(0)


def test_a_trial_that_would_not_end_in_time_is_not_begun(new_lab, new_agent, monkeypatch, until):
    left = [100.0]
    monkeypatch.setattr(slurm, "time_left_s", lambda: left[0])
    long = new_lab(seen, requires=Requires(time_s=600.0))
    short = new_lab(seen, requires=Requires(time_s=60.0))
    let_go(new_agent())
    complete(short, until)
    assert long.states() == ["waiting"]
    assert lacks(long, "it has 100 s left, a trial takes 600 s")
    left[0] = 6000.0  # somebody has given the job more time
    complete(long, until)


def lacks(lab, why):
    [worker] = lab.store.catalog.workers()
    return presence.shortcoming(worker, lab.study) == why


def test_who_hands_out_nothing_leaves_the_environment_as_it_is(
    new_lab, new_agent, monkeypatch, until
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    lab = new_lab(seen, trials=1)
    let_go(new_agent(gpus=INHERITED))
    [one] = complete(lab, until)
    assert (one["cuda"], one["device"], one["devices"]) == ("1", "cuda", [])


def test_a_driver_that_fails_makes_no_cpu_worker_of_a_gpu_node(
    store, new_lab, new_agent, cards, until
):
    cards.say(cards.cards, fails=True)
    with pytest.raises(InvalidInput, match="start with --gpus none"):
        Agent(store, Options(home=cards.file.parent / "home"))
    lab = new_lab(seen, trials=1)
    let_go(new_agent(gpus=("none",)))
    assert [one["cuda"] for one in complete(lab, until)] == [""]


def test_a_gpu_that_is_lost_at_the_start_is_said_and_the_others_are_used(
    new_lab, new_agent, cards, caplog, until
):
    cards.change(0, lost=True)
    lab = new_lab(seen, trials=1, requires=Requires(gpus=1))
    let_go(new_agent())
    assert [one["cuda"] for one in complete(lab, until)] == [B]
    assert "GPU 0 does not answer, and is left out: GPU is lost" in caplog.text


def test_memory_trials_follow_each_other_on_one_gpu(new_lab, new_agent, until):
    """What the one before was promised comes back as soon as its objective has returned."""
    lab = new_lab(seen, trials=4, requires=Requires(gpus=1, gpu_memory_gb=60.0))
    other = new_lab(seen, trials=30, requires=Requires(gpus=1), priority=-1)
    let_go(new_agent(gpus=("0",), slots=1))
    complete(lab, until)
    begun = [
        (trial.started_at, one is lab)
        for one in (lab, other)
        for trial in one.store.catalog.trials(one.study, slim=False)
        if trial.started_at
    ]
    assert [mine for _, mine in sorted(begun)][:4] == [True] * 4


def test_it_is_told_for_whom_gpus_are_kept(new_lab, new_agent, until):
    lab = new_lab(seen, trials=1, requires=Requires(gpus=1))
    agent = new_agent()
    running(lab, 1, until)
    pair = new_lab(seen, trials=1, requires=Requires(gpus=2))
    counted = {"counts.waiting": 1}  # as the study's leader would, who keeps the counts
    pair.store.db["studies"].update_one({"uid": pair.study.uid}, {"$set": counted})
    until(lambda: agent.agent.worker.keeps_for == pair.study.name)
    let_go(agent)
    complete(pair, until)
    pair.store.db["studies"].update_one({"uid": pair.study.uid}, {"$set": {"counts.waiting": 0}})
    until(lambda: agent.agent.worker.keeps_for is None)
