from __future__ import annotations

import io
import shlex
import tarfile
from pathlib import Path

import pytest
import yaml

from parzen.shared.errors import InvalidInput
from parzen.worker.launch.docker.plan import (
    LAUNCH,
    USER,
    Plan,
    address_file,
    apart,
    checked_name,
    request,
    told,
    user_of,
    wanted_gpus,
)
from parzen.worker.launch.words import params

SECRET = "mongodb://me:hunter2@db.lab/parzen"
COMPOSE = Path(__file__).parents[4] / "docker-compose.yml"

HERE = "unix:///run/user/5/docker.sock"


def a_plan(*words, **fields):
    given = {
        "name": "lab",
        "image": "parzen:1",
        "store": SECRET,
        "shown": "mongodb://db.lab/parzen",
    }
    options = params(words)
    return Plan(words=words, options=options, **{**given, **fields})


def test_an_agent_has_no_rights_beyond_those_of_the_composed_worker():
    composed = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]["worker"]
    found = request(a_plan("--slots", "2"), "lab-1", "ssh://gpu1")
    assert found["cap_drop"] == composed["cap_drop"]
    assert found["security_opt"] == ["no-new-privileges"]
    assert (found["read_only"], found["init"]) == (composed["read_only"], composed["init"])
    assert "exec" in found["tmpfs"]["/tmp"]
    assert found["command"] == ["worker", "--slots", "2", "--name", "lab-1"]
    places = {m["Target"]: (m["Source"], m["Type"]) for m in found["mounts"]}
    assert places == {
        "/var/lib/parzen": ("lab-work", "volume"),
        "/run/parzen": (None, "volume"),
    }
    assert found["labels"][LAUNCH] == "lab"
    assert "network_mode" not in found


def test_the_address_is_in_no_request_and_in_nothing_that_is_shown():
    plan = a_plan("--slots", "2", socket=True)
    said = [request(plan, "lab-1", HERE), told(plan, "lab-1", HERE), plan]
    assert "hunter2" not in str(said)


def test_it_is_in_a_file_for_the_images_user_alone():
    with tarfile.open(fileobj=io.BytesIO(address_file(SECRET, 10001, 10002))) as archive:
        [entry] = archive.getmembers()
        assert (entry.name, entry.mode, entry.uid, entry.gid) == ("store.uri", 0o400, 10001, 10002)
        assert archive.extractfile(entry).read().decode() == SECRET


@pytest.mark.parametrize(
    ("said", "user"),
    [
        ("10001:10002", (10001, 10002)),
        ("5", (5, 5)),
        ("parzen", (USER, USER)),
        (None, (USER, USER)),
    ],
)
def test_whose_it_is_the_image_says(said, user):
    assert user_of({"User": said}) == user


@pytest.mark.parametrize(
    ("words", "policy"),
    [
        ((), "unless-stopped"),
        (("--idle-timeout", "60"), "on-failure"),
        (("--max-trials", "3"), "on-failure"),
        (("--claim-for", "60"), "on-failure"),
    ],
)
def test_an_agent_that_ends_by_itself_is_not_started_again(words, policy):
    assert request(a_plan(*words), "a", HERE)["restart_policy"] == {"Name": policy}


def test_it_has_its_trials_grace_and_more_to_end():
    assert a_plan("--grace", "300").grace_s == 330
    assert a_plan().grace_s >= 40


def test_the_socket_is_the_hosts_and_its_group_may_use_it():
    found = request(a_plan(socket=True), "a", HERE, group=999)
    [mount] = [m for m in found["mounts"] if m["Type"] == "bind"]
    assert (mount["Source"], mount["Target"]) == ("/run/user/5/docker.sock", "/var/run/docker.sock")
    assert found["group_add"] == ["999"]
    found = request(a_plan(socket=True), "a", "ssh://gpu1", group=0)
    assert "/var/run/docker.sock" in [m["Source"] for m in found["mounts"]]


@pytest.mark.parametrize(
    ("said", "nvidia", "count", "ids"),
    [
        ("auto", True, -1, None),
        ("all", False, -1, None),
        ("0,2", False, None, ["0", "2"]),
        ("GPU-ab-1", True, None, ["GPU-ab-1"]),
    ],
)
def test_gpus_are_asked_for(said, nvidia, count, ids):
    found = request(a_plan(devices=wanted_gpus(said)), "a", HERE, nvidia=nvidia)
    [asked] = found["device_requests"]
    assert (asked.get("Count") or None, asked.get("DeviceIDs") or None) == (count, ids)
    assert asked["Capabilities"] == [["gpu"]]


@pytest.mark.parametrize(("said", "nvidia"), [("auto", False), ("none", True)])
def test_no_gpus_are_asked_for(said, nvidia):
    found = request(a_plan(devices=wanted_gpus(said)), "a", HERE, nvidia=nvidia)
    assert "device_requests" not in found


@pytest.mark.parametrize("said", ["", "0,", "zero", "-1", "0 1"])
def test_what_names_no_gpus_is_refused(said):
    with pytest.raises(InvalidInput, match="names no GPUs: give all, none, auto"):
        wanted_gpus(said)


@pytest.mark.parametrize("name", ["", "-x", "a b", "x" * 50, "a/b"])
def test_what_cannot_be_the_name_of_containers_is_refused(name):
    with pytest.raises(InvalidInput, match="cannot be the name of containers"):
        checked_name(name)


@pytest.mark.parametrize(
    ("addresses", "network", "who"),
    [
        (["unix:///var/run/docker.sock"], "host", None),
        (["tcp://localhost:2375", "unix:///a.sock"], "host", None),
        ([HERE], None, "agents in containers here, without --network host,"),
        (["ssh://gpu1", "tcp://gpu2:2376"], "host", "agents on ssh://gpu1, tcp://gpu2:2376"),
        (
            ["ssh://gpu1", HERE],
            "lab",
            "agents on ssh://gpu1 and agents in containers here, without --network host,",
        ),
    ],
)
def test_which_agents_do_not_have_this_machines_network(addresses, network, who):
    assert apart(addresses, network) == who


def test_the_same_is_told_as_a_command():
    plan = a_plan("--slots", "2", network="host", devices=("0", "2"), socket=True)
    line, *more = told(plan, "lab-1", "ssh://gpu1")
    words = shlex.split(line)
    assert words[:5] == ["docker", "-H", "ssh://gpu1", "run", "--detach"]
    assert words[-6:] == ["parzen:1", "worker", "--slots", "2", "--name", "lab-1"]
    assert "--hostname" not in words  # it is the host's
    assert words[words.index("--gpus") + 1] == '"device=0,2"'
    assert any("/run/parzen/store.uri" in note for note in more)
