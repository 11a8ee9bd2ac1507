from dataclasses import replace
from datetime import datetime, timezone

import pytest

from parzen.client import presence
from parzen.client.invocation import Invocation
from parzen.client.wording import moment
from parzen.shared.course import Silent
from parzen.shared.lifecycle import StudyStatus, TrialState
from parzen.shared.records import (
    Device,
    Image,
    Lease,
    Requires,
    Run,
    SamplerSpec,
    SetAside,
    Want,
    Wish,
)

CALL = Invocation(("parzen",), ("--data-dir", "/d"))


def test_nothing_alive_names_both_commands(a_study):
    coordinator, worker = presence.lacks(a_study(), [], CALL)
    assert "no live coordinator" in coordinator
    assert "`parzen coordinator --data-dir /d`" in coordinator
    assert "no live worker" in worker
    assert "`parzen worker --data-dir /d`" in worker


def test_both_alive_lack_nothing(a_study, a_worker, a_coordinator):
    assert presence.lacks(a_study(), [a_worker(), a_coordinator()], CALL) == []


def test_processes_of_other_studies_do_not_count(a_study, a_worker, a_coordinator):
    live = [a_worker(studies=("other",)), a_coordinator(studies=("other",))]
    assert len(presence.lacks(a_study(), live, CALL)) == 2
    live = [a_worker(studies=("other", "s")), a_coordinator(studies=("s",))]
    assert presence.lacks(a_study(), live, CALL) == []


@pytest.mark.parametrize(
    ("changes", "requires", "why"),
    [
        ({"quarantined": {"u1": "it runs Python 3.9"}}, Requires(), "it runs Python 3.9"),
        ({"labels": ("a",)}, Requires(labels=("a", "b")), "it lacks the label b"),
        ({}, Requires(gpus=2), "it has 0 GPUs, a trial needs 2"),
    ],
)
def test_a_worker_that_cannot_run_it_is_named_with_the_reason(
    a_study, a_worker, changes, requires, why
):
    live = [a_worker(role="coordinator"), a_worker("n1", **changes), a_worker("n2", **changes)]
    [sentence] = presence.lacks(a_study(requires=requires), live, CALL)
    assert sentence == f"no live worker can run this study: n1 (nor can 1 more): {why}"


def test_a_worker_without_an_engine_runs_no_study_with_an_image(a_study, a_worker, a_coordinator):
    study, live = a_study(image=Image(name="torch:2")), [a_coordinator(), a_worker("n1")]
    [sentence] = presence.lacks(study, live, CALL)
    assert sentence.endswith("n1: it has no Docker engine to run the image torch:2")
    live.append(a_worker("n2", containers=True))
    assert presence.lacks(study, live, CALL) == []


def test_a_worker_that_is_set_aside_is_named_with_the_reason_and_the_time(
    a_study, a_worker, a_coordinator
):
    until = datetime(2026, 11, 3, 4, 5, 6, tzinfo=timezone.utc)
    aside = SetAside(worker="n1", until=until, reason="it fails")
    study, live = a_study(quarantine=(aside,)), [a_coordinator(), a_worker("n1")]
    [sentence] = presence.lacks(study, live, CALL)
    assert sentence == (
        f"no live worker can run this study: n1: set aside until {moment(until)}: it fails"
    )
    assert presence.hopeless(study, live) is None  # it comes back
    assert presence.lacks(study, [*live, a_worker("n2")], CALL) == []
    on_probation = a_study(quarantine=(replace(aside, probation=True),))
    assert presence.lacks(on_probation, live, CALL) == []


def test_one_able_worker_is_enough(a_study, a_worker, a_coordinator):
    live = [a_coordinator(), a_worker("n1", quarantined={"u1": "no"}), a_worker("n2")]
    assert presence.lacks(a_study(), live, CALL) == []


def runs(*studies, devices=()):
    """What a worker runs: a trial of each of ``studies``, with the GPU in its place."""
    given = [*devices, *[()] * len(studies)]
    told = tuple(
        Run(study=name, number=n, devices=tuple(device and [device]))
        for n, (name, device) in enumerate(zip(studies, given, strict=False))
    )
    return {"runs": told, "busy": len(told)}


def test_a_study_that_gets_no_slot_names_the_studies_that_have_them(
    a_study, a_worker, a_coordinator
):
    study = a_study(counts={TrialState.WAITING: 3})
    full = a_worker("n2", slots=5, **runs("b0", "b1", "b2", "b3", "b4"))
    live = [a_coordinator(), a_worker("n1", **runs("b0")), full]
    [sentence] = presence.lacks(study, live, CALL)
    assert sentence == (
        "all 6 slots of the workers that could run it are busy with other studies "
        "(b0, b1, b2, 2 more)"
    )
    assert presence.lacks(study, live[:2], CALL) == [
        "the only slot of the worker that could run it is busy with another study (b0)"
    ]
    own = a_worker("n1", **runs("s"))  # its own trials, which are not counted yet
    assert presence.lacks(study, [a_coordinator(), own], CALL) == []
    assert presence.lacks(study, [*live, a_worker("n3")], CALL) == []
    running = a_study(counts={TrialState.WAITING: 3, TrialState.RUNNING: 1})
    assert presence.lacks(running, live, CALL) == []


GPUS = tuple(Device(uuid=f"GPU-{n}", name="A", index=f"{n}") for n in range(4))


def test_only_slots_that_suit_the_study_are_reckoned_with(a_study, a_worker, a_coordinator):
    uuids = [device.uuid for device in GPUS]
    worker = a_worker(devices=GPUS, slots=5, **runs(*["ra"] * 4, devices=uuids))

    def said(gpus, worker=worker):
        study = a_study(requires=Requires(gpus=gpus), counts={TrialState.WAITING: 1})
        return presence.lacks(study, [a_coordinator(), worker], CALL)

    assert said(1) == [
        "all 4 slots of the worker that could run it are busy with another study (ra)"
    ]
    assert said(0) == []
    some = replace(worker, **runs("ra", "rb", "ra", devices=uuids))
    assert said(1, some) == []
    assert said(2, some) == [
        (
            "a trial needs 2 GPUs of one worker, and 1 of the 4 that suit is free: the others are "
            "busy with other studies (ra, rb)"
        )
    ]


def test_gpus_that_are_kept_for_another_study_are_not_free(a_study, a_worker, a_coordinator):
    study = a_study(requires=Requires(gpus=1), counts={TrialState.WAITING: 1})
    kept = a_worker(devices=GPUS[:2], slots=2, keeps_for="pair", **runs("ra", devices=["GPU-0"]))
    assert presence.lacks(study, [a_coordinator(), kept], CALL) == [
        (
            "all 2 slots of the worker that could run it are busy with or kept for other studies "
            "(ra, pair)"
        )
    ]
    mine = replace(kept, keeps_for="s")
    assert presence.lacks(study, [a_coordinator(), mine], CALL) == []


def test_trials_of_silent_workers_are_told(a_study, a_worker, a_coordinator):
    study = a_study(counts={TrialState.WAITING: 1, TrialState.RUNNING: 4})
    live = [a_coordinator(), a_worker(slots=4, **runs("other", "s"))]
    assert presence.missed(study, live)
    assert presence.lacks(study, live, CALL) == []
    lost = [Silent(worker="n1", trials=2, seconds=40.2), Silent(worker="n2", trials=1, seconds=31)]
    assert presence.lacks(study, live, CALL, lost) == [
        (
            "3 trials run on 2 workers that have been silent for up to 40 s: they go back when "
            "their leases end"
        )
    ]
    assert presence.lacks(study, live, CALL, lost[1:]) == [
        "1 trial runs on a worker that has been silent for 31 s: it goes back when its lease ends"
    ]
    assert not presence.missed(study, [a_worker(slots=4, **runs(*["s"] * 4))])


def test_a_cancel_waits_for_a_coordinator_and_for_no_worker(a_study, a_coordinator):
    cancelled = a_study(wish=Wish(want=Want.CANCEL, serial=1))
    [sentence] = presence.lacks(cancelled, [], CALL)
    assert sentence == (
        "the cancel waits until a coordinator runs: start `parzen coordinator --data-dir /d`"
    )
    assert presence.lacks(cancelled, [a_coordinator()], CALL) == []


def test_a_study_that_is_ending_needs_a_coordinator_alone(a_study, a_worker, a_coordinator):
    ending = a_study(status=StudyStatus.STOPPING, requires=Requires(labels=("a",)))
    assert presence.lacks(ending, [a_coordinator(), a_worker()], CALL) == []
    [sentence] = presence.lacks(ending, [a_worker()], CALL)
    assert sentence == "it ends once a coordinator runs: start `parzen coordinator --data-dir /d`"


def test_an_ended_study_lacks_nothing(a_study):
    assert presence.lacks(a_study(status=StudyStatus.COMPLETE), [], CALL) == []


def test_an_ended_study_with_a_wish_pending_has_not_ended(a_study):
    resumed = a_study(status=StudyStatus.COMPLETE, wish=Wish(serial=2), wish_done=1)
    assert not presence.ended(resumed)
    assert len(presence.lacks(resumed, [], CALL)) == 2


OWN = SamplerSpec(name="callable", options={"function": "tune.choose"})
BY_ITS_OWNER = (
    "its sampler is a function of its owner's own, tune.choose: run it where the function is, by "
    "handle.coordinate(function) or Study.run()"
)


def test_a_study_whose_sampler_is_a_function_is_served_by_nobody_but_who_leads_it(
    a_study, a_worker, a_coordinator
):
    live = [a_worker(), a_coordinator()]
    assert presence.lacks(a_study(sampler=OWN), live, CALL) == [f"nobody proposes: {BY_ITS_OWNER}"]
    until = datetime(2026, 11, 3, tzinfo=timezone.utc)
    led = a_study(sampler=OWN, lease=Lease(holder=live[1].id, term=1, expires_at=until))
    assert presence.lacks(led, live, CALL) == []
    assert presence.lacks(led, live[:1], CALL) == [f"nobody proposes: {BY_ITS_OWNER}"]


def test_the_cancel_of_such_a_study_is_any_coordinators(a_study, a_coordinator):
    study = a_study(sampler=OWN, wish=Wish(want=Want.CANCEL, serial=1))
    assert presence.lacks(study, [a_coordinator()], CALL) == []
    assert "the cancel waits until a coordinator runs" in presence.lacks(study, [], CALL)[0]


def test_gpus_whose_memory_others_use_are_said(a_study, a_worker, a_coordinator):
    device = Device(uuid="GPU-0", name="A", index="0", memory_gb=80.0, used_gb=79.0)
    requires = Requires(gpus=1, gpu_memory_gb=20.0)
    study = a_study(requires=requires, counts={TrialState.WAITING: 2})
    live = [a_coordinator(), a_worker(devices=(device,))]
    [said] = presence.lacks(study, live, CALL)
    assert said == "no GPU has 20 GB free now: the most is 1.0 GB, on GPU 0 of host:1:a"
    roomy = [a_coordinator(), a_worker(devices=(replace(device, used_gb=10.0),))]
    assert presence.lacks(study, roomy, CALL) == []
    running = replace(study, counts={TrialState.RUNNING: 1})
    assert presence.lacks(running, live, CALL) == []
    silent = a_worker(devices=(replace(device, used_gb=None, silence="NVML: no answer"),))
    assert presence.lacks(study, [a_coordinator(), silent], CALL) == [
        (
            "no GPU is known to have 20 GB free now: GPU 0 of host:1:a cannot be looked at: "
            "NVML: no answer"
        )
    ]
    mine = {"devices": (device,), **runs("ra", devices=["GPU-0"])}  # who has the memory
    [said] = presence.lacks(study, [a_coordinator(), a_worker(**mine)], CALL)
    assert said.endswith("busy with another study (ra)")
