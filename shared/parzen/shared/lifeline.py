"""Ending with whoever started this process, however that one ended.

It holds the other end of this process's standard input, and says so in the environment: when the
input ends, so has it, and this process gets the SIGTERM that it can no longer send. Or it holds
that end for a moment only: this process then begins once it is let go, and not at all where whoever
started it has ended before.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType
from typing import IO

NAME = "PARZEN_LIFELINE"

STAYS, UNTIL_LET_GO = "stdin", "stdin until a byte"


def thrown(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process whose standard input is a pipe that this one holds."""
    return {**environ, NAME: STAYS}


def leashed(environ: Mapping[str, str]) -> dict[str, str]:
    """The same for a process that waits until :func:`let_go`."""
    return {**environ, NAME: UNTIL_LET_GO}


def let_go(pipe: IO[bytes]) -> None:
    """Let the process whose standard input ``pipe`` is begin, and go on for itself."""
    with pipe, suppress(BrokenPipeError):  # it has ended: who waits for it learns why
        os.write(pipe.fileno(), b".")


def hold() -> None:
    """Watch for the end of whoever has thrown a lifeline, or wait to be let go, if somebody has."""
    held = os.environ.pop(NAME, None)
    if held == UNTIL_LET_GO:
        if not os.read(0, 1):
            sys.exit("whoever started this process has ended before it could begin")
    elif held is not None:
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
