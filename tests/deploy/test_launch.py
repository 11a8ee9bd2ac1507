"""`parzen launch docker` with a real engine and the real image: `make test-docker`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engines.patience import until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


@pytest.fixture
def launch(system, engine):
    """Run `parzen launch docker` on the engine; what it said, and its exit code."""
    name = f"parzentest{os.getpid()}"
    (system.folder / "home").mkdir(exist_ok=True)
    # workers in containers on the host's network connect as the composed ones do, from outside
    secret = (system.secrets / "worker_password").read_text()
    file = system.folder / "launched.uri"
    file.write_text(
        f"mongodb://worker:{secret}@127.0.0.1:{system.port}/parzen"
        "?directConnection=true&authSource=parzen"
    )
    file.chmod(0o600)

    def run(*words, more=(), code=0):
        command = [sys.executable, "-m", "parzen.client.cli", "launch", "docker", *words]
        command += ["--name", name, "--store-file", str(file), *more]
        environ = {k: v for k, v in os.environ.items() if not k.startswith("PARZEN_")}
        environ |= {"DOCKER_HOST": engine.host, "PARZEN_HOME": str(system.folder / "home")}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert secret not in done.stdout + done.stderr
        return done.stdout + done.stderr

    run.secret = secret
    yield run
    run("--stop", "all")
    assert engine.docker("ps", "-aq", "--filter", f"label=parzen.launch={name}") == ""
    engine.docker("volume", "rm", "--force", f"{name}-work")


def agents(launch):
    return json.loads(launch("--list", "--json"))["items"]


def test_agents_are_started_shown_and_stopped(launch, engine, system):
    words = ("--image", system.image, "--network", "host", "-n", "2")
    dry = launch(*words, "--dry-run", more=("--", "--slots", "2"))
    assert dry.count("docker -H") == 2
    assert agents(launch) == []

    launch(*words, more=("--", "--slots", "2", "--lease", "8", "--labels", "launched"))
    until(lambda: all(agent["worker"] for agent in agents(launch)))
    found = agents(launch)
    assert len(found) == 2
    assert {agent["doing"] for agent in found} == {"0 of 2 slots busy"}

    for agent in found:
        told = engine.docker("inspect", agent["name"])
        assert launch.secret not in told
        [container] = json.loads(told)
        assert container["HostConfig"]["CapDrop"] == ["ALL"]
        assert container["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
        line = "stat -c '%a %u' /run/parzen/store.uri; id -u"
        assert engine.docker("exec", agent["name"], "sh", "-c", line).split() == [
            "400", "10001", "10001",
        ]  # fmt: skip

    assert "no agent elsewhere was launched there" in launch("--stop", "elsewhere", code=1)
    first, second = (agent["name"] for agent in found)
    said = launch("--stop", first)
    assert f"{first} has given its trials back" in said
    assert [agent["name"] for agent in agents(launch)] == [second]
    with system.connect() as client:
        assert first not in {worker.id.partition(":")[0] for worker in client.workers()}


def test_trials_of_an_agent_in_a_container_run_in_others_beside_it(launch, engine, system, base):
    shutil.copy(Path(__file__).parent / "studies.py", system.folder)
    system.parzen("submit", "studies.py:contained")
    system.parzen("set", "contained", f"image={base}")
    words = ("--image", system.image, "--network", "host", "--trials-in-containers")
    launch(*words, more=("--", "--labels", "contained"))
    with system.connect() as client:
        until(lambda: client.study("contained").record.status.ended)
        trials = client.study("contained").trials()
    assert [t.state.value for t in trials] == ["complete"] * 2, trials[0].attempts
    assert {t.result["uid"] for t in trials} == {10001}
    assert len({t.result["host"] for t in trials}) == 2  # each had a container of its own
    until(lambda: engine.docker("ps", "-aq", "--filter", "label=parzen.trial") == "")


def test_a_host_that_does_not_answer_is_named_and_the_others_go_on(launch, engine, system):
    hosts = ("--host", "unix:///nowhere.sock", "--host", engine.host)
    said = launch(*hosts, "--image", system.image, "--network", "host", code=1)
    assert "unix:///nowhere.sock: the Docker engine at unix:///nowhere.sock does not answer" in said
    assert f"{engine.host}: parzentest{os.getpid()}-" in said
    assert len(agents(launch)) == 1


def test_an_image_that_is_not_there_is_said_with_what_to_do(launch):
    said = launch("--image", "registry.invalid/parzen:none", code=1)
    assert "the image registry.invalid/parzen:none is not there and cannot be pulled" in said
    assert "build -f deploy/Dockerfile" in said
