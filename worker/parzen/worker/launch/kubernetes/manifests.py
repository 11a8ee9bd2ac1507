"""All documents of one deployment, in the order in which they are applied; and as YAML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parzen.shared.errors import InvalidInput
from parzen.worker.launch.kubernetes.accounts import accounts
from parzen.worker.launch.kubernetes.agents import agents
from parzen.worker.launch.kubernetes.coordinator import coordinator
from parzen.worker.launch.kubernetes.mongo import mongo
from parzen.worker.launch.kubernetes.network import network, store
from parzen.worker.launch.kubernetes.pods import Document
from parzen.worker.launch.kubernetes.values import Values


def manifests(values: Values) -> Sequence[Document]:
    """Everything but namespace and Secrets: accounts and policies first, then who needs them."""
    return [
        *accounts(values),
        *network(values),
        *store(values),
        *mongo(values),
        *coordinator(values),
        *([agents(values)] if values.agents else []),
    ]


def as_yaml(documents: Iterable[Document]) -> str:
    """The documents as `kubectl apply -f -` reads them.

    Raises:
        InvalidInput: PyYAML is not installed.
    """
    try:
        import yaml  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise InvalidInput(
            "manifests are written with PyYAML, which is not installed: "
            "pip install 'parzen[kubernetes]'"
        ) from error
    return yaml.safe_dump_all(documents, sort_keys=False, width=100, explicit_start=True)
