from dataclasses import replace

import pytest

from parzen.client.nodes import lines, named
from parzen.shared.errors import NotFound
from parzen.shared.records import Device, Order, Run, Worker


def a_device(n, **fields):
    return Device(uuid=f"GPU-{n}", name="H100", index=f"{n}", **fields)


def a_worker(name="node-1:7:aa", **fields):
    return Worker(**{"id": name, "host": name.split(":")[0], "pid": 7, "slots": 2, **fields})


def told(worker):
    return [
        (line.device and line.device.index, line.memory, line.utilisation, line.running, line.state)
        for line in lines([worker])
    ]


def test_each_gpu_has_a_line_with_what_runs_there():
    worker = a_worker(
        devices=(
            a_device(0, memory_gb=80.0, used_gb=11.25, utilisation=0.934),
            a_device(1, memory_gb=80.0, trouble="lost"),
        ),
        runs=(Run(study="a", number=3, devices=("GPU-0",)),),
    )
    assert told(worker) == [
        ("0", "11.2/80 GB", "93%", "a/3", ""),
        ("1", "?/80 GB", "", "", "out of service: lost"),
    ]


def test_a_gpu_that_cannot_be_looked_at_says_so():
    silent = a_worker(devices=(a_device(0, memory_gb=80.0, silence="NVML: no answer"),))
    assert told(silent) == [("0", "?/80 GB", "", "", "cannot be looked at: NVML: no answer")]


def test_a_gpu_is_called_by_its_place_and_its_name():
    nvidia = replace(a_device(2), name="NVIDIA H100 80GB HBM3")
    [line] = lines([a_worker(devices=(nvidia,))])
    assert line.gpu == "2 H100 80GB HBM3"
    assert next(lines([a_worker()])).gpu == ""


def test_a_trial_of_two_gpus_stands_at_both_and_one_of_none_apart():
    worker = a_worker(
        devices=(a_device(0), a_device(1)),
        runs=(Run(study="a", number=3, devices=("GPU-0", "GPU-1")), Run(study="b", number=5)),
    )
    assert [(index, running) for index, _, _, running, _ in told(worker)] == [
        ("0", "a/3"),
        ("1", "a/3"),
        (None, "b/5"),
    ]


def test_a_worker_without_gpus_has_a_line_of_its_own():
    many = tuple(Run(study="a", number=n) for n in range(6))
    assert told(a_worker()) == [(None, "", "", "", "")]
    assert told(a_worker(runs=many))[0][3] == "a/0 a/1 a/2 a/3 and 2 more"


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"leaving": True, "time_left_s": 60.0}, "leaving"),
        ({"order": Order.DRAIN}, "leaving"),
        ({"time_left_s": 3700.0}, "1:01:40 left"),
        ({"time_left_s": -3.0}, "0:00 left"),
    ],
)
def test_what_keeps_it_from_more_is_said(fields, state):
    assert told(a_worker(**fields))[0][4] == state


def test_a_gpu_that_is_kept_for_a_trial_of_several_says_so():
    runs = (Run(study="a", number=3, devices=("GPU-1",)),)
    worker = a_worker(devices=(a_device(0), a_device(1)), runs=runs, keeps_for="pair")
    assert [state for *_, state in told(worker)] == ["kept for pair", ""]


LIVE = [
    a_worker("node-1:7:aa"),
    a_worker("node-1:8:bb"),
    a_worker("node-10:7:cc"),
    a_worker("boss:1:dd", role="coordinator", slots=0),
]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["node-1"], ["node-1:7:aa", "node-1:8:bb"]),
        (["node-1:8:bb"], ["node-1:8:bb"]),
        (["node-10:"], ["node-10:7:cc"]),
        (["node-1:7", "node-10", "node-1:7:aa"], ["node-1:7:aa", "node-10:7:cc"]),
    ],
)
def test_workers_are_named_by_host_by_id_or_by_its_beginning(names, found):
    assert [worker.id for worker in named(LIVE, names)] == found


def test_a_name_that_is_nobodys_is_refused_with_those_that_would_do():
    with pytest.raises(NotFound, match=r"'boss'.*expected one of node-1, node-10$"):
        named(LIVE, ["boss"])
    many = [a_worker("node-1:7:aa"), *(a_worker(f"ws-{n}:7:aa", host="vm") for n in range(5))]
    with pytest.raises(NotFound, match=r"expected one of node-1, vm, ws-0, ws-1 and 3 more$"):
        named(many, ["ws"[::-1]])
    with pytest.raises(NotFound, match="no worker is alive"):
        named([], ["node-1"])


def test_time_without_end_is_not_told():
    assert told(a_worker(time_left_s=float("inf")))[0][4] == ""
