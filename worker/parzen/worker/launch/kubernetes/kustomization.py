"""The files of deploy/kubernetes: the same manifests, cut into bases and overlays for kustomize."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parzen.worker.launch.kubernetes import accounts, agents, coordinator, mongo, network
from parzen.worker.launch.kubernetes.manifests import as_yaml
from parzen.worker.launch.kubernetes.pods import Document
from parzen.worker.launch.kubernetes.values import Mongodb, Values

HEAD = """\
# Made by `PYTHONPATH=tests python -m deploy.renew`, of worker/parzen/worker/launch/kubernetes:
# change it there, or in an overlay of your own. docs/kubernetes.md explains.
"""

IDLE_S = 600
"""After so long without a trial the agents of the Job end."""

GRACE = ("--grace", "30")

INSIDE = Values(gpus_per_agent=1, words=GRACE)
OUTSIDE = Values(gpus_per_agent=1, words=GRACE, mongodb=Mongodb.EXTERNAL)
JOB = Values(gpus_per_agent=1, job=True, words=(*GRACE, "--idle-timeout", str(IDLE_S)))


def files() -> Mapping[str, str]:
    """Each file's text, by its path below deploy/kubernetes."""
    image, _, tag = INSIDE.image.rpartition(":")
    named = {"images": [{"name": image, "newName": image, "newTag": tag}]}
    keys = [f"secrets/{key}" for key in mongo.KEYS]
    uris = [f"secrets/{uri}" for uri in (coordinator.URI, agents.URI, "client.uri")]
    return {
        "base/namespace.yaml": _text([accounts.namespace(INSIDE)]),
        "base/accounts.yaml": _text(accounts.accounts(INSIDE)),
        "base/network.yaml": _text(network.network(INSIDE)),
        "base/coordinator.yaml": _text(coordinator.coordinator(INSIDE)),
        "base/agents.yaml": _text([agents.agents(INSIDE)]),
        "base/kustomization.yaml": _kustomization(
            resources=[
                *("namespace.yaml", "accounts.yaml", "network.yaml"),
                *("coordinator.yaml", "agents.yaml"),
            ]
        ),
        "mongodb/mongodb.yaml": _text(mongo.mongo(INSIDE)),
        "mongodb/network.yaml": _text(network.store(INSIDE)),
        "mongodb/kustomization.yaml": _kustomization(
            namespace=INSIDE.namespace,
            resources=["mongodb.yaml", "network.yaml"],
            generatorOptions={"disableNameSuffixHash": True},
            secretGenerator=[
                {"name": mongo.SECRET, "files": keys},
                {"name": INSIDE.store_secret, "files": uris},
            ],
        ),
        "overlays/with-mongodb/kustomization.yaml": _kustomization(
            resources=["../../base", "../../mongodb"], **named
        ),
        "overlays/external-mongodb/network.yaml": _text(network.store(OUTSIDE)),
        "overlays/external-mongodb/kustomization.yaml": _kustomization(
            resources=["../../base", "network.yaml"], **named
        ),
        "overlays/agents-job/job.yaml": _text([agents.agents(JOB)]),
        "overlays/agents-job/kustomization.yaml": _kustomization(
            resources=["../with-mongodb", "job.yaml"],
            patches=[{"path": "no-deployment.yaml"}],
            **named,
        ),
        "overlays/agents-job/no-deployment.yaml": _text([_deleted(agents.agents(INSIDE))]),
    }


def _text(documents: Sequence[Document]) -> str:
    return HEAD + as_yaml(documents)


def _kustomization(**fields: Any) -> str:
    made = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", **fields}
    return _text([made])


def _deleted(made: Document) -> Document:
    metadata = {name: made["metadata"][name] for name in ("name", "namespace")}
    return {
        "$patch": "delete",
        "apiVersion": made["apiVersion"],
        "kind": made["kind"],
        "metadata": metadata,
    }
