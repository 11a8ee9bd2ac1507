import json
import os
import socket
from dataclasses import replace

import pytest

from parzen.shared.records import Device, Run


def test_the_live_processes_are_listed(call, store, a_worker, a_coordinator):
    store.catalog.beat(a_worker(labels=("fast", "gpu"), busy=1, slots=2, studies=("s",)))
    store.catalog.beat(a_coordinator())
    code, out, _ = call("workers")
    header, *lines = [line.split("\t") for line in out.splitlines()]
    rows = [dict(zip(header, line, strict=True)) for line in lines]
    by_role = {row["role"]: row for row in rows}
    assert code == 0
    assert by_role["worker"]["busy"] == "1/2"
    assert by_role["worker"]["labels"] == "fast gpu"
    assert by_role["worker"]["studies"] == "s"
    assert by_role["coordinator"]["studies"] == "all"


GPU = Device(
    uuid="GPU-5d3f", name="NVIDIA H100 80GB HBM3", index="0", memory_gb=85.0, utilisation=0.93
)


@pytest.mark.parametrize("trouble", [None, "it has fallen off the bus: restart the machine"])
def test_80_columns_show_what_runs_where_and_how_it_fares(
    call, store, a_worker, a_coordinator, terminal, trouble
):
    terminal(80)
    run = Run(study="resnet-sweep-lr", number=117, devices=(GPU.uuid,))
    device = replace(GPU, trouble=trouble)
    store.catalog.beat(a_worker("gpu-node-17:12345:3f9a2b", devices=(device,), runs=(run,)))
    store.catalog.beat(a_coordinator())
    header, *lines, _ = call("workers")[1].splitlines()
    assert header.split()[:5] == ["id", "gpu", "runs", "use", "seen"]
    assert ("state" in header) is (trouble is not None)
    [line] = [line for line in lines if "H100" in line]
    for said in ("gpu-", "3f9a2b", "0 H100", "resnet", "/117", "93%", " s ago"):
        assert said in line
    assert all(len(line) <= 80 for line in lines)


def test_processes_for_programs(call, store, a_worker):
    store.catalog.beat(a_worker(quarantined={"u1": "it runs Python 3.9"}))
    found = json.loads(call("workers", "--json")[1])
    assert found["kind"] == "workers"
    assert found["items"][0]["quarantined"] == {"u1": "it runs Python 3.9"}


def test_nobody_alive(call):
    assert json.loads(call("workers", "--json")[1])["items"] == []


def test_studies_that_a_worker_cannot_run_are_named_by_reason(call, worked, store, a_worker):
    for uid, name in (("u1", "first"), ("u2", "second"), ("u3", "third")):
        worked(uid=uid, name=name)
    unfit = {"u1": "it is not signed", "u2": "it lacks torch", "u3": "it is not signed", "u4": "no"}
    store.catalog.beat(a_worker(quarantined=unfit))
    header, line = (line.split("\t") for line in call("workers")[1].splitlines())
    cell = dict(zip(header, line, strict=True))["cannot run"]
    assert cell == ("first, third: it is not signed; second: it lacks torch; a deleted study: no")


def test_those_of_this_machine_are_a_health_check(call, store, a_worker):
    here = {"host": socket.gethostname(), "pid": os.getpid()}
    store.catalog.beat(a_worker("elsewhere:1:a"))
    store.catalog.beat(a_worker("gone:2:b", **(here | {"pid": 2**22 + 1})))
    code, out, err = call("workers", "--here")
    assert (code, out) == (3, "")
    assert repr(here["host"]) in err
    assert "workers" in err.partition("`")[2]

    store.catalog.beat(a_worker("mine:3:c", **here))
    code, out, _ = call("workers", "--here", "--json")
    assert code == 0
    assert [worker["id"] for worker in json.loads(out)["items"]] == ["mine:3:c"]
