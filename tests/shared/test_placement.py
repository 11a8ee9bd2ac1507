import pytest

from parzen.shared.placement import (
    at_once,
    could_begin,
    groups,
    in_the_way,
    places,
    shortcoming,
    suits,
    vacant,
    width,
)
from parzen.shared.records import Device, Requires, Run, Worker


def a_device(n=0, **fields):
    return Device(uuid=f"GPU-{n}", name="A", index=f"{n}", **{"memory_gb": 80.0, **fields})


def a_worker(*devices, slots=None, **fields):
    count = slots or sum(device.slots for device in devices) or 1
    return Worker(id="w", host="h", pid=1, slots=count, devices=devices, **fields)


FOUR = [a_device(n) for n in range(4)]


@pytest.mark.parametrize(
    ("device", "requires", "fits"),
    [
        (a_device(), Requires(gpus=1), True),
        (a_device(), Requires(gpus=1, gpu_memory_gb=80.0), True),
        (a_device(), Requires(gpus=1, gpu_memory_gb=81.0), False),
        (a_device(memory_gb=None), Requires(gpus=1, gpu_memory_gb=1.0), False),
        (a_device(trouble="lost"), Requires(gpus=1), False),
        (a_device(mig=True), Requires(gpus=1), True),
        (a_device(mig=True), Requires(gpus=2), False),
    ],
)
def test_a_gpu_suits_trials_that_ask_for_no_more(device, requires, fits):
    assert suits(device, requires) is fits


def test_a_trial_takes_a_slot_for_each_gpu():
    assert [width(Requires(gpus=n)) for n in (0, 1, 4)] == [1, 1, 4]


@pytest.mark.parametrize(
    ("shares", "size", "count"),
    [([1] * 4, 2, 2), ([2, 2], 2, 2), ([4, 1], 2, 1), ([1], 2, 0), ([], 1, 0), ([3, 2, 2], 3, 2)],
)
def test_groups_are_of_different_devices(shares, size, count):
    assert groups(shares, size) == count


def test_how_many_run_at_once_depends_on_what_each_takes():
    worker = a_worker(*FOUR[:3], a_device(3, trouble="lost"), slots=6)
    assert at_once(worker, Requires()) == 2
    assert at_once(a_worker(*FOUR), Requires()) == 4
    assert at_once(worker, Requires(gpus=1)) == 3
    assert at_once(worker, Requires(gpus=2)) == 1
    assert at_once(worker, Requires(gpus=4)) == 0
    assert at_once(a_worker(*[a_device(n, slots=2) for n in range(2)]), Requires(gpus=2)) == 2


def running(*devices, **fields):
    """A worker with ``devices``, and what it runs: the numbers of the GPUs of each trial."""
    runs = tuple(
        Run(study=f"s{n}", number=n, devices=tuple(f"GPU-{place}" for place in places))
        for n, places in enumerate(fields.pop("runs"))
    )
    busy = sum(max(1, len(run.devices)) for run in runs)
    return a_worker(*devices, runs=runs, busy=busy, **fields)


@pytest.mark.parametrize(
    ("worker", "requires", "found"),
    [
        # four GPUs that others have, and a slot for trials without one
        (running(*FOUR, runs=[[0], [1], [2], [3]], slots=5), Requires(gpus=1), (4, 0, 0)),
        (running(*FOUR, runs=[[0], [1], [2], [3]], slots=5), Requires(), (1, 1, 1)),
        (running(*FOUR, runs=[[]], slots=5), Requires(), (1, 0, 0)),
        (running(*FOUR, runs=[[]], slots=5), Requires(gpus=1), (4, 4, 4)),
        # GPUs alone: a trial without one has the place of some
        (running(*FOUR, runs=[[], []]), Requires(gpus=1), (4, 2, 2)),
        (running(*FOUR, runs=[[0]]), Requires(), (4, 3, 3)),
        # several GPUs for a trial
        (running(*FOUR, runs=[[0]]), Requires(gpus=2), (4, 3, 1)),
        (running(*FOUR, runs=[[0], [1, 2]]), Requires(gpus=2), (4, 1, 0)),
        (running(a_device(slots=2), a_device(1, slots=2), runs=[[0]]), Requires(gpus=2), (4, 3, 1)),
        # those that do not suit
        (
            running(a_device(0), a_device(1, memory_gb=10.0), runs=[[0]]),
            Requires(gpus=1, gpu_memory_gb=40.0),
            (1, 0, 0),
        ),
        (
            running(a_device(0, trouble="lost"), a_device(1), runs=[]),
            Requires(gpus=1),
            (1, 1, 1),
        ),
    ],
)
def test_slots_that_suit_those_that_are_free_and_what_could_begin(worker, requires, found):
    assert (
        places(worker, requires),
        vacant(worker, requires),
        could_begin(worker, requires),
    ) == found


def test_what_runs_on_slots_that_suit_is_in_the_way():
    def who(worker, requires):
        return [run.study for run in in_the_way(worker, requires)]

    apart = running(a_device(0), a_device(1, memory_gb=10.0), runs=[[0], [1], []], slots=3)
    assert who(apart, Requires(gpus=1)) == ["s0", "s1"]
    assert who(apart, Requires(gpus=1, gpu_memory_gb=40.0)) == ["s0"]
    assert who(apart, Requires()) == ["s2"]
    shared = running(a_device(0), a_device(1), runs=[[0], []])
    assert who(shared, Requires(gpus=1)) == who(shared, Requires()) == ["s0", "s1"]


@pytest.mark.parametrize(
    ("worker", "requires", "why"),
    [
        (a_worker(), Requires(), None),
        (a_worker(*FOUR), Requires(gpus=4, gpu_memory_gb=80.0), None),
        (a_worker(), Requires(gpus=1), "it has 0 GPUs, a trial needs 1"),
        (a_worker(FOUR[0]), Requires(gpus=2), "it has 1 GPU, a trial needs 2"),
        (
            a_worker(FOUR[0], a_device(1, trouble="lost")),
            Requires(gpus=2),
            "it has 1 GPU and 1 out of service, a trial needs 2",
        ),
        (
            a_worker(a_device(0, trouble="lost")),
            Requires(),
            "its GPUs are out of service, and it has no slot without one",
        ),
        (a_worker(a_device(0, trouble="lost"), slots=2), Requires(), None),
        (
            a_worker(a_device(0, trouble="lost")),
            Requires(gpus=1, gpu_memory_gb=90.0),
            "it has 0 GPUs and 1 out of service, a trial needs 1 with 90 GB",
        ),
        (
            a_worker(FOUR[0]),
            Requires(gpus=1, gpu_memory_gb=90.0),
            "it has 0 GPUs as large, a trial needs 1 with 90 GB",
        ),
        (
            a_worker(a_device(0, mig=True), a_device(1, mig=True)),
            Requires(gpus=2),
            "it has 0 whole GPUs and 2 MIG instances, of which a process sees one; a trial needs 2",
        ),
        (
            a_worker(*FOUR[:3], a_device(3, mig=True), a_device(4, mig=True)),
            Requires(gpus=4),
            "it has 3 whole GPUs and 2 MIG instances, of which a process sees one; a trial needs 4",
        ),
        (a_worker(labels=("a",)), Requires(labels=("a", "b")), "it lacks the label b"),
        (
            a_worker(time_left_s=59.5),
            Requires(time_s=600.0),
            "it has 60 s left, a trial takes 600 s",
        ),
        (a_worker(time_left_s=600.0), Requires(time_s=600.0), None),
    ],
)
def test_what_a_worker_lacks_is_said(worker, requires, why):
    assert shortcoming(worker, requires) == why


@pytest.mark.parametrize("gpus", [-1, 10**18])
@pytest.mark.parametrize("slots", [-5, 10**18])
def test_whatever_stands_in_a_database_is_reckoned_at_once(gpus, slots):
    worker = a_worker(a_device(slots=slots), a_device(1, slots=slots), slots=4)
    for reckon in (at_once, places, vacant, could_begin):
        assert reckon(worker, Requires(gpus=gpus)) >= 0
