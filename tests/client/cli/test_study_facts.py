from datetime import datetime, timedelta, timezone

from parzen.client.cli.study_facts import study_facts
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import (
    Image,
    Lease,
    Limits,
    ObjectiveRef,
    Pull,
    Requires,
    SamplerSpec,
    SetAside,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def shown(at):
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def test_a_study_with_everything(a_study):
    signed = ObjectiveRef(
        file="f", digest="d" * 64, bytes=1, python="3.11", cloudpickle="3.1", entry="pickle",
        signed_by="key-1",
    )  # fmt: skip
    study = a_study(
        sampler=SamplerSpec(name="tpe", options={"gamma": 0.25}, seed=7),
        limits=Limits(),
        requires=Requires(gpus=2, gpu_memory_gb=40.0, labels=("a100",)),
        image=Image(name="torch:2", memory_gb=8.0, cpus=1.0, pull=Pull.ALWAYS),
        trial_timeout_s=90.0,
        objective=signed,
        counts={TrialState.COMPLETE: 3, TrialState.FAILED: 1},
        best_number=2,
        proposing="stage 2 of 4",
        created_at=NOON,
        active_since=NOON + timedelta(hours=1),
        lease=Lease(holder="c1", term=4, expires_at=NOON),
        quarantine=(SetAside(worker="w1", until=NOON, reason="it fails", probation=True),),
    )
    told = dict(study_facts(study))
    assert told["sampler"] == "tpe, gamma=0.25, seed 7"
    assert told["proposing"] == "stage 2 of 4"
    assert told["requires"] == "2 GPUs with 40 GB, the label a100"
    assert told["image"] == "torch:2, 8 GB of memory, 1 CPU, no network, pull always"
    assert told["time limit"] == "1:30 for each trial"
    assert (told["trials"], told["best"]) == ("3 complete, 1 failed", "trial 2, of 4 finished")
    assert (told["created"], told["resumed"]) == (shown(NOON), shown(NOON + timedelta(hours=1)))
    assert told["led by"] == "c1, in term 4"
    assert told["set aside"] == "w1 on probation: it fails"
    assert told[""].endswith("signed by key-1")
    assert told["limits"] == "max_consecutive_failures 50"


def test_an_ended_study(a_study):
    study = a_study(
        status=StudyStatus.FAILED, status_reason="too many failures", ended_at=NOON,
        created_at=NOON, active_since=NOON,
    )  # fmt: skip
    told = dict(study_facts(study))
    assert told["s"] == "failed: too many failures"
    assert told["ended"] == shown(NOON)
    assert (told["owner"], told["requires"], told["trials"]) == ("nobody", "nothing", "none yet")
    assert "resumed" not in told


def test_a_study_that_was_warm_started_says_from_what_and_not_with_which_trials(a_study):
    source = {"study": "old", "losses": [0.5] * 200, "params": {"x": [0.5] * 200}}
    options = {"sampler": "tpe", "options": {"gamma": 0.25}, "sources": [source]}
    told = dict(study_facts(a_study(sampler=SamplerSpec(name="warm", options=options, seed=7))))
    assert told["sampler"] == "tpe, gamma=0.25, seed 7, warm started from 'old' (200 trials)"
