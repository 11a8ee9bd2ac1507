"""Who may speak to whom: nobody, but for what the rest of this file allows."""

from __future__ import annotations

from collections.abc import Sequence

from parzen.worker.launch.kubernetes.pods import COMPONENT, PART, Document, document
from parzen.worker.launch.kubernetes.values import Mongodb, Values

NODE_LOCAL_DNS = "169.254.20.10/32"
"""Where NodeLocal DNSCache answers, on clusters that have it."""

NAMESPACE = "kubernetes.io/metadata.name"
"""The label that every namespace bears by itself."""

CLIENTS = ("coordinator", "agent", "setup", "client")
"""Who speaks to the database; a pod of one's own that submits studies is labelled client."""

SCRAPED = ("coordinator", "agent")
MONGODB_PORT = 27017


def network(values: Values) -> Sequence[Document]:
    """All policies but those that depend on where the database is."""
    return [_nothing(values), _names(values), _metrics(values), *_elsewhere(values)]


def store(values: Values) -> Sequence[Document]:
    """The policies about the database."""
    if values.mongodb is Mongodb.EXTERNAL:
        return [_to_external(values)]
    return [_to_members(values), _of_members(values)]


def _policy(name: str, values: Values, component: str, **spec: object) -> Document:
    return document(
        "networking.k8s.io/v1", "NetworkPolicy", name, values, component, spec=dict(spec)
    )


def _these(*components: str) -> Document:
    """Pods of parzen, all or those of some components."""
    if not components:
        return {"matchLabels": PART}
    chosen = {"key": COMPONENT, "operator": "In", "values": list(components)}
    return {"matchLabels": PART, "matchExpressions": [chosen]}


def _ports(*ports: int, protocols: Sequence[str] = ("TCP",)) -> Sequence[Document]:
    return [{"protocol": protocol, "port": port} for port in ports for protocol in protocols]


def _nothing(values: Values) -> Document:
    """What no other policy allows is denied."""
    return _policy(
        "parzen-default-deny",
        values,
        "network",
        podSelector=_these(),
        policyTypes=["Ingress", "Egress"],
    )


def _names(values: Values) -> Document:
    servers = [
        {"namespaceSelector": {"matchLabels": {NAMESPACE: "kube-system"}}},
        {"ipBlock": {"cidr": NODE_LOCAL_DNS}},
    ]
    return _policy(
        "parzen-dns",
        values,
        "network",
        podSelector=_these(),
        policyTypes=["Egress"],
        egress=[{"to": servers, "ports": _ports(53, protocols=("UDP", "TCP"))}],
    )


def _metrics(values: Values) -> Document:
    monitoring = {"namespaceSelector": {"matchLabels": {NAMESPACE: values.monitoring_namespace}}}
    return _policy(
        "parzen-metrics",
        values,
        "network",
        podSelector=_these(*SCRAPED),
        policyTypes=["Ingress"],
        ingress=[{"from": [monitoring], "ports": _ports(values.metrics_port)}],
    )


def _elsewhere(values: Values) -> Sequence[Document]:
    """What objectives may reach: nothing, unless somebody asked for it."""
    if not values.allow_egress:
        return []
    return [
        _policy(
            "parzen-agents-egress",
            values,
            "network",
            podSelector=_these("agent"),
            policyTypes=["Egress"],
            egress=[{"to": [{"ipBlock": {"cidr": cidr}} for cidr in values.allow_egress]}],
        )
    ]


def _to_external(values: Values) -> Document:
    """To the database's port, wherever that is: a policy knows no names of hosts."""
    return _policy(
        "parzen-to-store",
        values,
        "network",
        podSelector=_these(*CLIENTS),
        policyTypes=["Egress"],
        egress=[{"ports": _ports(*values.mongodb_ports)}],
    )


def _to_members(values: Values) -> Document:
    members = [{"podSelector": _these("mongodb")}]
    return _policy(
        "parzen-to-store",
        values,
        "network",
        podSelector=_these(*CLIENTS, "mongodb"),
        policyTypes=["Egress"],
        egress=[{"to": members, "ports": _ports(MONGODB_PORT)}],
    )


def _of_members(values: Values) -> Document:
    clients = [{"podSelector": _these(*CLIENTS, "mongodb")}]
    return _policy(
        "parzen-mongodb",
        values,
        "network",
        podSelector=_these("mongodb"),
        policyTypes=["Ingress"],
        ingress=[{"from": clients, "ports": _ports(MONGODB_PORT)}],
    )
