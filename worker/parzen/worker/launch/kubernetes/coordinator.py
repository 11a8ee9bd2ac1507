"""The coordinators: two, of which each leads some of the studies, and all when the other falls."""

from __future__ import annotations

from collections.abc import Sequence

from parzen.worker.launch.kubernetes import accounts, pods
from parzen.worker.launch.kubernetes.pods import HOME, SECRETS, Document, document, labels
from parzen.worker.launch.kubernetes.values import Values

NAME, COMPONENT, URI = "parzen-coordinator", "coordinator", "coordinator.uri"
GRACE_S = 30


def coordinator(values: Values) -> Sequence[Document]:
    """A Deployment, and how many may be disturbed at a time; none where none is wanted."""
    if values.coordinators == 0:
        return []
    deployment = document(
        "apps/v1",
        "Deployment",
        NAME,
        values,
        COMPONENT,
        spec={
            "replicas": values.coordinators,
            "selector": {"matchLabels": labels(COMPONENT)},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
            },
            "template": {
                "metadata": {"labels": labels(COMPONENT), "annotations": pods.scraped(values)},
                "spec": _pod(values),
            },
        },
    )
    return [deployment, pods.disruptions(NAME, values, COMPONENT)]


def _pod(values: Values) -> Document:
    container = {
        "name": "coordinator",
        "image": values.image,
        "args": ["coordinator", "--metrics-port", str(values.metrics_port)],
        "env": pods.environment(PARZEN_HOME=HOME, PARZEN_STORE_FILE=f"{SECRETS}/{URI}"),
        "ports": [pods.port(values)],
        **pods.probes(),
        "resources": {
            "requests": {"cpu": "250m", "memory": "512Mi"},
            "limits": {"cpu": "2", "memory": "2Gi"},
        },
        "securityContext": pods.container_security(),
        "volumeMounts": pods.mounts({"store": SECRETS, "home": HOME, "tmp": "/tmp"}),  # noqa: S108 - the pod's own
    }
    return pods.pod(
        accounts.COORDINATOR,
        **pods.pulled(values),
        terminationGracePeriodSeconds=GRACE_S,
        topologySpreadConstraints=pods.spread(COMPONENT),
        containers=[container],
        volumes=[
            pods.secret_volume("store", values.store_secret, [URI]),
            pods.scratch("home", "1Gi"),
            pods.scratch("tmp", "1Gi"),
        ],
    )
