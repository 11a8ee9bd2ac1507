"""Who it is that submits, enqueues and clones, for people to read."""

from __future__ import annotations

import getpass
import os
import socket


def owner() -> str:
    """``user@host`` of this process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
