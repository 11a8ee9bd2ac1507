"""Ending with whoever started this process, however that one ended.

It holds the other end of this process's standard input, and says so in the environment: when the
input ends, so has it, and this process gets the SIGTERM that it can no longer send.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping

NAME = "PARZEN_LIFELINE"


def thrown(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process whose standard input is a pipe that this one holds."""
    return {**environ, NAME: "stdin"}


def hold() -> None:
    """Watch for the end of whoever has thrown a lifeline, if somebody has."""
    if os.environ.pop(NAME, None) is not None:
        threading.Thread(target=_wait, name="parzen-lifeline", daemon=True).start()


def _wait() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
