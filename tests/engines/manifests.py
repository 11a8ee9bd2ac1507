"""Deployments to look at, and the schemas of the API that they must fit."""

from __future__ import annotations

import functools
import itertools
import json

import kubernetes_validate

from parzen.worker.launch.kubernetes.accounts import namespace
from parzen.worker.launch.kubernetes.manifests import manifests
from parzen.worker.launch.kubernetes.secrets import of_members, passwords
from parzen.worker.launch.kubernetes.values import Mongodb

VERSIONS = ("1.29", "1.31", "1.33", "1.35", "1.37")
"""Of the API: the oldest that knows all fields of an agents' Job, and some up to the latest."""

COMBINATIONS = [
    {"mongodb": mongodb, "job": job, **gpus, **more}
    for mongodb, job, gpus, more in itertools.product(
        Mongodb,
        (False, True),
        (
            {},
            {"gpus_per_agent": 2, "runtime_class": "nvidia"},
            {"gpus_per_agent": 1, "gpu_resource": "amd.com/gpu"},
            {"gpus_per_agent": 3, "gpu_resource": "nvidia.com/mig-1g.5gb"},
        ),
        (
            {},
            {
                "work_claim": "shared-work",
                "pull_secret": "registry",
                "storage_class": "fast",
                "allow_egress": ("0.0.0.0/0", "fd00::/8"),
                "node_selector": {"cloud.example.com/pool": "gpu", "zone": ""},
                "tolerations": ("spot", "team=ml:NoExecute", "nvidia.com/gpu:NoSchedule"),
                "words": ("--slots", "2", "--studies", "first,second", "--grace", "90.5"),
                "grace_s": 90.5,
                "mongodb_ports": (27015, 27017),
            },
        ),
    )
]


def everything(values):
    """All documents that could be applied."""
    return [namespace(values), *of_members(values, passwords()), *manifests(values)]


def pods_of(documents):
    """The specs of all pods, by the name of what makes them."""
    return {
        document["metadata"]["name"]: document["spec"]["template"]["spec"]
        for document in documents
        if "template" in document.get("spec", {})
    }


def valid(document):
    """Raises where a version of the API does not take it; what stands in many is looked at once."""
    _valid(json.dumps(document, sort_keys=True))


@functools.cache
def _valid(text):
    for version in VERSIONS:
        kubernetes_validate.validate(json.loads(text), version, strict=True)
