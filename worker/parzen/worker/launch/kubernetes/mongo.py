"""MongoDB beside the agents: three members with a key file, and a Job that sets all up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from parzen.worker.launch.kubernetes import accounts, pods
from parzen.worker.launch.kubernetes.network import MONGODB_PORT
from parzen.worker.launch.kubernetes.pods import HOME, Document, document, labels
from parzen.worker.launch.kubernetes.values import Mongodb, Values

NAME, COMPONENT, SETUP = "parzen-mongo", "mongodb", "setup"
SECRET = "parzen-mongo"  # noqa: S105 - a name, no secret
REPLICA_SET, MEMBERS = "parzen", 3
USER = 999
"""The user mongodb of the image."""

KEYFILE, ROOT_PASSWORD = "mongo_keyfile", "root_password"
ROLES = ("coordinator", "worker", "client")
KEYS = (KEYFILE, ROOT_PASSWORD, *(f"{role}_password" for role in ROLES))
"""What the Secret holds: the files that deploy/make-secrets.sh makes."""

KEY = "/run/secrets/mongodb"
GRACE_S = 60

START = (
    # the server wants its key file owned by itself and closed to others; a mounted one is neither
    f"umask 077 && cat {KEY}/{KEYFILE} >/tmp/keyfile && "
    f"exec mongod --replSet {REPLICA_SET} --keyFile /tmp/keyfile --bind_ip_all --quiet "
    "--setParameter enableLocalhostAuthBypass=0"
)


def hosts() -> Sequence[str]:
    """The members, as pods of the same namespace know them."""
    return [f"{NAME}-{n}.{NAME}:{MONGODB_PORT}" for n in range(MEMBERS)]


def mongo(values: Values) -> Sequence[Document]:
    """All of it; nothing where the database is elsewhere."""
    if values.mongodb is Mongodb.EXTERNAL:
        return []
    return [
        accounts.account(accounts.MONGODB, values, COMPONENT),
        accounts.account(accounts.SETUP, values, SETUP),
        _service(values),
        _members(values),
        pods.disruptions(NAME, values, COMPONENT),
        _setup(values),
    ]


def _service(values: Values) -> Document:
    """It gives each member a name, before it is ready, too: they elect a primary by these."""
    return document(
        "v1",
        "Service",
        NAME,
        values,
        COMPONENT,
        spec={
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": labels(COMPONENT),
            "ports": [{"name": "mongodb", "port": MONGODB_PORT, "targetPort": "mongodb"}],
        },
    )


def _members(values: Values) -> Document:
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": values.mongodb_storage}},
        **({"storageClassName": values.storage_class} if values.storage_class else {}),
    }
    return document(
        "apps/v1",
        "StatefulSet",
        NAME,
        values,
        COMPONENT,
        spec={
            "serviceName": NAME,
            "replicas": MEMBERS,
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": labels(COMPONENT)},
            "template": {"metadata": {"labels": labels(COMPONENT)}, "spec": _member(values)},
            "volumeClaimTemplates": [
                {
                    "apiVersion": "v1",
                    "kind": "PersistentVolumeClaim",
                    "metadata": {"name": "data"},
                    "spec": claim,
                }
            ],
        },
    )


def _member(values: Values) -> Document:
    container = {
        "name": "mongod",
        "image": values.mongodb_image,
        "command": ["sh", "-c", START],
        # MongoDB 8 asks for it: its allocator uses rseq itself
        "env": [{"name": "GLIBC_TUNABLES", "value": "glibc.pthread.rseq=0"}],
        "ports": [{"name": "mongodb", "containerPort": MONGODB_PORT, "protocol": "TCP"}],
        "startupProbe": _connecting(period=5, failures=60),
        "livenessProbe": _connecting(period=30, failures=4),
        "readinessProbe": _connecting(period=10, failures=3),
        "resources": {
            "requests": {"cpu": "500m", "memory": "2Gi"},
            "limits": {"cpu": "4", "memory": "4Gi"},
        },
        "securityContext": pods.container_security(),
        "volumeMounts": [
            {"name": "key", "mountPath": KEY, "readOnly": True},
            *pods.mounts({"data": "/data/db", "config": "/data/configdb", "tmp": "/tmp"}),  # noqa: S108 - the pod's own
        ],
    }
    return pods.pod(
        accounts.MONGODB,
        terminationGracePeriodSeconds=GRACE_S,
        topologySpreadConstraints=pods.spread(COMPONENT),
        containers=[container],
        volumes=[
            pods.secret_volume("key", SECRET, [KEYFILE]),
            pods.scratch("config", "64Mi"),
            pods.scratch("tmp", "256Mi", memory=True),
        ],
    ) | {"securityContext": pods.pod_security(USER)}


def _connecting(*, period: int, failures: int) -> Document:
    return {
        "tcpSocket": {"port": "mongodb"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def _setup(values: Values) -> Document:
    """A Job's spec cannot be changed: another one has another name, and is run."""
    spec = {
        "backoffLimit": 20,
        "template": {"metadata": {"labels": labels(SETUP)}, "spec": _preparing(values)},
    }
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:8]
    return document("batch/v1", "Job", f"{NAME}-setup-{digest}", values, SETUP, spec=spec)


def _preparing(values: Values) -> Document:
    container = {
        "name": "setup",
        "image": values.image,
        "command": ["parzen-compose-setup"],
        "env": pods.environment(
            PARZEN_HOME=HOME, PARZEN_MONGO=",".join(hosts()), PARZEN_SECRETS=pods.SECRETS
        ),
        "resources": {
            "requests": {"cpu": "100m", "memory": "256Mi"},
            "limits": {"cpu": "1", "memory": "512Mi"},
        },
        "securityContext": pods.container_security(),
        "volumeMounts": pods.mounts({"secrets": pods.SECRETS, "home": HOME, "tmp": "/tmp"}),  # noqa: S108 - the pod's own
    }
    return pods.pod(
        accounts.SETUP,
        **pods.pulled(values),
        restartPolicy="OnFailure",
        containers=[container],
        volumes=[
            pods.secret_volume("secrets", SECRET, KEYS),
            pods.scratch("home", "64Mi"),
            pods.scratch("tmp", "64Mi"),
        ],
    )
