"""Ending with whoever started this process, however that one ended.

It holds the other end of this process's standard input, and says so in the environment: when the
input ends, so has it, and this process gets the SIGTERM that it can no longer send.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from types import FrameType

NAME = "PARZEN_LIFELINE"


def thrown(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process whose standard input is a pipe that this one holds."""
    return {**environ, NAME: "stdin"}


def hold() -> None:
    """Watch for the end of whoever has thrown a lifeline, if somebody has."""
    if os.environ.pop(NAME, None) is not None:
        threading.Thread(target=_wait, name="parzen-lifeline", daemon=True).start()


def heed() -> None:
    """End at a SIGTERM even as the first process of a container.

    The kernel gives such a one only the signals that it has handlers for, and whoever waits for a
    store has none yet.
    """
    if os.getpid() == 1:
        signal.signal(signal.SIGTERM, _quit)


def _quit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _wait() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
