"""The words of the containers as processes: a replica set with a key, its set-up, and a study."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from engines.cluster import free_ports
from engines.manifests import pods_of
from engines.patience import until
from pymongo import MongoClient

from parzen.client import Float, Study
from parzen.shared.mongo.embedded.locate import find_mongod
from parzen.worker.launch.kubernetes import mongo
from parzen.worker.launch.kubernetes.manifests import manifests
from parzen.worker.launch.kubernetes.pods import HOME, SECRETS, USER
from parzen.worker.launch.kubernetes.secrets import of_members, passwords
from parzen.worker.launch.kubernetes.values import Values

ROOT = Path(__file__).parents[2]
PARZEN = [sys.executable, "-m", "parzen.client.cli"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("kubernetes")
    for one in (made, *made.parents):
        if one.is_relative_to(gettempdir()):  # the containers' user passes through
            one.chmod(one.stat().st_mode | 0o011)
    return made


@pytest.fixture(scope="module")
def user():
    """The image's user, where one may become it and it can reach what it runs; else oneself."""
    its = {"user": USER, "group": USER, "extra_groups": []}
    try:
        done = subprocess.run([*PARZEN, "--version"], capture_output=True, check=False, **its)
    except PermissionError:
        return {}
    return its if done.returncode == 0 else {}


def handed(folder, texts, user):
    """A Secret as the kubelet mounts it for a pod with fsGroup: root's, and the group's to read."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        file = folder / name
        file.write_text(text)
        file.chmod(0o600)
        if user:
            os.chown(file, 0, USER)
            file.chmod(0o440)
    return folder


class Container:
    """A container of a manifest as a process here; ``places`` are its paths, and what they are."""

    def __init__(self, log, spec, program, places, user, **environ):
        [container] = spec["containers"]
        self.ports = [port["containerPort"] for port in container.get("ports", [])]
        self._probes = container
        variables = {one["name"]: one["value"] for one in container.get("env", [])}
        words = [*program, *container.get("args", [])]
        replaced = lambda text: replace(text, places)  # noqa: E731 - a word for the next two lines
        self._log = log
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [replaced(word) for word in words],
                env={**os.environ, **{k: replaced(v) for k, v in variables.items()}, **environ},
                stdout=file,
                stderr=file,
                cwd="/",
                **user,
            )

    @property
    def said(self):
        return self._log.read_text()

    def answers(self, probe):
        asked = self._probes[probe]["httpGet"]
        assert asked["port"] == "metrics"
        try:
            url = f"http://127.0.0.1:{self.ports[0]}{asked['path']}"
            with urlopen(url, timeout=20) as answer:
                return answer.status == 200
        except URLError:
            assert self.process.poll() is None, self.said
            return False


def replace(text, places):
    """``text`` with the containers' paths and names as they are here, all at once."""
    if not places:
        return text
    return re.sub("|".join(map(re.escape, places)), lambda found: str(places[found[0]]), text)


@pytest.fixture(scope="module")
def secrets():
    """What the two Secrets hold."""
    members, store = of_members(Values(), passwords())
    return {"members": members["stringData"], "store": store["stringData"]}


@pytest.fixture(scope="module")
def members(folder, secrets):
    """Three mongods, begun as the containers are; the addresses by which they know each other."""
    key = handed(folder / "key", {mongo.KEYFILE: secrets["members"][mongo.KEYFILE]}, {})
    ports, started = free_ports(mongo.MEMBERS), []
    [program] = pods_of(manifests(Values()))["parzen-mongo"]["containers"]
    shell, option, words = program["command"]
    path = f"{Path(find_mongod()).parent}:{os.environ['PATH']}"
    for port in ports:
        own = folder / f"member-{port}"
        (own / "db").mkdir(parents=True)
        places = {mongo.KEY: key, "/tmp/keyfile": own / "keyfile"}
        words_here = f"{replace(words, places)} --port {port} --dbpath {own}/db --oplogSize 64"
        with (own / "log").open("w") as log:
            command = [shell, option, words_here]
            environ = {**os.environ, "PATH": path}
            started.append(subprocess.Popen(command, stdout=log, stderr=log, env=environ))
    yield [f"127.0.0.1:{port}" for port in ports]
    for process in started:
        process.kill()
        process.wait()
    for port in ports:
        shutil.rmtree(folder / f"member-{port}")


@pytest.fixture(scope="module")
def prepared(folder, members, secrets, user):
    """Whatever the set-up said, run twice: a Job's pod may be started again."""
    spec = pods_of(manifests(Values()))[job_name()]
    [container] = spec["containers"]
    assert container["command"] == ["parzen-compose-setup"]  # which deploy/Dockerfile makes of it
    texts = handed(folder / "setup", secrets["members"], user)
    home = owned(folder / "setup-home", user)
    places = {SECRETS: texts, HOME: home, ",".join(mongo.hosts()): ",".join(members)}
    said = []
    for n in range(2):
        log = folder / f"setup-{n}.log"
        program = [sys.executable, str(ROOT / "deploy" / "prepare.py")]
        setup = Container(log, spec, program, places, user, KUBERNETES_SERVICE_HOST="10.0.0.1")
        try:
            assert setup.process.wait(110) == 0, setup.said
        finally:
            setup.process.kill()
            setup.process.wait()
        said.append(setup.said)
    return said


def job_name():
    [name] = [one["metadata"]["name"] for one in manifests(Values()) if one["kind"] == "Job"]
    return name


def owned(folder, user):
    folder.mkdir(exist_ok=True)
    if user:
        os.chown(folder, USER, USER)
    return folder


@pytest.fixture
def new_container(folder, members, secrets, user, prepared):
    """Start the container of a manifest; it ends with the test."""
    started = []

    def make(values, name):
        spec = pods_of(manifests(values))[name]
        hosts = {",".join(mongo.hosts()): ",".join(members)}
        [volume] = [one for one in spec["volumes"] if "secret" in one]
        keys = [item["key"] for item in volume["secret"]["items"]]
        texts = {key: replace(secrets["store"][key], hosts) for key in keys}
        own = folder / f"{name}-{len(started)}"
        own.mkdir()
        places = {SECRETS: handed(own / "secrets", texts, user), HOME: owned(own / "home", user)}
        started.append(Container(own / "log", spec, PARZEN, places, user))
        return started[-1]

    yield make
    for one in started:
        one.process.kill()
        one.process.wait()


def objective(params):
    return params["x"] ** 2


def test_members_become_one_set_in_which_the_first_leads(prepared, members, secrets):
    assert all("MongoDB is ready" in said for said in prepared)
    key = secrets["members"][mongo.KEYFILE]
    with MongoClient(
        f"mongodb://{members[1]}",
        directConnection=True,
        username="__system",
        password=key,
        authSource="local",
    ) as client:
        config = client.admin.command("replSetGetConfig")["config"]
        assert [member["host"] for member in config["members"]] == members
        until(lambda: client.admin.command("hello").get("primary") == members[0])


def test_a_study_runs_in_what_the_manifests_start(new_container, members, secrets, prepared):
    one, other = free_ports(2)
    leader = new_container(Values(metrics_port=one), "parzen-coordinator")
    words = ("--grace", "5", "--slots", "2")
    agent = new_container(Values(metrics_port=other, words=words), "parzen-agents")
    for container in (leader, agent):
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            until(lambda container=container, probe=probe: container.answers(probe))

    uri = replace(secrets["store"]["client.uri"], {"127.0.0.1:27017": members[0]})
    study = Study("first", space={"x": Float(-1, 1)}, objective=objective, max_trials=12)
    with study.submit(uri) as handle:
        handle.wait(progress=False)
        assert len(list(handle.trials())) == 12
        assert handle.best.loss < 1

    for container in (agent, leader):
        container.process.send_signal(signal.SIGTERM)
        assert container.process.wait(60) == 0, container.said
        assert "password" not in container.said


def test_agents_of_a_job_end_by_themselves(new_container):
    [port] = free_ports(1)
    values = Values(metrics_port=port, job=True, words=("--grace", "5", "--idle-timeout", "1"))
    agent = new_container(values, "parzen-agents")
    assert agent.process.wait(90) == 0, agent.said
    assert "has quit" in agent.said
