"""A namespace, and an account for each role: with no rights, since nobody speaks to the API."""

from __future__ import annotations

from collections.abc import Sequence

from parzen.worker.launch.kubernetes.pods import PART, Document, document
from parzen.worker.launch.kubernetes.values import Values

COORDINATOR, AGENT, MONGODB, SETUP = (
    "parzen-coordinator",
    "parzen-agent",
    "parzen-mongodb",
    "parzen-setup",
)


def namespace(values: Values) -> Document:
    """One that admits only pods that comply with the standard "restricted"."""
    kinds = ("enforce", "audit", "warn")
    security = {f"pod-security.kubernetes.io/{kind}": "restricted" for kind in kinds}
    metadata = {"name": values.namespace, "labels": {**PART, **security}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def account(name: str, values: Values, component: str) -> Document:
    """One without rights, and without a token."""
    return document(
        "v1", "ServiceAccount", name, values, component, automountServiceAccountToken=False
    )


def accounts(values: Values) -> Sequence[Document]:
    """Those of coordinators and agents."""
    return [
        account(COORDINATOR, values, "coordinator"),
        account(AGENT, values, "agent"),
    ]
