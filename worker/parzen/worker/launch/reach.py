"""Which addresses lead to the very machine that they are read on."""

from __future__ import annotations

import ipaddress
import re

from parzen.shared.printing import note
from parzen.shared.redaction import Parts

PORT = re.compile(r":(\d{1,5})$")


def is_here(address: str) -> bool:
    """Whether a host of ``address`` is the loopback interface, another one on each machine."""
    return any(_loopback(host) for host in Parts.of(address).hosts.split(","))


def warn(shown: str, who: str) -> None:
    """Say that ``who`` will not reach the store ``shown``, if it is on this machine's loopback."""
    if is_here(shown):
        note(f"note: {shown} is an address of this machine alone, so {who} will not reach it")


def _loopback(host: str) -> bool:
    bare = PORT.sub("", host).strip("[]")
    if bare.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False
