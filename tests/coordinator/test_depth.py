from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.coordinator.depth import (
    LIMIT,
    SCARCEST,
    UNATTENDED,
    Load,
    Rate,
    Scarcity,
    batch,
    capacity,
    depth,
    slots_for,
)
from parzen.shared.records import Device, Image, Requires, SetAside, Study, Uid, Worker


def load(slots=8, running=0, waiting=0, claimable=None, **rest):
    claimable = waiting if claimable is None else claimable
    return Load(slots=slots, running=running, waiting=waiting, claimable=claimable, **rest)


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        (load(slots=0), UNATTENDED),
        (load(slots=0, waiting=2), 0),
        (load(slots=8), 9),
        (load(slots=8, waiting=9), 0),
        (load(slots=8, running=8), 1),
        (load(slots=8, running=8, waiting=1), 0),
        (load(slots=8, running=12), 1),
        # slow trials: the flow hardly matters
        (load(slots=8, running=8, rate=0.1, turnaround_s=0.02), 2),
        # instant trials: tens
        (load(slots=8, running=8, rate=800, turnaround_s=0.02, finished=1000), 25),
        (load(slots=8, running=8, waiting=22, rate=800, turnaround_s=0.02, finished=1000), 3),
        # a queue that ran dry is to be deeper
        (load(slots=8, running=8, rate=800, turnaround_s=0.02, finished=1000, scarcity=3), 73),
        # what is blind to the results is a share of what is known, claimed ahead or not
        (load(slots=8, running=8, rate=800, turnaround_s=0.02, finished=0), 3),
        (load(slots=8, running=8, rate=800, turnaround_s=0.02, finished=40), 13),
        (load(slots=8, running=18, rate=800, turnaround_s=0.02, finished=40), 3),
        (load(slots=8, running=80, rate=800, turnaround_s=0.02, finished=40), 1),
        # resting trials hold no slot's place in the queue
        (load(slots=8, waiting=9, claimable=0), 9),
        (load(slots=8, rate=1e9, turnaround_s=10, finished=10**5), LIMIT),
        # others run there too, and others want what is idle
        (load(slots=8, running=2, elsewhere=6), 1),
        (load(slots=1000, sharing=200), 6),
        (load(slots=8, running=2, elsewhere=4, sharing=2), 2),
        (load(slots=8, running=2, max_running=4), 2),
        (load(slots=8, running=2, waiting=2, claimable=0, max_running=4), 0),
        (load(slots=8, running=6, max_running=4), 0),
    ],
)
def test_the_queue_is_as_deep_as_the_slots_need(known, wanted):
    assert capacity(known) == wanted


number = st.integers(0, 5000)


@given(
    slots=number,
    running=number,
    waiting=number,
    resting=number,
    rate=st.floats(0, 1e6),
    turnaround=st.floats(0, 60),
    limit=st.none() | st.integers(1, 100),
    finished=number,
)
def test_max_running_and_the_cap_hold_whatever_was_measured(
    *, slots, running, waiting, resting, rate, turnaround, limit, finished
):
    known = load(
        slots,
        running,
        waiting,
        max(0, waiting - resting),
        rate=rate,
        turnaround_s=turnaround,
        max_running=limit,
        finished=finished,
    )
    added = capacity(known)
    assert 0 <= added <= LIMIT
    assert 1 <= depth(known) <= LIMIT
    if limit is not None and added:
        assert running + waiting + added <= limit


@pytest.mark.parametrize(
    ("wanted", "seconds_each", "made"),
    [(0, 1.0, 0), (10, 0.0, 10), (10, 1e-6, 10), (10, 0.02, 5), (10, 3.0, 1)],
)
def test_a_batch_is_as_large_as_time_allows(wanted, seconds_each, made):
    assert batch(wanted, seconds_each) == made


def test_only_workers_that_may_run_the_study_count():
    study = Study(name="s", uid=Uid("u"), dimensions=(), requires=Requires(gpus=1, labels=("big",)))
    gpu = Device(uuid="GPU-0", name="A", index="0", slots=2)
    fit = {"host": "h", "pid": 1, "slots": 3, "labels": ("big", "fast"), "devices": (gpu,)}
    workers = [
        Worker(id="fit", **fit),
        Worker(id="named", **fit, studies=("s", "t")),
        Worker(id="other", **fit, studies=("t",)),
        Worker(id="barred", **fit, quarantined={Uid("u"): "numpy is missing"}),
        Worker(id="plain", **{**fit, "labels": ()}),
        Worker(id="no gpu", **{**fit, "devices": ()}),
        Worker(id="leaving", **fit, leaving=True),
        Worker(id="broken", **{**fit, "devices": (replace(gpu, trouble="lost"),)}),
        Worker(id="coordinator", **fit, role="coordinator"),
    ]
    assert slots_for(study, workers) == 4
    study = replace(study, image=Image(name="torch:2"))
    engine = Worker(id="engine", **fit, containers=True)
    assert slots_for(study, [*workers, engine]) == 2


def test_a_worker_that_is_set_aside_counts_for_nothing_and_one_on_probation_for_one_slot():
    until = datetime(2026, 11, 1, tzinfo=timezone.utc)
    aside = SetAside(worker="bad", until=until, reason="it fails")
    workers = [Worker(id=name, host="h", pid=1, slots=4) for name in ("good", "bad")]
    study = Study(name="s", uid=Uid("u"), dimensions=(), quarantine=(aside,))
    assert slots_for(study, workers) == 4
    study = replace(study, quarantine=(replace(aside, probation=True),))
    assert slots_for(study, workers) == 5


def test_a_rate_follows_what_it_is_fed_and_forgets():
    rate = Rate(window_s=0.5)
    for _ in range(100):
        rate.add(5, 0.05)
    assert rate.per_s == pytest.approx(100, rel=0.01)
    rate.add(0, 5.0)
    assert rate.per_s < 0.1
    rate.add(7, 0.0)
    assert rate.per_s < 0.1


def test_scarcity_grows_while_the_queue_runs_dry_and_eases_once_it_lasts():
    scarcity = Scarcity()
    scarcity.note(dry=False, elapsed_s=0.02)
    assert scarcity.factor == 1.0
    for _ in range(100):
        before = scarcity.factor
        scarcity.note(dry=True, elapsed_s=0.02)
        assert before < scarcity.factor <= SCARCEST or before == SCARCEST
    scarcity.note(dry=False, elapsed_s=0.02)
    assert scarcity.factor > 0.9 * SCARCEST, "one look that finds some proves little"
    scarcity.note(dry=False, elapsed_s=20.0)
    assert scarcity.factor == pytest.approx(1.0)
