from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from parzen.shared.records import Direction, Image
from parzen.worker.containers.request import Berth, asked, environment, translated
from parzen.worker.executor.protocol import Job

JOB = Job(
    bundle=Path("/home/bundles/d.zip"),
    digest="d",
    direction=Direction.MINIMIZE,
    params={},
    number=3,
    attempt=1,
    workdir=Path("/work/s/3/t"),
    log=Path("/work/s/3/t.log"),
)
BERTH = Berth(
    name="parzen-s-3-t",
    user="1000:1000",
    folder=Path("/work/.children/c"),
    code=Path("/work/.children/code"),
    labels={"parzen.trial": "trial 3 of s"},
)
IMAGE = Image(name="torch:2")


def mounts(request):
    return {m["Target"]: (m["Source"], m["ReadOnly"]) for m in request["mounts"]}


def test_a_trial_gets_few_rights_and_no_network():
    found = asked(IMAGE, JOB, BERTH)
    assert (found["image"], found["user"], found["network_mode"]) == (
        "torch:2",
        "1000:1000",
        "none",
    )
    assert found["cap_drop"] == ["ALL"]
    assert "no-new-privileges" in found["security_opt"]
    assert found["read_only"]
    assert found["init"]
    assert 0 < found["pids_limit"] < 1 << 16
    assert not {"mem_limit", "nano_cpus", "device_requests", "cpuset_cpus", "privileged"} & set(
        found
    )


def test_everything_lies_in_it_where_it_lies_outside_and_little_can_be_written():
    job = dataclasses.replace(JOB, previous_workdir=Path("/work/s/3/before"))
    found = mounts(asked(IMAGE, job, BERTH))
    assert all(source == target for target, (source, _) in found.items())
    writable = {target for target, (_, read_only) in found.items() if not read_only}
    assert writable == {"/work/.children/c", "/work/s/3/t", "/work/s/3/t.log"}
    assert set(found) - writable == {
        "/home/bundles/d.zip", "/work/.children/code", "/work/s/3/before",
    }  # fmt: skip


def test_limits_are_in_the_engines_own_units():
    image = Image(name="a", memory_gb=1.5, cpus=0.5, shm_gb=2.0, network="lab")
    found = asked(image, JOB, BERTH)
    assert found["mem_limit"] == found["memswap_limit"] == 1_500_000_000
    assert (found["nano_cpus"], found["shm_size"]) == (500_000_000, 2_000_000_000)
    assert found["network_mode"] == "lab"


def test_the_gpus_of_a_trial_are_asked_for_by_their_uuids():
    job = dataclasses.replace(JOB, devices=("GPU-1", "GPU-2"), cpus=(0, 2, 3))
    found = asked(IMAGE, job, BERTH)
    [request] = found["device_requests"]
    assert request["DeviceIDs"] == ["GPU-1", "GPU-2"]
    assert request["Capabilities"] == [["gpu"]]
    assert found["cpuset_cpus"] == "0,2,3"


def test_amds_gpus_are_reached_by_files_and_chosen_by_the_environment():
    environ = {"ROCR_VISIBLE_DEVICES": "GPU-1"}
    job = dataclasses.replace(JOB, devices=("GPU-1",), environ=environ)
    berth = dataclasses.replace(BERTH, amd=("/dev/kfd", "/dev/dri/renderD128"), amd_groups=(44,))
    found = asked(IMAGE, job, berth)
    assert "device_requests" not in found
    assert found["devices"] == [
        "/dev/kfd:/dev/kfd:rw",
        "/dev/dri/renderD128:/dev/dri/renderD128:rw",
    ]
    assert found["group_add"] == ["44"]
    assert found["environment"]["ROCR_VISIBLE_DEVICES"] == "GPU-1"
    assert "devices" not in asked(IMAGE, JOB, berth)


def test_what_the_agent_gives_goes_before_what_is_usual():
    assert environment(IMAGE, JOB)["HOME"] == "/tmp"
    assert "OMP_NUM_THREADS" not in environment(IMAGE, JOB)
    limited = Image(name="a", cpus=1.5)
    assert environment(limited, JOB)["OMP_NUM_THREADS"] == "2"
    job = dataclasses.replace(JOB, environ={"OMP_NUM_THREADS": "4", "X": "y"})
    assert environment(limited, job) | {"OMP_NUM_THREADS": "2", "X": "y"} == environment(
        limited, job
    )
    job = dataclasses.replace(JOB, environ={"OMP_NUM_THREADS": "1"})
    assert environment(limited, job)["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/var/lib/parzen/work/x", "/engine/volumes/work/_data/work/x"),
        ("/var/lib/parzen/inner/x", "/srv/inner/x"),
        ("/var/lib/parzen", "/engine/volumes/work/_data"),
        ("/var/lib/parzens/x", "/var/lib/parzens/x"),
    ],
)
def test_paths_of_an_agent_in_a_container_are_told_as_its_engine_knows_them(path, found):
    outside = {
        "/var/lib/parzen": "/engine/volumes/work/_data",
        "/var/lib/parzen/inner": "/srv/inner",
    }
    assert translated(Path(path), outside) == found


def test_a_copy_of_the_bundle_takes_its_place():
    berth = dataclasses.replace(BERTH, bundle=Path("/work/.children/c/bundle.zip"))
    found = mounts(asked(IMAGE, JOB, berth))
    assert found["/home/bundles/d.zip"] == ("/work/.children/c/bundle.zip", True)
