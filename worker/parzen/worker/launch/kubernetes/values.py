"""What can be chosen about a deployment on Kubernetes: one record, checked when it is made."""

from __future__ import annotations

import importlib.metadata
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from parzen.shared.errors import InvalidInput
from parzen.shared.metrics.exposing import PORT

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?")
"""What the API takes for the name of anything, and leaves room for what we append."""

QUANTITY = re.compile(r"\d+(\.\d+)?(m|k|[KMGTP]i?)?")
"""An amount of CPU, memory or storage: 500m, 4, 16Gi."""

QUALIFIED = re.compile(
    r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
)
"""A key of a label, or a resource, perhaps below a domain."""

LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")

TOLERATION = re.compile(rf"(?P<key>{QUALIFIED.pattern})(=(?P<value>[^:=]*))?(:(?P<effect>\w+))?")

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


class Mongodb(str, Enum):
    """Where the database is."""

    IN_CLUSTER = "in-cluster"
    """Three members beside the agents, made by these manifests."""
    EXTERNAL = "external"
    """Somewhere else: Atlas, or a server of one's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What one deployment is to be like.

    ``words`` follow ``parzen worker``; ``grace_s`` is the grace that they give to trials.
    ``store_secret`` is a Secret with the keys ``coordinator.uri`` and ``worker.uri``.
    ``allow_egress`` are the networks that objectives may reach, beside the store.

    Raises:
        InvalidInput: the API would not take one of them.
    """

    namespace: str = "parzen"
    name: str = "parzen-agents"
    image: str = field(default_factory=lambda: f"parzen:{importlib.metadata.version('parzen')}")
    pull_secret: str | None = None
    coordinators: int = 2
    agents: int = 2
    job: bool = False
    words: tuple[str, ...] = ()
    grace_s: float = 30.0
    cpus: str = "2"
    memory: str = "8Gi"
    shm: str = "2Gi"
    gpus_per_agent: int = 0
    gpu_resource: str = "nvidia.com/gpu"
    runtime_class: str | None = None
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[str, ...] = ()
    work_claim: str | None = None
    work_size: str = "50Gi"
    allow_egress: tuple[str, ...] = ()
    mongodb: Mongodb = Mongodb.IN_CLUSTER
    mongodb_image: str = "mongo:8.0.20"
    mongodb_ports: tuple[int, ...] = (27017,)
    mongodb_storage: str = "20Gi"
    storage_class: str | None = None
    store_secret: str = "parzen-store"  # noqa: S105 - a name, no secret
    monitoring_namespace: str = "monitoring"
    metrics_port: int = PORT

    def __post_init__(self) -> None:
        for what in ("namespace", "name", "store_secret", "monitoring_namespace"):
            _fits(
                NAME, getattr(self, what), f"the {what.replace('_', ' ')}", "letters, - and digits"
            )
        for what in ("work_claim", "storage_class", "pull_secret", "runtime_class"):
            if (given := getattr(self, what)) is not None:
                _fits(QUALIFIED, given, f"the {what.replace('_', ' ')}", "a name")
        for what in ("cpus", "memory", "shm", "work_size", "mongodb_storage"):
            _fits(QUANTITY, getattr(self, what), what, "an amount such as 500m, 4 or 16Gi")
        if bytes_of(self.shm) > bytes_of(self.memory):
            raise InvalidInput(
                f"shm is {self.shm!r}, which counts as memory, and memory is {self.memory!r}: give "
                "--shm no more than --memory"
            )
        _fits(QUALIFIED, self.gpu_resource, "the GPUs' resource", "one such as nvidia.com/gpu")
        _fits(re.compile(r"[\w./:@-]+"), self.image, "the image", "one such as registry/parzen:1.0")
        for key, value in self.node_selector.items():
            _fits(QUALIFIED, key, "the node selector", "KEY=VALUE")
            _fits(LABEL, value, "the node selector", "KEY=VALUE")
        for given in self.tolerations:
            toleration(given)
        for network in self.allow_egress:
            _network(network)


def bytes_of(quantity: str) -> float:
    """How much an amount of memory is, in the API's spelling."""
    number = quantity.rstrip("mkKMGTPi")
    unit = quantity[len(number) :]
    if unit == "m":
        return float(number) / 1000
    power = 0 if not unit else 1 + "KMGTP".index(unit[0].upper())
    return float(number) * float(1024 if unit.endswith("i") else 1000) ** power


def toleration(given: str) -> dict[str, str]:
    """A toleration as the API has it, of KEY[=VALUE][:EFFECT].

    Raises:
        InvalidInput: it is none.
    """
    found = TOLERATION.fullmatch(given)
    if found is None or (found["effect"] or EFFECTS[0]) not in EFFECTS:
        raise InvalidInput(
            f"{given!r} is no toleration: expected KEY[=VALUE][:EFFECT], with one of "
            f"{', '.join(EFFECTS)} as the effect, such as nvidia.com/gpu:NoSchedule"
        )
    operator = "Exists" if found["value"] is None else "Equal"
    made = {"key": found["key"], "operator": operator}
    if found["value"] is not None:
        made["value"] = found["value"]
    return made | ({"effect": found["effect"]} if found["effect"] else {})


def _fits(pattern: re.Pattern[str], given: str, what: str, expected: str) -> None:
    if not pattern.fullmatch(given):
        raise InvalidInput(
            f"{what} is {given!r}, which Kubernetes does not take: expected {expected}"
        )


def _network(given: str) -> None:
    try:
        ipaddress.ip_network(given)
        known = "/" in given  # an address alone is none to Kubernetes
    except ValueError:
        known = False
    if not known:
        raise InvalidInput(
            f"{given!r} is no network: expected one such as 0.0.0.0/0 or 10.1.0.0/16"
        )
