"""Who may speak to whom, worked out from the policies as a cluster's network would."""

import itertools

import pytest

from parzen.worker.launch.kubernetes.manifests import manifests
from parzen.worker.launch.kubernetes.pods import labels
from parzen.worker.launch.kubernetes.values import Mongodb, Values

COMPONENTS = ("coordinator", "agent", "setup", "client", "mongodb")


class Cluster:
    """Pods of one namespace under the policies of some values."""

    def __init__(self, **chosen):
        made = manifests(Values(**chosen))
        self.policies = [one["spec"] for one in made if one["kind"] == "NetworkPolicy"]

    def rules(self, component, way):
        """The rules for a pod in one direction; None where it is free."""
        mine = [
            policy
            for policy in self.policies
            if way in policy["policyTypes"] and chosen(policy["podSelector"], labels(component))
        ]
        key = way.lower()
        return [rule for policy in mine for rule in policy.get(key, [])] if mine else None

    def may(self, component, way, port, *, pod=None, namespace=None):
        """Whether it may speak TCP on ``port`` to (or be spoken to by) somebody."""
        side = "to" if way == "Egress" else "from"
        rules = self.rules(component, way)
        return rules is None or any(
            on(rule, port) and (side not in rule or among(rule[side], pod, namespace))
            for rule in rules
        )


def chosen(selector, found):
    exact = selector.get("matchLabels", {}).items() <= found.items()
    return exact and all(
        found.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", [])
    )


def on(rule, port):
    return "ports" not in rule or {"protocol": "TCP", "port": port} in rule["ports"]


def among(peers, pod, namespace):
    for peer in peers:
        inside = peer.get("namespaceSelector", {}).get("matchLabels", {})
        if "podSelector" in peer and pod and chosen(peer["podSelector"], labels(pod)):
            return True
        if inside and inside == {"kubernetes.io/metadata.name": namespace}:
            return True
    return False


@pytest.fixture
def inside():
    return Cluster()


def test_only_its_clients_and_its_members_reach_mongodb(inside):
    for one, other in itertools.product(COMPONENTS, COMPONENTS):
        speaks = inside.may(one, "Egress", 27017, pod=other)
        hears = inside.may(other, "Ingress", 27017, pod=one)
        assert (speaks and hears) == (other == "mongodb"), (one, other)
    assert not inside.may("mongodb", "Ingress", 27017, namespace="default")


def test_nobody_reaches_what_answers_nobody(inside):
    for component in COMPONENTS:
        assert not inside.may(component, "Ingress", 80, namespace="default")
        assert not inside.may(component, "Ingress", 80, pod="agent")
        assert not inside.may(component, "Egress", 443)


def test_everybody_may_ask_for_names(inside):
    for component in COMPONENTS:
        assert inside.may(component, "Egress", 53, namespace="kube-system")
        assert not inside.may(component, "Egress", 443, namespace="kube-system")
        assert not inside.may(component, "Egress", 53, namespace="default")


def test_only_the_monitoring_reads_metrics():
    cluster = Cluster(monitoring_namespace="watch")
    for component in ("coordinator", "agent"):
        assert cluster.may(component, "Ingress", 9464, namespace="watch")
        assert not cluster.may(component, "Ingress", 9464, namespace="monitoring")
        assert not cluster.may(component, "Ingress", 80, namespace="watch")
        assert not cluster.may(component, "Ingress", 9464, pod="agent")
    assert not cluster.may("mongodb", "Ingress", 27017, namespace="watch")


def test_an_external_mongodb_is_reached_on_its_ports_alone():
    cluster = Cluster(mongodb=Mongodb.EXTERNAL, mongodb_ports=(27015, 27016))
    for component in ("coordinator", "agent"):
        assert cluster.may(component, "Egress", 27015)
        assert cluster.may(component, "Egress", 27016)
        assert not cluster.may(component, "Egress", 27017)
        assert not cluster.may(component, "Egress", 443)


def test_objectives_reach_the_networks_that_somebody_allowed_them():
    rules = Cluster(allow_egress=("0.0.0.0/0", "fd00::/8")).rules("agent", "Egress")
    blocks = [peer["ipBlock"]["cidr"] for rule in rules for peer in rule["to"] if "ipBlock" in peer]
    assert {"0.0.0.0/0", "fd00::/8"} <= set(blocks)
    rules = Cluster(allow_egress=("0.0.0.0/0",)).rules("coordinator", "Egress")
    assert "0.0.0.0/0" not in str(rules)


def test_pods_of_others_are_left_alone():
    for policy in Cluster().policies:
        assert not chosen(policy["podSelector"], {"app.kubernetes.io/name": "another"})
