"""The agents: a Deployment that is always there, or an indexed Job that ends with the work."""

from __future__ import annotations

import math

from parzen.worker.launch.kubernetes import accounts, pods
from parzen.worker.launch.kubernetes.pods import HOME, SECRETS, Document, document, labels
from parzen.worker.launch.kubernetes.values import Values, toleration

COMPONENT, URI = "agent", "worker.uri"

GROUP = "parzen/group"
"""The label that tells several groups of agents apart, by the name of each."""

BEYOND_S = 30
"""An agent has its trials' grace, ten seconds to report, five to ship outputs, and some to quit."""

TRIES = 6
"""How often one agent of a Job may fail of itself; a node that goes away is no failure."""

KEPT_S = 86_400
"""How long a Job that is over can be looked at."""


def agents(values: Values) -> Document:
    """All agents of one group."""
    return _job(values) if values.job else _deployment(values)


def _deployment(values: Values) -> Document:
    return _grouped(
        values,
        document(
            "apps/v1",
            "Deployment",
            values.name,
            values,
            COMPONENT,
            spec={
                "replicas": values.agents,
                "selector": {"matchLabels": _labels(values)},
                # none more than there are: the GPUs of a new one are those of an old one
                "strategy": {
                    "type": "RollingUpdate",
                    "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 0},
                },
                "template": _template(values),
            },
        ),
    )


def _job(values: Values) -> Document:
    return _grouped(
        values,
        document(
            "batch/v1",
            "Job",
            values.name,
            values,
            COMPONENT,
            spec={
                "completionMode": "Indexed",
                "completions": values.agents,
                "parallelism": values.agents,
                "backoffLimitPerIndex": TRIES,
                "podReplacementPolicy": "Failed",
                "podFailurePolicy": {
                    "rules": [
                        {
                            "action": "Ignore",
                            "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
                        }
                    ]
                },
                "ttlSecondsAfterFinished": KEPT_S,
                "template": _template(values, restartPolicy="Never"),
            },
        ),
    )


def _labels(values: Values) -> dict[str, str]:
    return {**labels(COMPONENT), GROUP: values.name}


def _grouped(values: Values, made: Document) -> Document:
    made["metadata"]["labels"] = _labels(values)
    return made


def _template(values: Values, **rest: str) -> Document:
    metadata = {"labels": _labels(values), "annotations": pods.scraped(values)}
    return {"metadata": metadata, "spec": _pod(values, **rest)}


def _pod(values: Values, **rest: str) -> Document:
    work: Document = pods.scratch("work", values.work_size)
    if values.work_claim is not None:
        work = {"name": "work", "persistentVolumeClaim": {"claimName": values.work_claim}}
    paths = {"store": SECRETS, "work": HOME, "tmp": "/tmp", "shm": "/dev/shm"}  # noqa: S108 - the pod's own
    container = {
        "name": "agent",
        "image": values.image,
        "args": [
            "worker",
            *("--metrics-port", str(values.metrics_port)),
            *values.words,
        ],
        "env": pods.environment(PARZEN_HOME=HOME, PARZEN_STORE_FILE=f"{SECRETS}/{URI}"),
        "ports": [pods.port(values)],
        **pods.probes(),
        "resources": _resources(values),
        "securityContext": pods.container_security(),
        "volumeMounts": pods.mounts(paths),
    }
    return pods.pod(
        accounts.AGENT,
        **pods.pulled(values),
        **rest,
        **_places(values),
        terminationGracePeriodSeconds=math.ceil(values.grace_s) + BEYOND_S,
        containers=[container],
        volumes=[
            pods.secret_volume("store", values.store_secret, [URI]),
            work,
            pods.scratch("tmp", "20Gi"),
            # data loaders hand batches over in it; what lies there counts as memory
            pods.scratch("shm", values.shm, memory=True),
        ],
    )


def _resources(values: Values) -> Document:
    """Requests are limits: a trial that shares its CPUs with another pod's is measured wrongly."""
    most = {"cpu": values.cpus, "memory": values.memory}
    gpus = {values.gpu_resource: values.gpus_per_agent} if values.gpus_per_agent else {}
    return {"requests": {**most, **gpus}, "limits": {**most, **gpus}}


def _places(values: Values) -> Document:
    """On which nodes: those with GPUs are often tainted with the name of their resource."""
    given = [toleration(one) for one in values.tolerations]
    if values.gpus_per_agent:
        vendor = f"{values.gpu_resource.split('/')[0]}/gpu"
        given.append({"key": vendor, "operator": "Exists", "effect": "NoSchedule"})
    places: Document = {}
    if values.runtime_class is not None:
        places["runtimeClassName"] = values.runtime_class
    if values.node_selector:
        places["nodeSelector"] = dict(values.node_selector)
    if given:
        places["tolerations"] = [one for i, one in enumerate(given) if one not in given[:i]]
    return places
