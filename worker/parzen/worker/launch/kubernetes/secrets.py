"""Secrets: passwords that nobody need know, and the addresses that hold them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from parzen.worker.launch.kubernetes import agents, coordinator, mongo
from parzen.worker.launch.kubernetes.pods import Document, document
from parzen.worker.launch.kubernetes.values import Values

HIDDEN = "<hidden>"

CLIENT = "client.uri"
"""The address for a laptop at the end of `kubectl port-forward`; no pod is given it."""

LAPTOP = "127.0.0.1:27017/parzen?directConnection=true"


def passwords() -> Mapping[str, str]:
    """A key and a password for each user, drawn anew."""
    key = base64.b64encode(secrets.token_bytes(567)).decode()
    drawn = {name: secrets.token_urlsafe(24) for name in mongo.KEYS if name != mongo.KEYFILE}
    return {mongo.KEYFILE: key, **drawn}


def of_members(values: Values, drawn: Mapping[str, str]) -> Sequence[Document]:
    """What MongoDB beside the agents is set up with, and the addresses that follow from it."""
    inside = f"{','.join(mongo.hosts())}/parzen?replicaSet={mongo.REPLICA_SET}"
    addresses = {
        coordinator.URI: _address("coordinator", drawn, inside),
        agents.URI: _address("worker", drawn, inside),
        CLIENT: _address("client", drawn, LAPTOP),
    }
    return [
        _secret(mongo.SECRET, values, drawn),
        _secret(values.store_secret, values, addresses),
    ]


def of_store(values: Values, coordinators: str, workers: str) -> Sequence[Document]:
    """The addresses of a database elsewhere."""
    addresses = {coordinator.URI: coordinators, agents.URI: workers}
    return [_secret(values.store_secret, values, addresses)]


def hidden(made: Document) -> Document:
    """``made`` as it may be shown."""
    if made["kind"] != "Secret":
        return made
    return {**made, "stringData": dict.fromkeys(made["stringData"], HIDDEN)}


def _address(user: str, drawn: Mapping[str, str], place: str) -> str:
    password = quote(drawn[f"{user}_password"], safe="")
    return f"mongodb://{user}:{password}@{place}&authSource=parzen"


def _secret(name: str, values: Values, data: Mapping[str, str]) -> Document:
    return document("v1", "Secret", name, values, "store", type="Opaque", stringData=dict(data))
