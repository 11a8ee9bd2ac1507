"""deploy/kubernetes is what the code makes, and kustomize puts it together."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml
from deploy.renew import FOLDER
from engines.manifests import pods_of, valid

from parzen.worker.launch.kubernetes import mongo
from parzen.worker.launch.kubernetes.kustomization import files

OVERLAYS = ("with-mongodb", "external-mongodb", "agents-job")


def there():
    return {
        str(file.relative_to(FOLDER))
        for file in FOLDER.rglob("*")
        if file.is_file() and "secrets" not in file.parts
    }


@pytest.mark.parametrize("path", files())
def test_each_file_is_as_the_code_has_it(path):
    told = "run `PYTHONPATH=tests python -m deploy.renew`"
    assert (FOLDER / path).read_text("utf-8") == files()[path], told


def test_there_is_no_other_file():
    assert there() == set(files())


def loaded(path):
    return list(yaml.safe_load_all((FOLDER / path).read_text("utf-8")))


def gathered(folder):
    """The documents of a kustomization: its resources, less what its patches delete."""
    [made] = loaded(f"{folder}/kustomization.yaml")
    found = []
    for resource in made["resources"]:
        place = (FOLDER / folder / resource).resolve()
        assert place.exists(), (folder, resource)
        inside = str(place.relative_to(FOLDER.resolve()))
        found += gathered(inside) if place.is_dir() else loaded(inside)
    for patch in made.get("patches", []):
        [gone] = loaded(f"{folder}/{patch['path']}")
        assert gone["$patch"] == "delete"
        key = (gone["kind"], gone["metadata"]["name"], gone["metadata"]["namespace"])
        before = len(found)
        found = [one for one in found if name(one) != key]
        assert len(found) == before - 1
    return found


def name(document):
    metadata = document["metadata"]
    return document["kind"], metadata["name"], metadata.get("namespace")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_overlay_is_whole_and_valid(overlay):
    documents = gathered(f"overlays/{overlay}")
    assert len({name(one) for one in documents}) == len(documents)
    for document in documents:
        valid(document)
    assert {"parzen-coordinator", "parzen-agents"} <= set(pods_of(documents))
    policies = {one["metadata"]["name"] for one in documents if one["kind"] == "NetworkPolicy"}
    assert {"parzen-default-deny", "parzen-to-store"} <= policies


def test_the_overlays_differ_in_what_they_are_for():
    inside, outside, job = (kinds(gathered(f"overlays/{overlay}")) for overlay in OVERLAYS)
    assert "StatefulSet" in inside
    assert "StatefulSet" not in outside
    assert (inside.count("Deployment"), job.count("Deployment")) == (2, 1)
    assert job.count("Job") == inside.count("Job") + 1


def kinds(documents):
    return [document["kind"] for document in documents]


def test_the_secrets_are_those_that_the_script_makes_and_the_pods_mount():
    [made] = loaded("mongodb/kustomization.yaml")
    generated = {one["name"]: one["files"] for one in made["secretGenerator"]}
    assert generated[mongo.SECRET] == [f"secrets/{key}" for key in mongo.KEYS]
    assert made["generatorOptions"] == {"disableNameSuffixHash": True}
    script = (FOLDER.parent / "make-secrets.sh").read_text()
    for host in mongo.hosts():
        assert host in script
    for file in [one.removeprefix("secrets/") for found in generated.values() for one in found]:
        stem = re.sub(r"_password$|\.uri$", "", file)
        assert stem in script or file in script


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kustomize_puts_each_overlay_together(overlay, tmp_path):
    command = kustomize()
    shutil.copytree(FOLDER, tmp_path / "deploy" / "kubernetes")
    script = shutil.copy(FOLDER.parent / "make-secrets.sh", tmp_path / "deploy")
    subprocess.run(["bash", script, "kubernetes"], check=True, capture_output=True)
    folder = tmp_path / "deploy" / "kubernetes" / "overlays" / overlay
    done = subprocess.run([*command, folder], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    documents = list(yaml.safe_load_all(done.stdout))
    for document in documents:
        valid(document)
    made = {name(one) for one in documents if one["kind"] != "Secret"}
    assert made == {name(one) for one in gathered(f"overlays/{overlay}")}
    secrets = {one["metadata"]["name"] for one in documents if one["kind"] == "Secret"}
    assert secrets == (set() if "external" in overlay else {"parzen-mongo", "parzen-store"})


def kustomize():
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    pytest.skip("neither kustomize nor kubectl is installed")
    return None
