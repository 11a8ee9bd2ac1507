"""What all of parzen's pods have in common: names, few rights, probes.

They comply with the Pod Security Standard "restricted", and never speak to the API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from parzen.shared.metrics.health import HEALTHY, METRICS, READY
from parzen.worker.launch.kubernetes.values import Values

Document: TypeAlias = dict[str, Any]

USER = 10001
"""The user of the image (deploy/Dockerfile), and his group."""

HOME = "/var/lib/parzen"
SECRETS = "/run/secrets/parzen"
"""Where secrets are mounted. Below /run/secrets, so that they are taken whatever mode the kubelet
gives their folder; with fsGroup a file of mode 0400 becomes root's with 0440."""

SECRET_MODE = 0o440

PART = {"app.kubernetes.io/name": "parzen", "app.kubernetes.io/part-of": "parzen"}
COMPONENT = "app.kubernetes.io/component"


def labels(component: str) -> dict[str, str]:
    """By which a thing is found."""
    return {**PART, COMPONENT: component}


def document(
    version: str, kind: str, name: str, values: Values, component: str, **rest: Any
) -> Document:
    """One document for the API, in the values' namespace."""
    metadata = {"name": name, "namespace": values.namespace, "labels": labels(component)}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def pod_security(user: int = USER) -> Document:
    """Of a pod: nobody's root, and its volumes are its group's."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> Document:
    """Of a container: no capability, none to gain, and nothing to write on but its volumes."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def pod(
    account: str, *, containers: Sequence[Document], volumes: Sequence[Document], **rest: Any
) -> Document:
    """A pod's spec that has no token for the API."""
    return {
        "serviceAccountName": account,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(),
        **rest,
        "containers": list(containers),
        "volumes": list(volumes),
    }


def pulled(values: Values) -> Document:
    """With what the image is pulled, where it takes a Secret."""
    if values.pull_secret is None:
        return {}
    return {"imagePullSecrets": [{"name": values.pull_secret}]}


def scraped(values: Values) -> dict[str, str]:
    """Annotations by which many a Prometheus finds its targets."""
    return {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(values.metrics_port),
        "prometheus.io/path": METRICS,
    }


def probes() -> Document:
    """By the port of the metrics; only one that hangs is killed, not one whose store is away."""
    return {
        "startupProbe": _asking(HEALTHY, period=5, failures=24),
        "livenessProbe": _asking(HEALTHY, period=30, failures=3),
        "readinessProbe": _asking(READY, period=10, failures=2),
    }


def _asking(path: str, *, period: int, failures: int) -> Document:
    return {
        "httpGet": {"path": path, "port": "metrics"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def port(values: Values) -> Document:
    """Of the metrics."""
    return {"name": "metrics", "containerPort": values.metrics_port, "protocol": "TCP"}


def environment(**variables: str) -> Sequence[Document]:
    """As the API has it; the home is writable, unlike the image."""
    return [{"name": name, "value": value} for name, value in {"HOME": HOME, **variables}.items()]


def secret_volume(name: str, secret: str, keys: Sequence[str]) -> Document:
    """A volume with these keys of a Secret, and no other."""
    return {
        "name": name,
        "secret": {
            "secretName": secret,
            "defaultMode": SECRET_MODE,
            "items": [{"key": key, "path": key} for key in keys],
        },
    }


def scratch(name: str, size: str, *, memory: bool = False) -> Document:
    """An empty directory that goes with the pod."""
    kind = {"medium": "Memory"} if memory else {}
    return {"name": name, "emptyDir": {**kind, "sizeLimit": size}}


def mounts(paths: Mapping[str, str]) -> Sequence[Document]:
    """Volumes by name, each with its path; secrets are read only."""
    return [
        {"name": name, "mountPath": path, **({"readOnly": True} if path == SECRETS else {})}
        for name, path in paths.items()
    ]


def spread(component: str) -> Sequence[Document]:
    """Over nodes and zones, as far as there are some."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels(component)},
        }
        for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    ]


def disruptions(name: str, values: Values, component: str) -> Document:
    """No more than one at a time makes way for the upkeep of nodes."""
    return document(
        "policy/v1",
        "PodDisruptionBudget",
        name,
        values,
        component,
        spec={"maxUnavailable": 1, "selector": {"matchLabels": labels(component)}},
    )
