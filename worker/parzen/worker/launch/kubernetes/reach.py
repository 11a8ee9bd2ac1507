"""What an address means in a pod: one of this very machine is another one there."""

from __future__ import annotations

from parzen.shared.errors import InvalidStore
from parzen.shared.redaction import Parts, place
from parzen.worker.launch.reach import PORT, is_here

DEFAULT_PORT = 27017


def reachable(uri: str) -> None:
    """See that ``uri`` does not lead to the loopback interface.

    Raises:
        InvalidStore: it does.
    """
    if is_here(uri):
        raise InvalidStore(
            f"{place(uri)} is this machine, and in a pod it is the pod: name the store by an "
            "address that the cluster's pods can reach"
        )


def ports(uri: str) -> tuple[int, ...]:
    """The ports that ``uri`` leads to; those of an SRV record are not asked for."""
    found = (PORT.search(host) for host in Parts.of(uri).hosts.split(","))
    return tuple(sorted({int(port[1]) if port else DEFAULT_PORT for port in found}))
