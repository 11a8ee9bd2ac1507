"""All documents together: the API takes them, they agree, and no pod has needless rights."""

import builtins

import pytest
import yaml
from engines.manifests import everything, pods_of, valid
from jsonschema import ValidationError

from parzen.shared.errors import InvalidInput
from parzen.worker.launch.kubernetes.manifests import as_yaml, manifests
from parzen.worker.launch.kubernetes.values import Mongodb, Values


def test_every_version_of_the_api_takes_every_document(values):
    for document in everything(values):
        valid(document)


def test_what_is_wrong_would_be_seen():
    document = manifests(Values())[-1]
    document["spec"]["replicaz"] = 1
    with pytest.raises(ValidationError):
        valid(document)


def test_no_two_documents_are_one(values):
    made = [(one["kind"], one["metadata"]["name"]) for one in everything(values)]
    assert len(set(made)) == len(made)


def test_no_pod_has_more_rights_than_it_needs(values):
    found = pods_of(everything(values))
    assert len(found) == (4 if values.mongodb is Mongodb.IN_CLUSTER else 2)
    for spec in found.values():
        assert spec["automountServiceAccountToken"] is False
        assert spec["serviceAccountName"] != "default"
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] == security["runAsGroup"] == security["fsGroup"] > 0
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert all("hostPath" not in volume for volume in spec["volumes"])
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert {"cpu", "memory"} <= set(container["resources"]["limits"])


def test_every_account_is_one_of_ours_and_has_no_token(values):
    documents = everything(values)
    accounts = [one for one in documents if one["kind"] == "ServiceAccount"]
    names = {account["metadata"]["name"] for account in accounts}
    assert names == {spec["serviceAccountName"] for spec in pods_of(documents).values()}
    assert all(account["automountServiceAccountToken"] is False for account in accounts)
    assert not [one for one in documents if "rbac" in one["apiVersion"]]


def test_whatever_runs_on_is_probed(values):
    for document in everything(values):
        if document["kind"] in ("Deployment", "StatefulSet"):
            for container in document["spec"]["template"]["spec"]["containers"]:
                assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)


def test_selectors_find_their_pods(values):
    documents = everything(values)
    labelled = [
        document["spec"]["template"]["metadata"]["labels"]
        for document in documents
        if "template" in document.get("spec", {})
    ]
    for document in documents:
        spec = document.get("spec", {})
        chosen = spec.get("selector") or spec.get("podSelector")
        if chosen is None:
            continue
        wanted = chosen if document["kind"] == "Service" else chosen["matchLabels"]
        own = [spec["template"]["metadata"]["labels"]] if "template" in spec else labelled
        assert any(wanted.items() <= found.items() for found in own), document["metadata"]["name"]


def test_ports_that_are_named_are_there(values):
    documents = everything(values)
    for document in documents:
        if document["kind"] == "Service":
            ports = {port["targetPort"] for port in document["spec"]["ports"]}
            [spec] = [s for name, s in pods_of(documents).items() if name == "parzen-mongo"]
            assert ports == {port["name"] for port in spec["containers"][0]["ports"]}
    for spec in pods_of(documents).values():
        for container in spec["containers"]:
            named = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                asked = container.get(probe, {})
                for how in ("httpGet", "tcpSocket"):
                    assert how not in asked or asked[how]["port"] in named


def test_secrets_that_are_mounted_are_made_with_these_keys(values):
    documents = everything(values)
    made = {
        one["metadata"]["name"]: set(one["stringData"])
        for one in documents
        if one["kind"] == "Secret"
    }
    for spec in pods_of(documents).values():
        for volume in spec["volumes"]:
            if "secret" in volume:
                keys = {item["key"] for item in volume["secret"]["items"]}
                assert keys <= made[volume["secret"]["secretName"]]
        for container in spec["containers"]:
            assert all("mongodb://" not in one["value"] for one in container.get("env", []))


def test_each_pod_is_given_one_address_and_no_other(values):
    found = pods_of(manifests(values))
    for name, key in (("parzen-coordinator", "coordinator.uri"), ("parzen-agents", "worker.uri")):
        [volume] = [one for one in found[name]["volumes"] if "secret" in one]
        assert [item["key"] for item in volume["secret"]["items"]] == [key]
        environment = {one["name"]: one["value"] for one in found[name]["containers"][0]["env"]}
        assert environment["PARZEN_STORE_FILE"] == f"/run/secrets/parzen/{key}"


def test_what_is_mounted_is_a_volume_and_what_is_written_to_is_one(values):
    for spec in pods_of(manifests(values)).values():
        volumes = {volume["name"] for volume in spec["volumes"]}
        volumes |= {"data"} if "mongod" in str(spec["containers"]) else set()
        for container in spec["containers"]:
            mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
            assert set(mounted) == volumes
            assert "/tmp" in mounted.values()
            assert container["name"] == "mongod" or "/var/lib/parzen" in mounted.values()


def test_yaml_says_what_the_documents_say(values):
    documents = everything(values)
    assert list(yaml.safe_load_all(as_yaml(documents))) == documents


def test_without_the_library_one_is_told_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "yaml":
            raise ModuleNotFoundError("no yaml", name="yaml")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InvalidInput, match=r"pip install 'parzen\[kubernetes\]'"):
        as_yaml([{}])
